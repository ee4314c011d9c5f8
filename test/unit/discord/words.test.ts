import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { discordCommands, type GivenValues, slashName } from '../../../src/chat/derive/discord-commands.js'
import { commandOf, wordsOf } from '../../../src/chat/discord/words.js'
import { type ArgSpec, arg, optional } from '../../../src/core/args.js'
import { commandName, defineCommand } from '../../../src/core/command.js'
import { isRefusal } from '../../../src/core/refusal.js'
import { type AnyCommand, parse } from '../../../src/pipeline/parse.js'
import { registry } from '../../../src/registry.js'
import { leavesOf } from './command-limits.js'

const inChat = registry.filter(({ surfaces }) => surfaces === 'all')

function named(name: string): AnyCommand {
  const found = registry.find((command) => commandName(command) === name)
  if (found === undefined) throw new Error(`no command ${name}`)
  return found
}

type Value = string | number | boolean
const typeOf = (value: Value): number => (typeof value === 'string' ? 3 : typeof value === 'number' ? 4 : 5)

/** What Discord sends when somebody types this. */
function sent(
  called: string,
  given: Readonly<Record<string, Value>> = {},
  focused: string | null = null,
): unknown {
  const [top = '', ...path] = called.slice(1).split(' ')
  const options: unknown[] = Object.entries(given).map(([name, value]) => ({
    name,
    type: name === focused ? 3 : typeOf(value),
    value,
    ...(name === focused ? { focused: true } : {}),
  }))
  const leaf = { type: 1, name: path.at(-1), options }
  return {
    id: '1100000000000000001',
    name: top,
    type: 1,
    guild_id: '1100000000000000002',
    options: [path.length === 1 ? leaf : { type: 2, name: path[0], options: [leaf] }],
  }
}

describe('which command it is', () => {
  it.each(inChat.map((command) => [slashName(command), command] as const))('%s', (called, command) => {
    expect(commandOf(registry, sent(called))).toEqual({ command, given: {}, focused: null })
  })

  it('comes with what was given', () => {
    const given = { guests: 'web-01,web-02', canary: 2, 'keep-going': true }

    expect(commandOf(registry, sent('/guest stop', given))).toEqual({
      command: named('stop'),
      given,
      focused: null,
    })
    expect(commandOf(registry, sent('/cluster task ls', { of: 'we' }, 'of'))).toEqual({
      command: named('task ls'),
      given: { of: 'we' },
      focused: 'of',
    })
  })

  it.each([
    ['/guest frobnicate', {}, 'unknown_command'],
    ['/guest status', {}, 'unknown_command'],
    ['/workspace exit', {}, 'unknown_command'],
    ['/workspace link', {}, 'unknown_command'],
    ['/cluster task', {}, 'unknown_command'],
    ['/guest stop', { frob: 'x' }, 'unknown_flag'],
    ['/guest stop', { confirm: '1a2b' }, 'unknown_flag'],
    ['/guest stop', { constructor: 'x' }, 'unknown_flag'],
    ['/guest stop', { guests: 'x'.repeat(6001) }, 'wrong_argument'],
  ])('%s %j is refused', (called, given, code) => {
    expect(commandOf(registry, sent(called, given))).toMatchObject({ kind: 'refusal', code })
  })

  it.each([
    null,
    'text',
    [],
    {},
    { name: 'guest' },
    { name: 'guest', type: 2, options: [{ type: 1, name: 'stop' }] },
    { name: 'guest', options: [] },
    { name: 'guest', options: [{ type: 3, name: 'stop', value: 'x' }] },
    {
      name: 'guest',
      options: [
        { type: 1, name: 'stop' },
        { type: 1, name: 'start' },
      ],
    },
    { name: 'cluster', options: [{ type: 2, name: 'task', options: [] }] },
    {
      name: 'guest',
      options: [{ type: 1, name: 'stop', options: [{ type: 3, name: 'guests', value: {} }] }],
    },
    {
      name: 'guest',
      options: [{ type: 1, name: 'stop', options: [{ type: 6, name: 'guests', value: '1' }] }],
    },
  ])('%j cannot be read', (data) => {
    expect(commandOf(registry, data)).toMatchObject({ kind: 'refusal', code: 'wrong_argument' })
  })

  it('an option that comes twice is refused', () => {
    const option = { type: 3, name: 'guests', value: 'web-01' }
    const data = { name: 'guest', options: [{ type: 1, name: 'stop', options: [option, option] }] }

    expect(commandOf(registry, data)).toMatchObject({ code: 'unknown_flag' })
  })

  it('whatever comes, nothing is thrown', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.anything(), (json, anything) => {
        for (const data of [json, anything, { name: 'guest', options: json }]) {
          const found = commandOf(registry, data)
          expect(isRefusal(found) || found.command.surfaces === 'all').toBe(true)
        }
      }),
    )
  })
})

describe('the words of what was given', () => {
  it.each([
    ['status', {}, ['status']],
    ['stop', { guests: 'web-01,web-02' }, ['stop', 'web-01,web-02']],
    ['stop', { guests: ' tag=prod  node=pve1 ' }, ['stop', 'tag=prod', 'node=pve1']],
    [
      'stop',
      { guests: '101', reason: ' too old = slow ', canary: 2, 'keep-going': true },
      ['stop', '101', '--reason=too old = slow', '--canary=2', '--keep-going'],
    ],
    ['stop', { guests: '101', reason: '--help', 'keep-going': false }, ['stop', '101', '--reason=--help']],
    // As the surface adds them once they were asked for.
    [
      'stop',
      { guests: '101', confirm: '1a2b3c4d', type: 'web-01' },
      ['stop', '101', '--confirm=1a2b3c4d', '--type=web-01'],
    ],
    ['task ls', { limit: 7, failed: true }, ['task', 'ls', '--failed', '--limit=7']],
    ['task ls', { limit: '7', failed: 'True' }, ['task', 'ls', '--failed', '--limit=7']],
    ['ls', { select: 'web-01' }, ['ls', 'web-01']],
    ['ls', { what: 'Nodes', sort: 'name' }, ['ls', 'nodes', '--sort=name']],
    ['freeze', { reason: 'we  are\nmoving', for: '2h' }, ['freeze', 'we', 'are', 'moving', '--for=2h']],
    ['grant add', { role: 'operator', person: 'Maria H' }, ['grant', 'add', 'Maria H', 'operator']],
    ['approve', { operation: 'op12' }, ['approve', 'op12']],
    ['start', { guests: '   ' }, ['start']],
  ])('%s %j', (name, given: GivenValues, expected) => {
    expect(wordsOf(named(name), given)).toEqual(expected)
  })

  it.each([
    ['start', { guests: 'web-01 --force' }, 'wrong_argument', '--force'],
    ['freeze', { reason: 'moving --for 2h' }, 'wrong_argument', 'text'],
    ['help', { topic: '-h' }, 'wrong_argument', '-h'],
    ['ls', { select: 'nodes' }, 'missing_argument', 'before guests'],
    ['ls', { what: '--limit' }, 'wrong_argument', 'choices'],
    ['grant add', { role: 'operator' }, 'missing_argument', 'before'],
    ['freeze', { reason: 'x'.repeat(5000) }, 'too_long', '5007'],
  ])('%s %j is refused', (name, given: GivenValues, code, part) => {
    const words = wordsOf(named(name), given)
    if (!isRefusal(words)) throw new Error(`not refused: ${words.join(' ')}`)

    expect(words.code).toBe(code)
    if (part !== 'text') expect(words.message).toContain(part)
  })

  it('takes nothing that the command does not', () => {
    const given = JSON.parse('{"__proto__":"x","frob":"--x","guests":"web-01"}')

    expect(wordsOf(named('start'), given)).toEqual(['start', 'web-01'])
  })
})

const WORD = fc.stringMatching(/^[a-z0-9äß_.:/=,"'\\-]{1,12}$/).filter((word) => !/^--|^-h$/.test(word))
const LINE = fc
  .string({ minLength: 1, maxLength: 40, unit: 'grapheme' })
  .map((text) => text.trim())
  .filter((text) => text !== '')

/** Whatever somebody may type for an argument, and how the grammar has to read it. */
function valuesFor(
  spec: ArgSpec,
): fc.Arbitrary<{ readonly given: Value; readonly raw: readonly string[] | true | null }> {
  const same = (texts: fc.Arbitrary<string>) => texts.map((text) => ({ given: text, raw: [text] }))
  switch (spec.kind) {
    case 'guests':
    case 'words':
      return fc
        .array(WORD, { minLength: 1, maxLength: 4 })
        .map((list) => ({ given: list.join('  '), raw: list }))
    case 'choice':
      return same(fc.constantFrom(...spec.choices))
    case 'int':
      return fc.integer({ min: spec.min, max: spec.max }).map((n) => ({ given: n, raw: [String(n)] }))
    case 'switch':
      return fc.boolean().map((on) => ({ given: on, raw: on ? true : null }))
    case 'guest':
    case 'resource':
    case 'operation':
    case 'person':
    case 'task':
    case 'workspace':
    case 'duration':
      return same(WORD)
    case 'text':
      return same(spec.flag ? LINE : LINE.filter((text) => !/^--|^-h$/.test(text)))
  }
}

/** Some arguments of a command: all that are required, and of the others some, but none after a gap between places. */
function filledFor(command: AnyCommand) {
  const entries = Object.entries(command.args).map(([name, spec]) =>
    fc
      .record({ value: valuesFor(spec), there: fc.boolean() })
      .map(({ value, there }) => ({ name, spec, ...value, there: there || spec.required })),
  )
  return fc.tuple(...entries).map((all) => {
    const gap = all.findIndex(({ spec, there }) => !spec.flag && !there)
    return all.filter(({ spec, there }, at) => there && (spec.flag || gap < 0 || at < gap))
  })
}

describe('the way to Discord and back', () => {
  const positions = defineCommand({
    path: ['frobnicate'],
    group: 'cluster',
    summary: 'Does something to many things at once',
    risk: 'read',
    examples: ['frobnicate'],
    args: {
      why: arg.text({ label: 'why', summary: 'why at all' }, 100),
      when: arg.duration({ label: 'when', summary: 'when', flag: true }),
      how: optional.choice({ label: 'how', summary: 'in which way' }, ['fast', 'slow']),
      who: optional.guests({ label: 'guests', summary: 'which ones' }),
    },
    answer: () => {
      throw new Error('not asked')
    },
  })
  const all: readonly AnyCommand[] = [...registry, positions]

  it.each([...inChat, positions].map((command) => [slashName(command), command] as const))(
    '%s, with whatever is given, is read by the grammar as it was meant',
    (called, command) => {
      const leaf = leavesOf(discordCommands(all)).find((each) => each.called === called)
      const types = new Map(leaf?.options.map(({ name, type }) => [name, type]))
      fc.assert(
        fc.property(filledFor(command), (filled) => {
          const offered = filled.filter(({ name }) => types.has(name))
          const given = Object.fromEntries(offered.map(({ name, given }) => [name, given]))
          // Discord checks the kinds of values, and so sends none that the option does not have.
          for (const [name, value] of Object.entries(given)) expect(typeOf(value)).toBe(types.get(name))
          const invoked = commandOf(all, sent(called, given))
          if (isRefusal(invoked)) throw new Error(invoked.message)
          expect(invoked.given).toEqual(given)
          const words = wordsOf(invoked.command, invoked.given)
          if (isRefusal(words)) throw new Error(words.message)
          const parsed = parse(all, words)
          if (isRefusal(parsed)) throw new Error(parsed.message)

          expect(commandName(parsed.command)).toBe(commandName(command))
          expect(parsed.raw).toEqual(
            Object.fromEntries(offered.flatMap(({ name, raw }) => (raw === null ? [] : [[name, raw]]))),
          )
        }),
        { numRuns: 40 },
      )
    },
  )

  it('a choice may be left out before what cannot be taken for one', () => {
    const read = (given: GivenValues) => {
      const words = wordsOf(positions, { why: 'so', when: '2h', ...given })
      const parsed = isRefusal(words) ? words : parse(all, words)
      return isRefusal(parsed) ? parsed.code : parsed.raw
    }

    expect(read({ who: 'web-01' })).toEqual({ why: ['so'], when: ['2h'], who: ['web-01'] })
    expect(read({ who: 'Slow web-01' })).toBe('missing_argument')
  })

  it('every place before a value has to be told apart, not only the first that was left out', () => {
    const places = defineCommand({
      path: ['places'],
      group: 'cluster',
      summary: 'Has three places that may be left out',
      risk: 'read',
      examples: ['places'],
      args: {
        how: optional.choice({ label: 'how', summary: 'in which way' }, ['fast', 'slow']),
        often: optional.int({ label: 'often', summary: 'how often' }, 1, 9),
        which: optional.choice({ label: 'which', summary: 'which of them' }, ['fast', 'last']),
      },
      answer: () => {
        throw new Error('not asked')
      },
    })

    expect(wordsOf(places, { which: 'last' })).toMatchObject({ code: 'missing_argument' })
    expect(wordsOf(places, { often: 3 })).toEqual(['places', '3'])
    // Once a place is taken, what was left out before it takes no other.
    expect(wordsOf(places, { often: 3, which: 'fast' })).toEqual(['places', '3', 'fast'])
  })
})
