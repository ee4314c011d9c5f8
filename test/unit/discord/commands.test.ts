import { describe, expect, it } from '@jest/globals'
import {
  charactersOf,
  discordCommands,
  MOST_CHARACTERS,
  missingFor,
  offeredArgs,
  slashName,
} from '../../../src/chat/derive/discord-commands.js'
import { optionOf, shortened } from '../../../src/chat/derive/discord-options.js'
import { arg, optional } from '../../../src/core/args.js'
import { commandName, defineCommand } from '../../../src/core/command.js'
import type { CommandForm } from '../../../src/ports/road.js'
import { registry } from '../../../src/registry.js'
import { leavesOf, violations } from './command-limits.js'

const derived = discordCommands(registry)
const inChat = registry.filter(({ surfaces }) => surfaces === 'all')
const leaves = leavesOf(derived)
const leafOf = (name: string) => {
  const found = leaves.find((leaf) => leaf.called === name)
  if (found === undefined) throw new Error(`no ${name}`)
  return found
}
const optionNames = (name: string) => leafOf(name).options.map((option) => option.name)
const words = { label: 'thing', summary: 'which thing' }

const command = (name: string, more: Partial<CommandForm> = {}): CommandForm => ({
  ...defineCommand({
    path: [name],
    group: 'guest',
    summary: `What ${name} does to the things of this world`,
    risk: 'read',
    examples: [name],
    args: {},
    answer: () => {
      throw new Error('not asked')
    },
  }),
  ...more,
})

describe('the commands on Discord', () => {
  it('are a few, and every command of chat is a leaf of one', () => {
    expect(derived.map(({ name }) => name)).toEqual(['pve', 'guest', 'cluster', 'workspace'])
    expect(leaves.map(({ called }) => called).sort()).toEqual(inChat.map(slashName).sort())
  })

  it.each([
    ['stop', '/guest stop'],
    ['task ls', '/cluster task ls'],
    ['approve', '/pve approve'],
    ['person invite', '/workspace person invite'],
    ['link', '/pve link'],
  ])('%s is %s', (name, shown) => {
    const found = registry.find((each) => commandName(each) === name)

    expect(found === undefined ? null : slashName(found)).toBe(shown)
    expect(leaves.map(({ called }) => called)).toContain(shown)
  })

  it('leaves out what steers a terminal', () => {
    for (const name of ['exit', 'use', 'as', 'init'])
      expect(JSON.stringify(derived)).not.toContain(`"${name}"`)
  })

  it('exist in servers, and `/pve` in direct messages too; permissions are a hint', () => {
    expect(derived.map(({ name, contexts }) => [name, contexts])).toEqual([
      ['pve', [0, 1]],
      ['guest', [0]],
      ['cluster', [0]],
      ['workspace', [0]],
    ])
    for (const { integration_types } of derived) expect(integration_types).toEqual([0])
    expect(derived.map((each) => each.default_member_permissions)).toEqual([
      null,
      ...Array(3).fill(String(2n ** 31n)),
    ])
  })

  it('have an option for each argument, but those of a change that are asked for later', () => {
    expect(optionNames('/guest stop')).toEqual(['guests', 'reason', 'canary', 'parallel', 'keep-going'])
    expect(optionNames('/pve approve')).toEqual(['operation', 'plan', 'reason', 'type'])
    expect(leafOf('/pve status').options).toEqual([])
    for (const each of inChat)
      expect(optionNames(slashName(each)).sort()).toEqual(
        Object.keys(each.args)
          .filter((name) => each.kind === 'query' || (name !== 'confirm' && name !== 'type'))
          .sort(),
      )
  })

  it('ask for what is required first; a long text may be left out, and comes right after', () => {
    expect(optionNames('/workspace freeze')).toEqual(['reason', 'for'])
    expect(leafOf('/workspace freeze').options[0]).not.toHaveProperty('required')
    expect(leafOf('/workspace person add').options[0]).not.toHaveProperty('required')
    expect(leafOf('/guest stop').options[0]).toMatchObject({ name: 'guests', required: true })
    const flagFirst = command('frob', {
      args: {
        how: optional.text({ ...words, flag: true }, 10),
        why: arg.words(words),
        must: arg.int({ ...words, flag: true }, 1, 2),
      },
    })
    expect(offeredArgs(flagFirst).map(([name]) => name)).toEqual(['must', 'why', 'how'])
  })

  it('say commands the way they are typed there', () => {
    expect(leafOf('/workspace person invite').options[0]?.description).toContain('/workspace person ls')
    expect(JSON.stringify(derived)).not.toContain('`')
  })

  it('follow the registry: a new command is there without other edits', () => {
    const more = discordCommands([...registry, command('frobnicate')])

    expect(leavesOf(more).map(({ called }) => called)).toContain('/guest frobnicate')
    expect(leavesOf(discordCommands([])).length).toBe(0)
  })
})

describe('an option', () => {
  const about = { name: 'x', description: 'which thing' }
  const many = Array.from({ length: 26 }, (_, i) => `c${i}`)

  it.each([
    ['guest', arg.guest(words), { type: 3, required: true, autocomplete: true }],
    ['guests', arg.guests(words), { type: 3, required: true, autocomplete: true }],
    ['resource', arg.resource(words, ['node']), { type: 3, required: true, autocomplete: true }],
    ['operation', arg.operation(words), { type: 3, required: true, autocomplete: true }],
    ['task', arg.task(words), { type: 3, required: true, autocomplete: true }],
    ['workspace', optional.workspace(words), { type: 3, autocomplete: true }],
    ['person', optional.person(words), { type: 3, autocomplete: true }],
    ['choice', optional.choice(words, ['a']), { type: 3, choices: [{ name: 'a', value: 'a' }] }],
    ['many choices', arg.choice(words, many), { type: 3, required: true, autocomplete: true }],
    ['int', optional.int(words, 1, 50), { type: 4, min_value: 1, max_value: 50 }],
    ['duration', optional.duration(words), { type: 3, max_length: 20 }],
    ['text', arg.text(words, 64), { type: 3, max_length: 64 }],
    ['long text', arg.text(words, 9000), { type: 3, max_length: 6000 }],
    ['words', arg.words(words), { type: 3, max_length: 2000 }],
    ['switch', arg.flag(words), { type: 5 }],
  ])('for %s', (_, spec, expected) => {
    expect(optionOf('x', spec, words.summary)).toEqual({ ...about, ...expected })
  })
})

describe('what is missing', () => {
  const stop = registry.find((each) => commandName(each) === 'stop') ?? command('x')
  const grant = registry.find((each) => commandName(each) === 'grant add') ?? command('x')

  it.each([
    [stop, {}, ['guests']],
    [stop, { guests: 'web-01' }, []],
    [stop, { guests: '   ', reason: 'x' }, ['guests']],
    [grant, { role: 'reader' }, ['person']],
    [grant, {}, ['person', 'role']],
    [command('f', { args: { n: arg.int(words, 0, 9), on: arg.flag(words) } }), { n: 0 }, []],
  ])('of %j', (of, given, missing) => expect(missingFor(of, given)).toEqual(missing))
})

describe("Discord's limits", () => {
  const bulky = (size: number, args: number): readonly CommandForm[] =>
    Array.from({ length: size }, (_, i) =>
      command(`c${'abcdefghijklmnopqrstuvwxyz'.charAt(i)}`, {
        args: Object.fromEntries(
          Array.from({ length: args }, (_, j) => [
            `option-${j}`,
            optional.int(
              {
                ...words,
                flag: true,
                summary: 'so many words in a row that nobody reads them '.repeat(4).trim(),
              },
              1,
              2,
            ),
          ]),
        ),
      }),
    )

  it('make descriptions shorter, between words and visibly, until all fits', () => {
    const commands = bulky(20, 8)
    const [made] = discordCommands(commands)
    if (made === undefined) throw new Error('nothing made')

    expect(charactersOf(made)).toBeLessThanOrEqual(MOST_CHARACTERS)
    expect(violations([made])).toEqual([])
    expect(discordCommands(commands)).toEqual([made])
    const [option] = leavesOf([made])[0]?.options ?? []
    expect(option?.description).toMatch(/^so many words [a-z ]*…$/)
  })

  it('are left as they are where there is room', () => {
    const [made] = discordCommands(bulky(2, 8))

    expect(leavesOf(made === undefined ? [] : [made])[0]?.options[0]?.description.length).toBeGreaterThan(80)
  })

  it('are seen to be broken where nothing helps', () => {
    expect(violations(discordCommands(bulky(26, 1))).join()).toContain('26 entries')
    expect(violations(discordCommands(bulky(25, 25))).join()).toContain('characters')
  })

  it.each([
    ['a few words', 100, 'a few words'],
    ['a few words', 11, 'a few words'],
    ['a few words', 10, 'a few…'],
    ['a few, (words', 8, 'a few…'],
    ['unbreakable', 5, 'unbr…'],
    ['unbreakable things', 5, 'unbr…'],
  ])('%j in %i is %j', (text, most, expected) => expect(shortened(text, most)).toBe(expected))

  it('count what Discord counts', () => {
    expect(
      charactersOf({
        name: 'ab',
        description: 'abc',
        options: [
          {
            name: 'abcd',
            description: 'a',
            choices: [
              { name: 'ab', value: 'abc' },
              { name: 'x', value: 12 },
            ],
          },
          { name: 'x' },
        ],
      }),
    ).toBe(2 + 3 + 5 + 5 + 3 + 1)
  })
})
