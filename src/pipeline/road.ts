import type { Answer } from '../core/command.js'
import { refusalOf } from '../core/outage.js'
import { isRefusal, type Refusal, RefusalError, refuse } from '../core/refusal.js'
import { PveError } from '../ports/pve.js'
import type { QueryContext, Workspace } from '../ports/query.js'
import type { Request, Road } from '../ports/road.js'
import { authorise } from './authorise.js'
import { complete } from './complete.js'
import { freshen } from './freshen.js'
import { nearest } from './nearest.js'
import { type AnyCommand, parse } from './parse.js'
import { pictures } from './pictures.js'
import { resolve } from './resolve.js'

export type RoadParts = Pick<QueryContext, 'stores' | 'pve' | 'syncer' | 'homeChecks'> & {
  readonly commands: readonly AnyCommand[]
  readonly workspaces: readonly Workspace[]
  readonly startWorkspace: string | null
  readonly now: () => Date
  /** Told of what should not happen; the person only sees its reference. */
  readonly onFault: (error: unknown) => string
}

/** The one road from words to an answer: parse, freshen, resolve, authorise, answer. */
export function road(parts: RoadParts): Road {
  return {
    ask: async (request) => {
      try {
        return await travel(parts, request)
      } catch (error) {
        return refusalFrom(error, request, parts.onFault)
      }
    },
    complete: (line, workspace) => complete(parts, line, workspaceOf(parts, workspace)),
    startWorkspace: () => parts.startWorkspace,
  }
}

async function travel(parts: RoadParts, request: Request): Promise<Answer> {
  const parsed = parse(parts.commands, request.words)
  if (isRefusal(parsed)) return parsed
  const workspace = workspaceOf(parts, request.workspace)
  if (workspace === null)
    return refuse(
      'no_workspace',
      `There is no workspace \`${request.workspace ?? ''}\` here.`,
      '`workspace ls` lists them.',
    )
  const signal = request.signal ?? new AbortController().signal
  const progress = request.progress ?? (() => {})
  const now = parts.now()
  const fresh =
    parsed.command.freshness === 'picture'
      ? await freshen(workspace.clusters, {
          store: parts.stores.inventory,
          syncer: parts.syncer,
          now,
          signal,
          progress,
        })
      : ({ kind: 'fresh', staleBecause: new Map<string, string>() } as const)
  if (fresh.kind === 'no_picture') return fresh.refusal
  const resolved = await resolve(parsed, {
    pictures: pictures(parts.stores.inventory, workspace.clusters),
    history: parts.stores.history,
    workspaces: parts.workspaces.map(({ name }) => name),
  })
  if (isRefusal(resolved)) return resolved
  const allowed = authorise(parsed.command, request.caller)
  if (isRefusal(allowed)) return allowed
  signal.throwIfAborted()
  const context: QueryContext = {
    caller: request.caller,
    workspace,
    workspaces: parts.workspaces,
    now: parts.now(),
    signal,
    progress,
    stores: parts.stores,
    pve: parts.pve,
    syncer: parts.syncer,
    staleBecause: fresh.staleBecause,
    commands: parts.commands,
    nearest,
    homeChecks: parts.homeChecks,
  }
  return parsed.command.answer(context, resolved.values)
}

function workspaceOf(parts: RoadParts, name: string | null): Workspace | null {
  const wanted = name ?? parts.startWorkspace
  return parts.workspaces.find((workspace) => workspace.name === wanted) ?? null
}

function refusalFrom(error: unknown, request: Request, onFault: (error: unknown) => string): Refusal {
  if (request.signal?.aborted === true) return refuse('interrupted', 'Stopped.', 'Ask again when you like.')
  if (error instanceof RefusalError) return error.refusal
  if (error instanceof PveError) return refusalOf(error.outage)
  const reference = onFault(error)
  return refuse(
    'internal',
    'Something went wrong inside the program.',
    `It is in the log as ${reference}; please report it.`,
  )
}
