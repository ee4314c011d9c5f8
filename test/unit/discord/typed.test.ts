import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { type GivenValues, offeredArgs, slashName } from '../../../src/chat/derive/discord-commands.js'
import { typedOnDiscord } from '../../../src/chat/discord/typed.js'
import { wordsOf } from '../../../src/chat/discord/words.js'
import { commandName, defineCommand, usage } from '../../../src/core/command.js'
import { isRefusal } from '../../../src/core/refusal.js'
import { parse } from '../../../src/pipeline/parse.js'
import { registry } from '../../../src/registry.js'

const typed = typedOnDiscord(registry)
const inChat = registry.filter(({ surfaces }) => surfaces === 'all')

/** The command and options of a line that was typed on Discord, as its client takes them apart. */
function apart(line: string) {
  const command = inChat.find((each) => line === slashName(each) || line.startsWith(`${slashName(each)} `))
  if (command === undefined) return null
  const names = offeredArgs(command).map(([name]) => name)
  const parts = line.slice(slashName(command).length).split(new RegExp(`\\s(?=(?:${names.join('|')}):)`))
  const given: GivenValues = Object.fromEntries(
    parts
      .filter((part) => part !== '')
      .map((part) => [part.split(':')[0] ?? '', part.slice(part.indexOf(':') + 1)]),
  )
  return { command, given }
}

/** Words to what the grammar reads in them. */
function meaning(words: string | readonly string[]) {
  const parsed = parse(registry, words)
  if (isRefusal(parsed)) return parsed.code
  const raw = Object.entries(parsed.raw).map(([name, value]) => {
    const kind = parsed.command.args[name]?.kind
    if (value === true) return [name, true]
    // Neither the case of a choice nor the blanks between the words of a reason make a difference.
    if (kind === 'choice') return [name, value.join(' ').toLowerCase()]
    return [name, kind === 'words' ? value.join(' ').trim().split(/\s+/) : value.map((word) => word.trim())]
  })
  return { name: commandName(parsed.command), raw: Object.fromEntries(raw) }
}

describe('words as they are typed on Discord', () => {
  it.each([
    ['status', '/pve status'],
    ['ls', '/guest ls'],
    ['stop web-01', '/guest stop guests:web-01'],
    ['stop web-01,web-02', '/guest stop guests:web-01,web-02'],
    ['/pve stop web-01', '/guest stop guests:web-01'],
    ['/stop web-01', '/guest stop guests:web-01'],
    ['stop tag=prod node=pve1 --keep-going', '/guest stop guests:tag=prod node=pve1 keep-going:True'],
    ['stop --canary 2 web-01 --reason "old now"', '/guest stop guests:web-01 reason:old now canary:2'],
    ['approve op1 --reason TEXT', '/pve approve operation:op1 reason:TEXT'],
    [
      "approve op1 --plan 1a2b3c4d --reason 'agreed by phone'",
      '/pve approve operation:op1 plan:1a2b3c4d reason:agreed by phone',
    ],
    ['confirm op1 --type web-01', '/pve confirm operation:op1 type:web-01'],
    ['task ls --failed --limit 5', '/cluster task ls failed:True limit:5'],
    ['TASK SHOW t17', '/cluster task show task:t17'],
    ['ls nodes', '/guest ls what:nodes'],
    ['ls web-01 --sort name', '/guest ls select:web-01 sort:name'],
    ['metrics node/pve1 week', '/guest metrics what:node/pve1 span:week'],
    ['help task show', '/pve help topic:task show'],
    ['freeze --for 2h network maintenance', '/workspace freeze reason:network maintenance for:2h'],
    ['freeze "network maintenance"', '/workspace freeze reason:network maintenance'],
    ['grant add NAME reader', '/workspace grant add person:NAME role:reader'],
    ['person invite', '/workspace person invite'],
    ['link CODE', '/pve link code:CODE'],
    ['workspace bind lab --approvals', '/workspace workspace bind name:lab approvals:True'],
    // A flag alone, of whichever command.
    ['--reason TEXT', 'reason:TEXT'],
    ['--channel C0123ABCD', 'channel:C0123ABCD'],
    ['--reason', 'reason:'],
    ['--approvals', 'approvals:True'],
    // What is for the console, unknown, or would be read as something else.
    ['init', '/pve init'],
    ['task', '/pve task'],
    ['frobnicate web-01', '/pve frobnicate web-01'],
    ['proxmox-mpc console', '/pve proxmox-mpc console'],
    ['', '/pve '],
    ['stop "', '/pve stop "'],
    ['stop web-01 --frob', '/pve stop web-01 --frob'],
    ['stop web-01 --constructor x', '/pve stop web-01 --constructor x'],
    ['stop web-01 --reason', '/pve stop web-01 --reason'],
    ['stop web-01 --reason=', '/pve stop web-01 --reason='],
    ['stop web-01 --keep-going=yes', '/pve stop web-01 --keep-going=yes'],
    ['stop web-01 --confirm 1a2b3c4d', '/pve stop web-01 --confirm 1a2b3c4d'],
    ['stop web-01 --reason "no canary:5"', '/pve stop web-01 --reason "no canary:5"'],
    ['stop web-01 --reason "two\nlines"', '/pve stop web-01 --reason "two\nlines"'],
    ['stop "web 01"', '/pve stop "web 01"'],
    ['freeze "--for 2h"', '/pve freeze "--for 2h"'],
    ['status now', '/pve status now'],
    ['stop --help', '/pve stop --help'],
    ['--frob', '/pve --frob'],
    ['--constructor', '/pve --constructor'],
    ['/guest stop guests:web-01', '/guest stop guests:web-01'],
  ])('%j is %j', (words, expected) => expect(typed(words)).toBe(expected))

  it.each(inChat.map((command) => [usage(command), command] as const))(
    'the usage %s is told',
    (line, command) => {
      const shown = typed(line)

      expect(shown.startsWith(slashName(command))).toBe(true)
      expect(shown).not.toContain('--')
      for (const [name] of offeredArgs(command)) expect(shown).toContain(`${name}:`)
    },
  )

  it('a usage line is in the order of the options', () => {
    expect(
      typed(usage(registry.find((each) => commandName(each) === 'freeze') ?? { path: ['x'], args: {} })),
    ).toBe('/workspace freeze reason:REASON [for:TIME SPAN]')
    expect(typed('stop GUESTS')).toBe('/guest stop guests:GUESTS')
  })

  it.each(inChat.flatMap(({ examples }) => examples.map((example) => [example])))(
    '%s means the same there',
    (example) => {
      const there = apart(typed(example))

      expect(there === null ? null : meaning(wordsThere(there))).toEqual(meaning(example))
    },
  )

  it('follows the registry', () => {
    const frobnicate = defineCommand({
      path: ['frobnicate'],
      group: 'cluster',
      summary: 'Does something to many things at once',
      risk: 'read',
      examples: ['frobnicate'],
      args: {},
      answer: () => {
        throw new Error('not asked')
      },
    })

    expect(typedOnDiscord([...registry, frobnicate])('frobnicate')).toBe('/cluster frobnicate')
  })

  it('never throws, and never means something else', () => {
    const names = inChat.map(commandName)
    const flags = [...new Set(inChat.flatMap(({ args }) => Object.keys(args).map((name) => `--${name}`)))]
    const piece = fc.oneof(
      fc.constantFrom(...flags),
      fc.constantFrom(
        'web-01',
        'op1',
        'nodes',
        'Day',
        '2h',
        '5',
        'tag=a',
        "'a b'",
        '"reason: x"',
        '--',
        '-h',
        '=',
        'reader',
      ),
      fc.string({ maxLength: 10, unit: 'grapheme' }),
    )
    const line = fc
      .tuple(fc.constantFrom(...names), fc.array(piece, { maxLength: 5 }))
      .map(([name, pieces]) => [name, ...pieces].join(' '))
    fc.assert(
      fc.property(fc.oneof(line, fc.string()), (words) => {
        const shown = typed(words)
        if (shown === `/pve ${words}`) return
        const there = apart(shown)
        if (there !== null) expect(meaning(wordsThere(there))).toEqual(meaning(words))
      }),
      { numRuns: 2000 },
    )
  })
})

function wordsThere({ command, given }: NonNullable<ReturnType<typeof apart>>): readonly string[] {
  const words = wordsOf(command, given)
  if (isRefusal(words)) throw new Error(words.message)
  return words
}
