import type { Answer } from '../core/command.js'
import { refusalOf } from '../core/outage.js'
import { isRefusal, type Refusal, RefusalError, refuse } from '../core/refusal.js'
import { PveError } from '../ports/pve.js'
import type { QueryContext, Workspace } from '../ports/query.js'
import type { Caller, Request, Road } from '../ports/road.js'
import { settingsForSpeaking } from '../ports/settings.js'
import { authorise } from './authorise.js'
import { type CompletingFor, complete } from './complete.js'
import { deskFor, nobodysDesk } from './desk.js'
import { followOperation, reminderCard } from './follow-operation.js'
import { freshen } from './freshen.js'
import { DEMO_PERSON, identify, type Speaker } from './identify.js'
import { nearest } from './nearest.js'
import { noteEnd } from './note.js'
import { type Parsed, parse, read } from './parse.js'
import { pictures } from './pictures.js'
import { planChange } from './plan.js'
import { resolve } from './resolve.js'
import type { RoadParts } from './road-parts.js'
import { scopedStores } from './scope.js'

/** The one road from words to an answer, and for changes to an effect. */
export function road(parts: RoadParts): Road {
  const guarded = async (request: Pick<Request, 'signal'>, go: () => Promise<Answer>): Promise<Answer> => {
    try {
      return await go()
    } catch (error) {
      return refusalFrom(error, request, parts.onFault)
    }
  }
  return {
    ask: (request) => guarded(request, () => travel(parts, request)),
    follow: (operation, options) => guarded(options, () => followOperation(parts, operation, options)),
    complete: async (line, workspace, caller, offers) => {
      const speaker = await speakerOf(parts, caller)
      const grants = isRefusal(speaker) || speaker.kind === 'stranger' ? null : speaker.person.grants
      const by: CompletingFor = { surface: caller.surface, grants, stores: parts.stores }
      return complete({ ...parts, by }, line, workspaceOf(parts, workspace), offers)
    },
    read: (words) => read(parts.commands, words),
    startWorkspace: () => parts.startWorkspace,
    startPerson: () => {
      const settings = parts.settings.current()
      return !isRefusal(settings) && settings.demo ? DEMO_PERSON : null
    },
    executing: () => parts.runner.executing(),
    served: () => parts.runner.served(),
    news: () => parts.runner.reminders().map(reminderCard),
  }
}

function speakerOf(parts: RoadParts, caller: Caller): Promise<Speaker | Refusal> {
  return identify(caller, parts.stores.people, settingsForSpeaking(parts.settings))
}

async function travel(parts: RoadParts, request: Request): Promise<Answer> {
  const parsed = parse(parts.commands, request.words)
  if (isRefusal(parsed)) return parsed
  const { command } = parsed
  const speaker = await speakerOf(parts, request.caller)
  // Who speaks as somebody that is gone can still leave, and speak as somebody else.
  const stranded = isRefusal(speaker) && command.role === 'anyone'
  const heard: Speaker | Refusal = stranded ? { kind: 'stranger' } : speaker
  const answer = isRefusal(heard) ? heard : await onward(parts, request, parsed, heard)
  await noteEnd(parts, request, parsed, speaker, answer)
  return answer
}

async function onward(parts: RoadParts, request: Request, parsed: Parsed, speaker: Speaker): Promise<Answer> {
  const { command } = parsed
  const allowed = authorise(command, request.caller, speaker)
  if (isRefusal(allowed)) return allowed
  const workspace = workspaceOf(parts, request.workspace)
  if (workspace === null)
    return refuse(
      'no_workspace',
      `There is no workspace \`${request.workspace ?? ''}\` here.`,
      '`workspace ls` lists them.',
    )
  const known = speaker.kind === 'known' ? speaker : null
  const stores = scopedStores(parts.stores, known?.person.grants ?? [], known?.person.id ?? null)
  const signal = request.signal ?? new AbortController().signal
  const progress = request.progress ?? (() => {})
  const fresh =
    command.freshness === 'picture'
      ? await freshen(workspace.clusters, {
          store: parts.stores.inventory,
          syncer: parts.syncer,
          now: parts.now(),
          signal,
          progress,
        })
      : ({ kind: 'fresh', staleBecause: new Map<string, string>() } as const)
  if (fresh.kind === 'no_picture') return fresh.refusal
  const resolved = await resolve(parsed, {
    pictures: pictures(stores.inventory, workspace.clusters),
    history: stores.history,
    workspaces: parts.workspaces.map(({ name }) => name),
  })
  if (isRefusal(resolved)) return resolved
  signal.throwIfAborted()
  if (command.kind === 'change') {
    if (known === null) throw new Error('a change by nobody')
    progress('reading the guests', null)
    return planChange(parts, {
      command,
      values: resolved.values,
      speaker: known,
      workspace,
      signal,
      after: null,
    })
  }
  const context: QueryContext = {
    caller: request.caller,
    actor: known?.actor ?? null,
    person: known?.person ?? null,
    channel: request.channel ?? null,
    workspace,
    workspaces: parts.workspaces,
    now: parts.now(),
    signal,
    progress,
    stores,
    pve: parts.pve,
    syncer: parts.syncer,
    staleBecause: fresh.staleBecause,
    commands: parts.commands,
    nearest,
    desk: known === null ? nobodysDesk : deskFor(parts, known, workspace),
    settings: () => parts.settings.current(),
    newCode: parts.newCode,
    homeChecks: parts.homeChecks,
    chats: parts.chats,
    chatChecks: parts.chatChecks,
  }
  return command.answer(context, resolved.values)
}

function workspaceOf(parts: RoadParts, name: string | null): Workspace | null {
  const wanted = name ?? parts.startWorkspace
  return parts.workspaces.find((workspace) => workspace.name === wanted) ?? null
}

function refusalFrom(
  error: unknown,
  request: Pick<Request, 'signal'>,
  onFault: (error: unknown) => string,
): Refusal {
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
