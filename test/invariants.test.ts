import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { commandsMarkdown } from '../src/chat/derive/commands-md.js'
import {
  commandsJson,
  discordCommands,
  isOffered,
  offeredArgs,
  slashName,
} from '../src/chat/derive/discord-commands.js'
import { typedOnDiscord } from '../src/chat/discord/typed.js'
import { commandOf, wordsOf } from '../src/chat/discord/words.js'
import { commandNamed } from '../src/chat/slack/form.js'
import { arg, optional } from '../src/core/args.js'
import { type CommandMeta, commandName, defineCommand } from '../src/core/command.js'
import { isRefusal, REFUSAL_CODES } from '../src/core/refusal.js'
import { parse } from '../src/pipeline/parse.js'
import { registry } from '../src/registry.js'
import { charactersIn, leavesOf, violations } from './unit/discord/command-limits.js'

const named = registry.map((command) => [commandName(command), command] as const)

describe('the registry', () => {
  it('names each command once', () => {
    const names = named.map(([name]) => name)

    expect(new Set(names).size).toBe(names.length)
  })

  it.each(named)('%s is a leaf of at most two plain words', (_, command) => {
    expect(command.path.length).toBeLessThanOrEqual(2)
    for (const word of command.path) expect(word).toMatch(/^[a-z]{2,20}$/)
  })

  it.each(named)('%s: no other command lies below it', (name) => {
    expect(named.filter(([other]) => other.startsWith(`${name} `))).toEqual([])
  })

  it.each(named)('%s says what it does in one short line', (_, command) => {
    expect(command.summary.length).toBeGreaterThan(10)
    expect(command.summary.length).toBeLessThanOrEqual(100)
    expect(command.summary).not.toMatch(/[.\n]$/)
  })

  it.each(named)('%s: each example parses to it', (name, command) => {
    expect(command.examples.length).toBeGreaterThan(0)
    for (const example of command.examples) {
      const parsed = parse(registry, example)
      expect(isRefusal(parsed) ? parsed : commandName(parsed.command)).toBe(name)
    }
  })

  it.each(named)(
    '%s: a positional that takes all words comes last, and required ones first',
    (_, command) => {
      const places = Object.values(command.args).filter((spec) => !spec.flag)
      const greedy = places.findIndex((spec) => spec.kind === 'words' || spec.kind === 'guests')
      if (greedy >= 0) expect(greedy).toBe(places.length - 1)
      const firstOptional = places.findIndex((spec) => !spec.required)
      if (firstOptional >= 0) expect(places.slice(firstOptional).some((spec) => spec.required)).toBe(false)
    },
  )

  it('only console commands are kept from other surfaces', () => {
    const kept = registry.filter((command: CommandMeta) => command.surfaces === 'console').map(commandName)

    expect(kept.sort()).toEqual(['as', 'exit', 'init', 'use'])
  })

  it('docs/commands.md is what the registry says', () => {
    expect(readFileSync('docs/commands.md', 'utf8')).toBe(commandsMarkdown(registry))
  })
})

describe('the registry on Discord', () => {
  const derived = discordCommands(registry)
  const room = derived.map((command) => [command.name, 8000 - charactersIn(command), command] as const)

  it.each(room)('/%s has room for %i characters more', (_, left) => {
    expect(left).toBeGreaterThanOrEqual(0)
  })

  it('keeps every limit: 25 entries a level, names, descriptions, required options first', () => {
    expect(violations(derived)).toEqual([])
  })

  it.each(named.filter(([, command]) => command.surfaces === 'all'))(
    '%s is a leaf with an option for each argument',
    (_, command) => {
      const leaf = leavesOf(derived).find(({ called }) => called === slashName(command))

      expect(leaf?.options.map(({ name }) => name)).toEqual(offeredArgs(command).map(([name]) => name))
      // What is asked for later is asked for by buttons and forms.
      for (const name of Object.keys(command.args))
        expect([name, isOffered(command, name) || ['confirm', 'type'].includes(name)]).toEqual([name, true])
    },
  )

  it('leaves linking to the one command that exists in direct messages', () => {
    const [direct, ...others] = derived.filter(({ contexts }) => contexts?.includes(1) === true)

    expect(direct?.name).toBe('pve')
    expect(others).toEqual([])
    expect(leavesOf(direct === undefined ? [] : [direct]).map(({ called }) => called)).toContain('/pve link')
  })

  it('discord-commands.json is what the registry says', () => {
    expect(readFileSync('discord-commands.json', 'utf8')).toBe(commandsJson(derived))
  })
})

describe('a new command', () => {
  const frobnicate = defineCommand({
    path: ['frob', 'all'],
    group: 'guest',
    summary: 'Does something to everything that there is',
    risk: 'read',
    examples: ['frob all web-01 --why because'],
    args: {
      target: arg.guest({ label: 'guest', summary: 'which one' }),
      why: optional.text({ label: 'text', summary: 'why', flag: true }, 100),
    },
    answer: () => {
      throw new Error('not asked')
    },
  })
  const all = [...registry, frobnicate]

  it('is on every surface without another edit', () => {
    const data = {
      name: 'guest',
      options: [
        {
          type: 2,
          name: 'frob',
          options: [{ type: 1, name: 'all', options: [{ type: 3, name: 'target', value: 'web-01' }] }],
        },
      ],
    }
    const invoked = commandOf(all, data)

    expect(commandsMarkdown(all)).toContain('frob all GUEST [--why TEXT]')
    expect(commandNamed(all, 'frob all')).toBe(frobnicate)
    expect(parse(all, 'frob all web-01')).toMatchObject({ kind: 'parsed', command: frobnicate })
    expect(leavesOf(discordCommands(all)).map(({ called }) => called)).toContain('/guest frob all')
    expect(violations(discordCommands(all))).toEqual([])
    expect(isRefusal(invoked) ? invoked : wordsOf(invoked.command, invoked.given)).toEqual([
      'frob',
      'all',
      'web-01',
    ])
    expect(typedOnDiscord(all)('frob all web-01 --why because')).toBe(
      '/guest frob all target:web-01 why:because',
    )
  })
})

describe('refusals', () => {
  const source = readdirSync('src', { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts') && path !== 'core/refusal.ts' && !path.includes('generated'))
    .map((path) => readFileSync(join('src', path), 'utf8'))
    .join('\n')

  it.each(Object.keys(REFUSAL_CODES))('%s is used somewhere', (code) => {
    expect(source.includes(`'${code}'`)).toBe(true)
  })
})
