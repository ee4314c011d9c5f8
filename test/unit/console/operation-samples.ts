import { type Card, card, type Row, type Tone } from '../../../src/core/card.js'
import type { Answer } from '../../../src/core/command.js'
import { column, fact } from '../../../src/core/facts.js'
import type { OperationState } from '../../../src/core/operation.js'
import type { Choice, OperationReport } from '../../../src/core/report.js'

export type OperationAnswer = Extract<Answer, { readonly kind: 'operation' }>

export const DIGEST = '1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e6f708192a3b4c5d6e7f809'
export const UPID = 'UPID:pve1:000A1B2C:01D2E3F4:65F00000:qmshutdown:101:mpc@pve!operate:'

export const CONFIRM: Choice = {
  label: 'Confirm op1: shutdown web-01',
  words: 'confirm op1 --plan 1a2b3c4d',
  typed: null,
  reason: false,
}
export const CANCEL: Choice = { label: 'Cancel op1', words: 'cancel op1', typed: null, reason: false }
export const APPROVE: Choice = {
  label: 'Approve op1: stop web-01',
  words: 'approve op1 --plan 1a2b3c4d',
  typed: null,
  reason: false,
}
export const DENY: Choice = {
  label: 'Deny op1: stop web-01',
  words: 'deny op1',
  typed: null,
  reason: true,
}

export function report(state: OperationState, more: Partial<OperationReport> = {}): OperationReport {
  return {
    number: 1,
    id: 'op1',
    state,
    code: null,
    planDigest: DIGEST,
    needs: 'nothing',
    targets: [{ guest: 'lab/101', state: 'pending', code: null, upid: null }],
    ...more,
  }
}

export function operation(
  state: OperationState,
  more: {
    readonly report?: Partial<OperationReport>
    readonly choices?: readonly Choice[]
    readonly card?: Card
  } = {},
): OperationAnswer {
  return {
    kind: 'operation',
    report: report(state, more.report),
    card: more.card ?? card({ heading: `op1 shutdown web-01: ${state}` }),
    choices: more.choices ?? [],
  }
}

const common = [
  fact('asked by', 'alice'),
  fact('asked', '2026-03-12T14:03:41.000Z', 'time'),
  fact('risk', 'disruptive'),
  fact('plan digest', DIGEST),
]

export const waitingCard: Card = card({
  heading: 'op1 shutdown web-01: waiting',
  tone: 'warning',
  text: 'It waits for the confirmation of alice: `confirm op1`.\nPlan 1a2b3c4d; undecided, it expires.',
  facts: [...common, fact('expires', '2026-03-12T14:33:41.000Z', 'time')],
  table: {
    columns: [
      column('guest', 'guest', 'text', 0),
      column('now', 'state', 'state', 1),
      column('node', 'node', 'text', 2),
      column('uptime', 'up', 'seconds', 3),
      column('tags', 'tags', 'tags', 4),
    ],
    rows: [{ guest: 'web-01 (101)', now: 'running', node: 'pve1', uptime: 86_400 * 3, tags: 'prod web' }],
    empty: '',
  },
  sections: [
    {
      title: 'what happens',
      text: 'Asks the guest to shut down, and waits up to 3 minutes for it.\nIf it is still running then, nothing else is done.',
    },
    { title: 'to know', text: 'web-01: newest backup 14 h ago\nweb-01: 2 snapshots' },
  ],
})

function bulk(heading: string, tone: Tone, rows: readonly Row[], text?: string): Card {
  return card({
    heading,
    tone,
    ...(text === undefined ? {} : { text }),
    facts: [...common, fact('confirmed by', 'alice', 'text')],
    table: {
      columns: [
        column('guest', 'guest', 'text', 0),
        column('state', 'state', 'state', 0),
        column('node', 'node', 'text', 3),
        column('says', 'what happened', 'text', 0),
        column('task', 'task', 'text', 5),
      ],
      rows,
      empty: 'no guests',
    },
  })
}

const row = (guest: string, state: string, says: string, task: string | null = UPID): Row => ({
  guest,
  state,
  node: 'pve1',
  says,
  task,
})

export const runningCard: Card = bulk('op4 shutdown tag=web: running', 'neutral', [
  row('web-01 (101)', 'verified', 'stopped'),
  row('web-02 (102)', 'following', 'VM 102 qmp command: guest-shutdown, waiting for the guest'),
  row('web-03 (103)', 'sent', ''),
  row('web-04 (104)', 'pending', 'waits for op3, which holds it', null),
])

export const failedCard: Card = bulk(
  'op4 shutdown tag=web: partial',
  'danger',
  [
    row('web-01 (101)', 'verified', 'stopped'),
    row(
      'web-02 (102)',
      'failed',
      "The task failed: can't lock file '/var/lock/qemu-server/lock-102.conf' - got timeout",
    ),
    row('web-03 (103)', 'stale', 'It was migrated from pve1 to pve2 since the plan was made.', null),
    row('web-04 (104)', 'already', 'was stopped already', null),
    row('db-服务器-05 (105)', 'unknown', 'Its task was not found, and it still runs.'),
    row('web-06 (106)', 'skipped', 'not begun, because another failed', null),
  ],
  '1 of 6 failed.\n`continue op4` goes on with the rest, as a new plan.',
)
