import { commandName } from '../core/command.js'
import { isRefusal, type Refusal, refuse } from '../core/refusal.js'
import type { CommandForm, Reading } from '../ports/road.js'
import type { ChatRun } from './parts.js'

/** Where something was said. */
export type Said = {
  readonly channel: string
  readonly name: string
  /** The thread it was said in; null for the channel itself. */
  readonly thread: string | null
}

export type Place = { readonly kind: 'workspace'; readonly name: string | null }

type Run = Pick<ChatRun, 'surface' | 'isDirect' | 'typed' | 'workspaces'> & {
  readonly stores: Pick<ChatRun['stores'], 'bindings'>
  readonly road: Pick<ChatRun['road'], 'startWorkspace'>
}

/** Commands that mean the same wherever they are typed. */
const ANYWHERE = [
  'help',
  'link',
  'unlink',
  'whoami',
  'workspace bind',
  'workspace unbind',
  'workspace ls',
  'workspace show',
]

/** The workspace that a channel speaks of; a direct conversation speaks of the home's first. */
export async function workspaceOf(run: Run, { channel, name }: Said): Promise<Place | Refusal> {
  const binding = await run.stores.bindings.of(run.surface, channel)
  if (binding !== null && run.workspaces.some((workspace) => workspace.name === binding.workspace))
    return { kind: 'workspace', name: binding.workspace }
  if (run.isDirect(channel)) return { kind: 'workspace', name: run.road.startWorkspace() }
  const label = name === '' ? 'This channel' : `The channel #${name}`
  return refuse(
    'not_bound',
    `${label} is bound to no workspace.`,
    `An admin types here: \`${run.typed('workspace bind NAME')}\`, and where plans are to be approved \`${run.typed('workspace bind NAME --approvals')}\`.`,
    run.workspaces.map((workspace) => `workspace: ${workspace.name}`),
  )
}

/** The workspace that words are about; refused where a change could not be shown. */
export async function placeFor(
  run: Run,
  reading: Exclude<Reading, Refusal>,
  said: Said,
  mayShow: () => Promise<Refusal | null>,
): Promise<Place | Refusal> {
  const where = await workspaceOf(run, said)
  if (reading.kind !== 'whole') return where
  const { command } = reading
  if (ANYWHERE.includes(commandName(command)))
    return isRefusal(where) ? { kind: 'workspace', name: run.road.startWorkspace() } : where
  if (isRefusal(where) || !isShown(command)) return where
  return (await mayShow()) ?? where
}

/** Whether a card in the channel may be the answer: of a change, and of what decides, ends, continues or takes back one. */
export function isShown({ kind, risk, args }: CommandForm): boolean {
  return (
    kind === 'change' || (risk !== 'read' && Object.values(args).some((spec) => spec.kind === 'operation'))
  )
}
