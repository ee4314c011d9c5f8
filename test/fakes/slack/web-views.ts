// views.* methods, with single-use triggers and hash guards.

import { isObj, type Obj, objs, str } from './json.js'
import { checkView, problemText, viewTooLarge } from './limits.js'
import { checkLive } from './live.js'
import { changed, newId, type State, type StoredView, violate, withBlockIds } from './state.js'
import { type Answer, fail } from './web-chat.js'

const TRIGGER_LIFE_MS = 3_000
const STACK = 3

type Made = { readonly view: StoredView } | { readonly refusal: Answer }

/** Checks a view the app sent and makes it a stored one (not yet shown to anybody). */
export function makeView(
  state: State,
  where: string,
  body: unknown,
  as: {
    readonly user: string
    readonly type: 'modal' | 'home'
    readonly openedBy?: string
    readonly old?: StoredView
    readonly below?: StoredView
  },
): Made {
  if (!isObj(body)) return refuse(state, where, fail('invalid_arguments'), 'no view')
  if (viewTooLarge(body)) return refuse(state, where, fail('view_too_large'), 'over limit: view_too_large')
  const wrong = body.type === as.type ? [] : [{ pointer: '/type', message: `must be ${as.type}` }]
  const problems = [...wrong, ...checkView(body)]
  if (problems.length > 0) {
    const messages = problems.map(problemText)
    const answer = fail('invalid_arguments', { response_metadata: { messages } })
    return refuse(state, where, answer, `over limit: ${messages.join('; ')}`)
  }
  checkLive(state, where, { blocks: body.blocks })
  const id = as.old?.id ?? newId(state, 'V')
  const openedBy = as.old?.openedBy ?? as.openedBy
  const view: StoredView = {
    kind: 'view',
    id,
    type: as.type,
    user: as.user,
    hash: `${Math.floor(state.now() / 1000)}.${newId(state, 'h')}`,
    callback_id: str(body.callback_id) ?? '',
    private_metadata: str(body.private_metadata) ?? '',
    blocks: withBlockIds(state, objs(body.blocks)),
    body,
    root: as.old?.root ?? as.below?.root ?? id,
    updates: as.old === undefined ? 0 : as.old.updates + 1,
    ...(openedBy === undefined ? {} : { openedBy }),
    ...previousOf(as.old, as.below),
  }
  return { view }
}

function previousOf(
  old: StoredView | undefined,
  below: StoredView | undefined,
): { readonly previous?: string } {
  const previous = old?.previous ?? below?.id
  return previous === undefined ? {} : { previous }
}

function refuse(state: State, where: string, refusal: Answer, why: string): Made {
  violate(state, `${where}: ${why}`)
  return { refusal }
}

/** Shows a stored view: on top of the person's modals, or in the place of its older form. */
export function showView(state: State, view: StoredView): void {
  state.views.set(view.id, view)
  if (view.type === 'home') state.homes.set(view.user, view.id)
  const stack = state.stacks.get(view.user) ?? []
  if (view.type === 'modal' && !stack.includes(view.id)) state.stacks.set(view.user, [...stack, view.id])
  changed(state)
}

type Taken = { readonly user: string; readonly delivery: string } | { readonly refusal: Answer }

function takeTrigger(state: State, method: string, args: Obj): Taken {
  const trigger = state.triggers.get(str(args.trigger_id) ?? '')
  if (trigger === undefined) {
    violate(state, `${method}: unknown trigger_id`)
    return { refusal: fail('invalid_trigger_id') }
  }
  if (trigger.used) {
    violate(state, `${method}: trigger_id used twice`)
    return { refusal: fail('exchanged_trigger_id') }
  }
  if (state.now() - trigger.at > TRIGGER_LIFE_MS) {
    violate(state, `${method}: trigger_id used after 3 s`)
    return { refusal: fail('trigger_expired') }
  }
  trigger.used = true
  return trigger
}

function open(state: State, args: Obj): Answer {
  const taken = takeTrigger(state, 'views.open', args)
  if ('refusal' in taken) return taken.refusal
  const as = { user: taken.user, type: 'modal', openedBy: taken.delivery } as const
  const made = makeView(state, 'views.open', args.view, as)
  if ('refusal' in made) return made.refusal
  state.stacks.set(taken.user, [])
  showView(state, made.view)
  return { ok: true, view: viewJson(state, made.view) }
}

function push(state: State, args: Obj): Answer {
  const taken = takeTrigger(state, 'views.push', args)
  if ('refusal' in taken) return taken.refusal
  const stack = state.stacks.get(taken.user) ?? []
  const below = state.views.get(stack.at(-1) ?? '')
  if (below === undefined) return fail('not_found')
  if (stack.length >= STACK) {
    violate(state, 'views.push: more than 3 modals')
    return fail('push_limit_reached')
  }
  const as = { user: taken.user, type: 'modal', openedBy: taken.delivery, below } as const
  const made = makeView(state, 'views.push', args.view, as)
  if ('refusal' in made) return made.refusal
  showView(state, made.view)
  return { ok: true, view: viewJson(state, made.view) }
}

function update(state: State, args: Obj): Answer {
  const external = str(args.external_id)
  const old =
    external === undefined
      ? state.views.get(str(args.view_id) ?? '')
      : [...state.views.values()].find((view) => view.body.external_id === external)
  if (old === undefined) return fail('not_found')
  if (old.type === 'modal' && !(state.stacks.get(old.user) ?? []).includes(old.id)) return fail('not_found')
  if (args.hash !== undefined && args.hash !== '' && args.hash !== old.hash) return fail('hash_conflict')
  const made = makeView(state, 'views.update', args.view, { user: old.user, type: old.type, old })
  if ('refusal' in made) return made.refusal
  showView(state, made.view)
  return { ok: true, view: viewJson(state, made.view) }
}

function publish(state: State, args: Obj): Answer {
  const user = str(args.user_id) ?? ''
  if (!state.users.has(user)) return fail('user_not_found')
  const old = state.views.get(state.homes.get(user) ?? '')
  if (args.hash !== undefined && args.hash !== '' && old !== undefined && args.hash !== old.hash) {
    return fail('hash_conflict')
  }
  const as = { user, type: 'home', ...(old === undefined ? {} : { old }) } as const
  const made = makeView(state, 'views.publish', args.view, as)
  if ('refusal' in made) return made.refusal
  showView(state, made.view)
  return { ok: true, view: viewJson(state, made.view) }
}

/** A view in the form the API gives it out. */
export function viewJson(state: State, view: StoredView): Obj {
  return {
    ...view.body,
    id: view.id,
    team_id: state.ids.team,
    app_id: state.ids.app,
    bot_id: state.ids.botId,
    hash: view.hash,
    blocks: view.blocks,
    callback_id: view.callback_id,
    private_metadata: view.private_metadata,
    state: { values: state.filled.get(view.id) ?? {} },
    root_view_id: view.root,
    previous_view_id: view.previous ?? null,
  }
}

/** views.* by name. */
export const VIEWS = {
  'views.open': open,
  'views.push': push,
  'views.update': update,
  'views.publish': publish,
} as const
