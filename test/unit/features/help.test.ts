import { describe, expect, it } from '@jest/globals'
import { arg } from '../../../src/core/args.js'
import type { Command } from '../../../src/core/command.js'
import { defineChange } from '../../../src/core/command.js'
import { refuse } from '../../../src/core/refusal.js'
import { approvalCommands } from '../../../src/features/approvals/commands.js'
import { auditCommands } from '../../../src/features/audit/commands.js'
import { helpCommands } from '../../../src/features/help/commands.js'
import { peopleCommands } from '../../../src/features/people/commands.js'
import { workspaceCommands } from '../../../src/features/workspaces/commands.js'
import type { PlanContext } from '../../../src/ports/planning.js'
import type { QueryContext } from '../../../src/ports/query.js'
import { cardOf, contextOf, say } from './support.js'

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

const help = async (line: string) =>
  cardOf(await say(helpCommands, line, contextOf({ commands, speaker: null })))

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

  it('lists a family by its first word', async () => {
    const rows = (await help('help grant')).sections.flatMap(({ table }) => table?.rows ?? [])

    expect(rows.map(({ command }) => String(command).split(' ').slice(0, 2).join(' '))).toEqual([
      'grant add',
      'grant ls',
      'grant rm',
    ])
  })
})
