import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { commandsMarkdown } from '../src/chat/derive/commands-md.js'
import { type CommandMeta, commandName, usage } from '../src/core/command.js'
import { isRefusal, REFUSAL_CODES } from '../src/core/refusal.js'
import { parse } from '../src/pipeline/parse.js'
import { registry } from '../src/registry.js'

const GROUPS = ['pve', 'guest', 'cluster', 'workspace'] as const
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

  it.each(GROUPS)(
    'group %s fits into one top-level Discord command: 25 entries, 8,000 characters',
    (group) => {
      const inGroup = named.filter(([, command]) => command.group === group && command.surfaces === 'all')
      const tops = new Set(inGroup.map(([, command]) => command.path[0]))
      const characters = inGroup.reduce(
        (sum, [name, command]) => sum + name.length + command.summary.length + usage(command).length,
        0,
      )

      expect(tops.size).toBeLessThanOrEqual(25)
      expect(characters).toBeLessThan(8000)
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

describe('refusals', () => {
  const source = readdirSync('src', { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts') && path !== 'core/refusal.ts' && !path.includes('generated'))
    .map((path) => readFileSync(join('src', path), 'utf8'))
    .join('\n')

  it.each(Object.keys(REFUSAL_CODES))('%s is used somewhere', (code) => {
    expect(source.includes(`'${code}'`)).toBe(true)
  })
})
