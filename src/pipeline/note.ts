import type { Answer } from '../core/command.js'
import { commandName } from '../core/command.js'
import { parseOperationName } from '../core/operation.js'
import { isRefusal, type Refusal } from '../core/refusal.js'
import type { Request } from '../ports/road.js'
import type { AuditStore } from '../ports/store/audit.js'
import type { Speaker } from './identify.js'
import type { Parsed } from './parse.js'
import type { RoadParts } from './road-parts.js'

/** So much of what was typed is kept. */
const MOST_WORDS = 300

/**
 * Notes what was asked for and not done: a change or a decision that was refused, by whichever rule, and a goal that was
 * reached already. What was done is noted by the store, with it. A log that cannot be written must not hide the answer;
 * nothing was done.
 */
export async function noteEnd(
  parts: RoadParts,
  request: Request,
  { command, raw }: Pick<Parsed, 'command' | 'raw'>,
  speaker: Speaker | Refusal,
  answer: Answer,
): Promise<void> {
  const steers = command.args.operation !== undefined && command.risk !== 'read'
  if (command.kind !== 'change' && command.risk !== 'admin' && !steers) return
  const already = answer.kind === 'card' && answer.outcome === 'already'
  if (!isRefusal(answer) && !already) return
  const { caller, words } = request
  const text = typeof words === 'string' ? words : words.join(' ')
  const actor = isRefusal(speaker) || speaker.kind === 'stranger' ? null : speaker.actor
  const entry = {
    action: already ? 'change.already' : steers ? 'operation.refused' : 'change.refused',
    actor,
    workspace: request.workspace ?? parts.startWorkspace,
    operation: steers && Array.isArray(raw.operation) ? parseOperationName(raw.operation.join(' ')) : null,
    subject: commandName(command),
    code: isRefusal(answer) ? answer.code : 'already',
    data: {
      words: text.slice(0, MOST_WORDS),
      account: `${caller.surface}:${caller.account}`,
      ...(isRefusal(answer) ? { message: answer.message } : {}),
    },
  }
  await parts.stores.audit.append(entry, parts.now()).catch(parts.onFault)
}

/**
 * Notes that something of the config file is not what it was when somebody last looked: it is edited outside of the
 * program.
 */
export async function noteEdited(
  audit: Pick<AuditStore, 'append' | 'newest'>,
  edited: {
    readonly action: 'policy.changed' | 'trust.changed'
    readonly subject: string
    readonly hash: string
  },
  now: Date,
): Promise<void> {
  const { action, subject, hash } = edited
  const data = (await audit.newest(action))?.data
  const before = typeof data === 'object' && data !== null && 'hash' in data ? String(data.hash) : null
  if (before === hash) return
  await audit.append(
    { action, actor: null, workspace: null, operation: null, subject, code: null, data: { hash, before } },
    now,
  )
}
