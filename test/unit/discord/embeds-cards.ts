import {
  type DiscordDrawing,
  type Rendered,
  renderCard,
  renderRefusal,
} from '../../../src/chat/discord/embeds/card.js'
import { draw } from '../../../src/chat/discord/transport.js'
import type { Card } from '../../../src/core/card.js'
import type { Operation } from '../../../src/core/operation.js'
import { type CardExtras, operationCard } from '../../../src/core/operation-card.js'
import type { Plan } from '../../../src/core/plan.js'
import { refuse } from '../../../src/core/refusal.js'
import { listSample, metricsSample, showSample, statusSample } from '../console/samples.js'
import { actor, ONE_APPROVAL, operation, plan, target } from '../core/operations.js'
import { DRAWING as SLACK_DRAWING } from '../slack/blocks-cards.js'

/** The cards of Slack's pictures, drawn for Discord: for snapshots, and for the pictures in the docs. */

const TYPED: Readonly<Record<string, string>> = {
  show: '/guest show guest:',
  approve: '/pve approve operation:',
  continue: '/pve continue operation:',
  metrics: '/guest metrics of:',
  history: '/guest history of:',
}

/** What the words of some commands are on Discord. */
export function typed(words: string): string {
  const [, command = '', rest = ''] = /^(\S+) ?(.*)$/s.exec(words) ?? []
  return command in TYPED ? `${TYPED[command]}${rest}` : `/pve ${words}`
}

export const DRAWING: DiscordDrawing = { ...SLACK_DRAWING, typed }

const PLAN: Plan = plan({
  asked: 'db-01',
  because: [{ rule: 'built in', asks: 'the approval of another person' }],
  targets: [
    target(104, {
      name: 'db-01',
      sentences: ['Cuts its power, as pulling the plug would: what is not on disk is lost.'],
    }),
  ],
})
const NAMES = ['web-01', 'web-02', 'web-03', 'web-04', 'cache-01', 'cache-02']
const BULK: Plan = plan({
  command: 'shutdown',
  asked: 'tag=web',
  risk: 'disruptive',
  requirement: { ...ONE_APPROVAL, approvals: 2, roles: ['approver'], reason: true },
  canary: 1,
  parallel: 2,
  targets: NAMES.map((name, at) =>
    target(111 + at, { name, sentences: ['Asks the guest to shut down and waits up to 3 minutes for it.'] }),
  ),
})

const shown = (made: Plan): CardExtras => ({
  plan: made,
  shown: {
    at: '2026-03-12T14:03:12.000Z',
    targets: made.targets.map(({ name, vmid }, at) => ({
      guest: `${name} (${vmid})`,
      node: `pve${(at % 3) + 1}`,
      state: 'running',
      uptime: 86_400 * (3 + at) + 4000,
      tags: ['prod', at % 2 === 0 ? 'web' : 'shop'],
      notes: at === 0 ? ['The newest backup is 14 h old.', '2 snapshots stay as they are.'] : [],
    })),
  },
  approvers: ['bob', 'carol'],
})

const approved = (given: Operation): Operation => ({
  ...given,
  decisions: [
    {
      actor: actor('bob', { account: 'discord:7001' }),
      verdict: 'approve',
      reason: 'agreed by phone',
      at: '2026-03-12T14:06:02.000Z',
      planDigest: given.planDigest,
      counts: true,
    },
  ],
})

const times: Partial<Operation> = {
  createdAt: '2026-03-12T14:03:41.000Z',
  expiresAt: '2026-03-12T14:33:41.000Z',
  id: 12,
}
const waiting = operation(times, PLAN)
const bulk = operation({ ...times, id: 13, reason: 'kernel update of pve2' }, BULK)
const running: Operation = {
  ...approved(bulk),
  state: 'running',
  steps: bulk.steps.map((step, at) => ({
    ...step,
    node: `pve${(at % 3) + 1}`,
    state: at < 2 ? 'verified' : at === 2 ? 'following' : at === 3 ? 'sent' : 'pending',
    message: at < 2 ? 'stopped' : null,
  })),
}
const BROKEN = "The task failed: can't lock file '/var/lock/qemu-server/lock-113.conf' - got timeout"
const failed: Operation = {
  ...running,
  state: 'partial',
  endedAt: '2026-03-12T14:09:31.000Z',
  message: '1 of 6 failed.',
  code: 'task_failed',
  steps: running.steps.map((step, at) => ({
    ...step,
    state: at < 2 ? 'verified' : at === 2 ? 'failed' : 'skipped',
    message: at < 2 ? 'stopped' : at === 2 ? BROKEN : 'not begun, because another failed',
  })),
}
const done: Operation = {
  ...approved(waiting),
  state: 'verified',
  message: 'db-01 is stopped.',
  endedAt: '2026-03-12T14:06:09.000Z',
  steps: waiting.steps.map((step) => ({ ...step, node: 'pve1', state: 'verified', message: 'stopped' })),
}

function ofOperation(given: Operation, extras: CardExtras): Rendered {
  const { timeZone, now } = DRAWING
  const run = {
    clock: { now: () => now, monotonic: () => 0, sleep: async () => {} },
    workspaces: [{ name: given.workspace, timeZone, clusters: [] }],
    typed,
  }
  return { text: '', ...draw(run, { operation: given, card: operationCard(given, extras) }).message }
}

const refusal = refuse(
  'ambiguous_guest',
  '`web` is the name of 2 guests.',
  'Name one by its number: `show 101`.',
  ['101 web (VM on pve1, running)', '204 web (CT on pve3, stopped)'],
)

/** The font of the pictures has no Chinese letters. */
function drawable(given: Card): Card {
  const { table } = given
  if (table === undefined) return given
  const rows = table.rows.map((row) => ({ ...row, name: String(row.name).replace(/[^ -~]+/, 'mail-backup') }))
  return { ...given, table: { ...table, rows } }
}

/** Each with the frame that Discord puts around it. */
export const PICTURES: Readonly<
  Record<string, { readonly drawn: Rendered; readonly frame: 'message' | 'private' }>
> = {
  'plan-waiting-for-approval': { drawn: ofOperation(waiting, shown(PLAN)), frame: 'message' },
  'bulk-waiting-for-two': { drawn: ofOperation(bulk, shown(BULK)), frame: 'message' },
  running: {
    drawn: ofOperation(running, {
      ...shown(BULK),
      tails: new Map([[2, ['waiting for the guest to shut down']]]),
    }),
    frame: 'message',
  },
  done: { drawn: ofOperation(done, shown(PLAN)), frame: 'message' },
  partial: { drawn: ofOperation(failed, shown(BULK)), frame: 'message' },
  refused: { drawn: renderRefusal(refusal, DRAWING), frame: 'private' },
  status: { drawn: renderCard(statusSample, DRAWING), frame: 'private' },
  list: { drawn: renderCard(drawable(listSample(40)), DRAWING), frame: 'private' },
  show: { drawn: renderCard(showSample, DRAWING), frame: 'private' },
  metrics: {
    drawn: renderCard(metricsSample, { ...DRAWING, images: ['chart.png'] }),
    frame: 'private',
  },
}
