import { describe, expect, it } from '@jest/globals'
import { isShown, placeFor } from '../../../src/chat/places.js'
import { commandName } from '../../../src/core/command.js'
import { refuse } from '../../../src/core/refusal.js'
import { registry } from '../../../src/registry.js'

/** Where something may be said: what is answered with a card in the channel must be seen there. */

const blind = refuse('channel_refused', 'nobody would see it', 'elsewhere')
const run = {
  surface: 'slack' as const,
  isDirect: () => false,
  typed: (words: string) => `/pve ${words}`,
  workspaces: [{ name: 'lab', timeZone: 'UTC', clusters: [] }],
  stores: {
    bindings: {
      of: async () => ({
        surface: 'slack' as const,
        channel: 'C1',
        name: 'ops',
        workspace: 'lab',
        approvals: false,
      }),
      list: async () => [],
      bind: async () => {},
      unbind: async () => false,
    },
  },
  road: { startWorkspace: () => 'lab' },
} as const

async function placeOf(name: string) {
  const command = registry.find((each) => commandName(each) === name)
  if (command === undefined) throw new Error(`no ${name}`)
  const said = { channel: 'C1', name: 'ops', thread: null }
  return placeFor(run, { kind: 'whole', command }, said, async () => blind)
}

describe('where the app may not post', () => {
  it.each(['stop', 'start', 'undo', 'continue', 'approve', 'confirm', 'deny', 'cancel'])(
    '`%s` is refused: its card would be seen by nobody',
    async (name) => {
      expect(await placeOf(name)).toBe(blind)
    },
  )

  it.each(['status', 'why', 'approvals', 'sync', 'link', 'workspace bind', 'grant add'])(
    '`%s` is answered: it shows no card',
    async (name) => {
      expect(await placeOf(name)).toMatchObject({ name: 'lab' })
    },
  )

  it('what is neither read nor of admins shows a card, but for what is known to answer in private', () => {
    const quiet = registry.filter(
      (each) => each.risk !== 'read' && each.risk !== 'admin' && each.surfaces === 'all' && !isShown(each),
    )
    expect(quiet.map(commandName).toSorted()).toEqual(['link', 'sync', 'unlink'])
  })
})
