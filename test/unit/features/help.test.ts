import { describe, expect, it } from '@jest/globals'
import { arg } from '../../../src/core/args.js'
import type { Command } from '../../../src/core/command.js'
import { defineChange } from '../../../src/core/command.js'
import type { Person } from '../../../src/core/people.js'
import { refuse } from '../../../src/core/refusal.js'
import { approvalCommands } from '../../../src/features/approvals/commands.js'
import { auditCommands } from '../../../src/features/audit/commands.js'
import { helpCommands } from '../../../src/features/help/commands.js'
import { peopleCommands } from '../../../src/features/people/commands.js'
import { workspaceCommands } from '../../../src/features/workspaces/commands.js'
import type { PlanContext } from '../../../src/ports/planning.js'
import type { QueryContext } from '../../../src/ports/query.js'
import type { Caller } from '../../../src/ports/road.js'
import { cardOf, contextOf, DAVE, everything, person, say } from './support.js'

const power = (path: string, inverse: { command: string } | { none: string }) =>
  defineChange({
    path: [path],
    group: 'guest',
    summary: `What ${path} does`,
    risk: 'destructive',
    examples: [`${path} web-01`],
    inverse,
    args: { guests: arg.guests({ label: 'guests', summary: 'which' }) },
    plan: async (_context: PlanContext) => refuse('internal', 'x', 'x'),
  })

const commands: readonly Command<QueryContext, PlanContext>[] = [
  ...helpCommands,
  power('stop', { command: 'start' }),
  power('reset', { none: 'a restart that has happened cannot be taken back' }),
  ...approvalCommands,
  ...auditCommands,
  ...peopleCommands,
  ...workspaceCommands,
]

const CHIEF = person(9, 'chief', everything('admin', 'operator', 'approver', 'auditor'))
const ERIN = person(8, 'erin', [])

const help = async (line: string, world: { speaker?: Person | null; caller?: Caller } = {}) =>
  cardOf(await say(helpCommands, line, contextOf({ commands, speaker: CHIEF, ...world })))

const listedFor = async (world: { speaker?: Person | null; caller?: Caller }) => {
  const card = await help('help', world)
  const rows = card.sections.flatMap(({ table }) => table?.rows ?? [])
  return { text: card.text, commands: rows.map(({ command }) => String(command)) }
}

describe('help', () => {
  it('lists every command once, in its group', async () => {
    const { sections } = await help('help')

    const listed = sections.flatMap(({ table }) => table?.rows ?? [])
    expect(sections.map(({ title }) => title)).toEqual([
      'Overview and decisions',
      'Guests',
      'Workspace, people and session',
    ])
    expect(listed).toHaveLength(commands.length)
  })

  it('says once what all changes take', async () => {
    const { sections, text } = await help('help')

    const guests = sections.find(({ title }) => title === 'Guests')
    expect(guests?.table?.rows.map(({ command }) => command)).toEqual(['stop GUESTS', 'reset GUESTS'])
    expect(text).toContain('--reason, --confirm, --type, --canary, --parallel and --keep-going')
  })

  it('explains a change: its risk, who may, and what takes it back', async () => {
    const card = await help('help stop')

    expect(card.heading).toContain('--canary')
    expect(card.facts).toMatchObject([
      { label: 'risk', value: 'destructive' },
      { label: 'role', value: 'operator', note: 'for every guest that is named' },
      { label: 'taken back by', value: 'start, or undo' },
    ])
  })

  it('says why nothing takes a change back', async () => {
    expect((await help('help reset')).facts.at(-1)).toMatchObject({
      value: 'nothing: a restart that has happened cannot be taken back',
    })
  })

  it.each([
    ['help audit verify', [{ value: 'read' }, { label: 'role', value: 'auditor' }]],
    ['help whoami', [{ value: 'read' }, { label: 'who', value: 'anyone' }]],
    ['help as', [{ value: 'read' }, { label: 'who', value: 'anyone' }, { value: 'in the console only' }]],
    ['help freeze', [{ value: 'admin' }, { label: 'role', value: 'admin' }]],
  ])('%s', async (line, facts) => {
    expect((await help(line)).facts).toMatchObject(facts)
  })

  it('shows a reader what a reader may do, and counts the rest', async () => {
    const { text, commands: shown } = await listedFor({ speaker: DAVE })

    expect(shown).not.toContain('stop GUESTS')
    expect(shown.some((each) => each.startsWith('audit'))).toBe(false)
    expect(shown).toContain('whoami')
    expect(text).toMatch(/Not shown: \d+ that need a role which you do not have \(.*operator.*\)/)
  })

  it.each([
    ['somebody without a role', ERIN],
    ['a stranger', null],
  ])('shows %s what is open to anyone', async (_who, speaker) => {
    const { commands: shown } = await listedFor({ speaker })

    expect(shown.length).toBeGreaterThan(0)
    expect(shown.some((each) => each.startsWith('link'))).toBe(true)
    expect(shown.some((each) => each.startsWith('stop'))).toBe(false)
  })

  it('leaves out in chat what is for the console', async () => {
    const caller: Caller = { surface: 'slack', account: 'T1/U1', as: null }

    expect((await listedFor({})).commands.some((each) => each.startsWith('as '))).toBe(true)
    const { commands: shown, text } = await listedFor({ caller })
    expect(shown.some((each) => each.startsWith('as '))).toBe(false)
    expect(text).not.toContain('Not shown')
  })

  it('lists a family by its first word', async () => {
    const rows = (await help('help grant')).sections.flatMap(({ table }) => table?.rows ?? [])

    expect(rows.map(({ command }) => String(command).split(' ').slice(0, 2).join(' '))).toEqual([
      'grant add',
      'grant ls',
      'grant rm',
    ])
  })
})
