import { describe, expect, it } from '@jest/globals'
import { workspaceCommands } from '../../../src/features/workspaces/commands.js'
import { ALICE, cardOf, contextOf, fakeFreezes, NOW, say } from './support.js'

const AT = NOW.toISOString()
const FROZEN = { workspace: 'demo', reason: 'the old one', by: 'carol', at: AT, until: null }

describe('freeze', () => {
  it('stops changes until it is lifted', async () => {
    const freezes = fakeFreezes()
    const context = contextOf({ freezes })

    const card = cardOf(await say(workspaceCommands, 'freeze storage is being moved', context))

    expect(await freezes.current('demo', NOW)).toEqual({
      workspace: 'demo',
      reason: 'storage is being moved',
      by: 'carol',
      at: AT,
      until: null,
    })
    expect(card.heading).toBe('Changes in workspace demo are stopped')
    expect(card.actions[0]?.words).toBe('unfreeze')
  })

  it('stops them for a time, under both names of who does it', async () => {
    const freezes = fakeFreezes()

    await say(workspaceCommands, 'freeze --for 2h maintenance', contextOf({ freezes, real: ALICE }))

    expect(await freezes.current('demo', NOW)).toMatchObject({
      by: 'carol (really alice)',
      until: '2026-03-12T16:00:00.000Z',
    })
  })

  it('tells which freeze it takes the place of', async () => {
    const context = contextOf({ freezes: fakeFreezes([FROZEN]) })

    expect(cardOf(await say(workspaceCommands, 'freeze again', context)).text).toContain(
      'by carol: the old one',
    )
  })

  it.each([
    ['freeze', 'missing_argument'],
    ['freeze " "', 'missing_argument'],
    ['freeze --for 999999w x', 'wrong_argument'],
    [`freeze ${'x'.repeat(301)}`, 'wrong_argument'],
  ])('refuses %s', async (line, code) => {
    const freezes = fakeFreezes()

    expect(await say(workspaceCommands, line, contextOf({ freezes }))).toMatchObject({ code })
    expect(await freezes.current('demo', NOW)).toBeNull()
  })

  it('is lifted, once', async () => {
    const context = contextOf({ freezes: fakeFreezes([FROZEN]) })

    expect(cardOf(await say(workspaceCommands, 'unfreeze', context)).facts).toMatchObject([
      { value: 'carol' },
      { value: 'the old one' },
      { value: AT },
    ])
    expect(await say(workspaceCommands, 'unfreeze', context)).toMatchObject({ code: 'not_frozen' })
  })
})

describe('workspace ls', () => {
  const workspaces = [
    { name: 'demo', timeZone: 'UTC', clusters: ['lab'] },
    { name: 'other', timeZone: 'UTC', clusters: [] },
  ]

  it('shows which are frozen, by whom and why', async () => {
    const freezes = fakeFreezes([{ ...FROZEN, until: '2026-03-12T16:00:00.000Z' }])

    const card = cardOf(await say(workspaceCommands, 'workspace ls', contextOf({ freezes, workspaces })))

    expect(card.heading).toBe('2 workspaces, 1 frozen')
    expect(card.table?.columns.map(({ key }) => key)).toEqual(expect.arrayContaining(['changes', 'until']))
    expect(card.table?.rows).toMatchObject([
      { name: 'demo', changes: 'stopped by carol: the old one', until: '2026-03-12T16:00:00.000Z' },
      { name: 'other', changes: 'allowed', until: null },
    ])
  })

  it('says nothing about it where none is', async () => {
    const card = cardOf(await say(workspaceCommands, 'workspace ls', contextOf({ workspaces })))

    expect(card.heading).toBe('2 workspaces')
    expect(card.table?.columns.map(({ key }) => key)).not.toContain('changes')
  })
})

describe('who may type it at all', () => {
  it.each([
    ['workspace ls', 'reader'],
    ['use', 'reader'],
    ['freeze', 'admin'],
    ['unfreeze', 'admin'],
    ['init', 'anyone'],
    ['exit', 'anyone'],
  ])('%s: %s', (name, role) => {
    expect(workspaceCommands.find(({ path }) => path.join(' ') === name)).toMatchObject({ role })
  })

  it('a freeze without anybody behind it is refused', async () => {
    expect(await say(workspaceCommands, 'freeze x', contextOf({ speaker: null }))).toMatchObject({
      code: 'no_role',
    })
  })
})
