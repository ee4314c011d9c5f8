import type { Answer } from '../core/command.js'
import { isRefusal, REFUSAL_CODES, type Refusal, refuse } from '../core/refusal.js'
import type { Caller, Reading } from '../ports/road.js'
import type { ChatRun } from './parts.js'
import { placeFor, type Said } from './places.js'

/** What is said in a chat goes one way: who says it, where, whether that may be said there, and then the road. */

export type Who = { readonly kind: 'caller'; readonly caller: Caller } | Refusal

export type Saying = {
  readonly reading: Reading
  readonly words: string | readonly string[]
  readonly said: Said
  /** `weighty`: it is about more than reading, so nothing that was known before counts. */
  readonly who: (weighty: boolean) => Promise<Who>
  /** Why nobody there would see what comes of a change; null where all would. */
  readonly mayShow: () => Promise<Refusal | null>
  /** Where it is known already which workspace is meant. */
  readonly workspace?: string | null
}

export type Asked = { readonly answer: Answer; readonly workspace: string | null }

type Run = Pick<
  ChatRun,
  'surface' | 'platform' | 'isDirect' | 'typed' | 'workspaces' | 'onFault' | 'ending'
> & {
  readonly stores: Pick<ChatRun['stores'], 'bindings'>
  readonly road: Pick<ChatRun['road'], 'ask' | 'startWorkspace'>
}

/** Never throws: what the platform does not answer is a refusal. */
export async function ask(run: Run, saying: Saying): Promise<Asked> {
  const { reading, words, said, who, mayShow, workspace } = saying
  if (isRefusal(reading)) return { answer: reading, workspace: null }
  const weighty = reading.kind === 'whole' && reading.command.risk !== 'read'
  const found = await guarded(run, () => who(weighty))
  if (isRefusal(found)) return { answer: found, workspace: null }
  const where =
    workspace === undefined
      ? await guarded(run, () => placeFor(run, reading, said, mayShow))
      : ({ kind: 'workspace', name: workspace } as const)
  if (isRefusal(where)) return { answer: where, workspace: null }
  const channel = { surface: run.surface, id: said.channel, name: said.name }
  const request = { caller: found.caller, words, workspace: where.name, channel }
  const { ending } = run
  const answer =
    ending === undefined
      ? await run.road.ask(request)
      : await ending.during((signal) => run.road.ask({ ...request, signal }))
  const stopped = ending?.isNow() === true && isRefusal(answer) && cameOfTheEnd(answer)
  return { answer: stopped ? stopping() : answer, workspace: where.name }
}

/** What is cut off by our own end looks like an outage of the cluster. */
function cameOfTheEnd({ code }: Refusal): boolean {
  return code === 'interrupted' || REFUSAL_CODES[code] === 'failed'
}

function stopping(): Refusal {
  return refuse(
    'interrupted',
    'The program is being stopped, so there is no answer to this.',
    'Say it again once it runs. `approvals` then shows what is on its way.',
  )
}

/** What the platform must be asked for and does not answer is a refusal. */
async function guarded<T>(
  run: Pick<Run, 'platform' | 'onFault'>,
  go: () => Promise<T | Refusal>,
): Promise<T | Refusal> {
  try {
    return await go()
  } catch (error) {
    const reference = run.onFault(error)
    return refuse(
      'channel_refused',
      `${run.platform} did not answer, so it is not known who asks or where.`,
      `Say it again in a moment; it is in the log as ${reference}.`,
    )
  }
}

export function tooFast(seconds: number): Refusal {
  return refuse(
    'rate_limited',
    `That was a lot in a short time. You can go on in ${seconds} s.`,
    'Wait, then say it again.',
  )
}
