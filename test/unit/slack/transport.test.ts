import { describe, expect, it } from '@jest/globals'
import { draw } from '../../../src/chat/slack/transport.js'
import { type Card, card } from '../../../src/core/card.js'
import { column } from '../../../src/core/facts.js'
import type { OperationState } from '../../../src/core/operation.js'
import { operation } from '../core/operations.js'

/** The card of an operation in a channel: what of it does not fit, and how it can be seen. */

const UPID = 'UPID:pve1:0003A1B2:0A1B2C3D:65A0B1C2:qmstop:101:mpc@pve!operate:'
const steps: Card = card({
  heading: 'op12 stop',
  table: {
    columns: [
      column('guest', 'guest', 'text', 0),
      column('state', 'state', 'state', 0),
      column('what', 'what happened', 'text', 0),
      column('task', 'task', 'text', 2),
    ],
    rows: [101, 102].map((vmid) => ({
      guest: `vm-${vmid}`,
      state: 'running',
      what: 'x'.repeat(40),
      task: UPID,
    })),
    empty: '',
  },
})
const run = {
  clock: { now: () => new Date(0), monotonic: () => 0, sleep: async () => {} },
  workspaces: [],
  typed: (words: string) => words,
}
const drawn = (state: OperationState) => {
  const { blocks, files } = draw(run, { operation: operation({ id: 12, state }), card: steps }).message
  return { text: JSON.stringify(blocks), files: files.map(({ name }) => name) }
}

describe('a column that does not fit', () => {
  it.each(['waiting', 'verified', 'failed'] as const)('is in the file below a card that is %s', (state) => {
    const { text, files } = drawn(state)

    expect(text).toContain('columns hidden: task')
    expect(text).toContain('all 2 rows are in 📎 table.csv')
    expect(files).toEqual(['table.csv'])
  })

  it.each(['ready', 'running', 'unknown'] as const)('can be asked for while it is %s', (state) => {
    const { text, files } = drawn(state)

    expect(text).toContain('columns hidden: task')
    expect(text).toContain('There is more than fits here: `/pve why op12` shows it.')
    expect(text).not.toContain('📎')
    expect(files).toEqual([])
  })
})
