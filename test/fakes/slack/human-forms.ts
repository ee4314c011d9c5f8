// Filling, submitting and closing modals; asking for options.

import { newDelivery } from './deliver.js'
import { type FieldValue, fillForm, findElement } from './forms.js'
import type { Hand } from './human.js'
import { isObj, type Obj, objs, str, textOf } from './json.js'
import { checkSuggestions, problemText } from './limits.js'
import * as payloads from './payloads.js'
import { changed, newId, type State, type StoredView, violate } from './state.js'
import { makeView, showView } from './web-views.js'

/** What the person sees after pressing Submit. */
export type Submitted =
  /** `local`: the client itself refused, nothing was sent. */
  | { readonly kind: 'errors'; readonly errors: Readonly<Record<string, string>>; readonly local: boolean }
  | { readonly kind: 'closed' }
  | { readonly kind: 'cleared' }
  | { readonly kind: 'updated'; readonly view: StoredView }
  | { readonly kind: 'pushed'; readonly view: StoredView }
  | { readonly kind: 'failed'; readonly why: string }

/** An option as the person sees it. */
export type Suggestion = { readonly text: string; readonly value: string; readonly group?: string }

/** Field names: an action_id, a block_id or a label. */
export type Fields = Readonly<Record<string, FieldValue>>

export type FormVerbs = {
  /** Fills the modal on top and presses Submit. */
  submit(user: string, view: StoredView, values?: Fields): Promise<Submitted & { readonly delivery?: string }>
  /** Types into an external select. */
  suggest(user: string, target: payloads.Target, name: string, value: string): Promise<readonly Suggestion[]>
  /** Presses Cancel. */
  closeView(user: string, view: StoredView): Promise<void>
}

/** The verbs about forms. */
export function createFormVerbs(hand: Hand): FormVerbs {
  return {
    submit: (user, view, values = {}) => submit(hand, user, view, values),
    suggest: (user, target, name, value) => suggest(hand, user, target, name, value),
    closeView: async (userId, target) => {
      const view = shownView(hand, userId, target)
      popView(hand.state, view)
      if (view.body.notify_on_close !== true) return
      const of = { user: hand.user(userId), view, values: hand.values(view) }
      await hand.send(newDelivery('interactive', payloads.closedPayload(hand.state, of)), userId, undefined)
    },
  }
}

function shownView(hand: Hand, user: string, target: StoredView): StoredView {
  const shown = hand.shown(user, target)
  if (shown.kind !== 'view') throw new Error('not a view')
  return shown
}

async function suggest(
  hand: Hand,
  userId: string,
  target: payloads.Target,
  name: string,
  value: string,
): Promise<readonly Suggestion[]> {
  const { state } = hand
  const shown = hand.shown(userId, target)
  const found = findElement(shown.blocks, name)
  const type = String(found?.element.type)
  if (found === undefined || !type.endsWith('external_select'))
    throw new Error(`"${name}" asks nobody for options`)
  const least = typeof found.element.min_query_length === 'number' ? found.element.min_query_length : 3
  if (value.length < least) throw new Error(`the client asks for options from ${least} characters on`)
  const values = shown.kind === 'view' ? hand.values(shown) : {}
  const of = { user: hand.user(userId), target: shown, values, found, value }
  const seen = await hand.send(
    newDelivery('interactive', payloads.suggestionPayload(state, of)),
    userId,
    undefined,
  )
  if (seen.outcome.kind !== 'acked') return []
  const answer = seen.outcome.payload
  const problems = checkSuggestions(answer)
  if (problems.length > 0) {
    violate(state, `options: over limit: ${problems.map(problemText).join('; ')}`)
    return []
  }
  const payload = isObj(answer) ? answer : {}
  hand.offer(shown, String(found.element.action_id), payloads.optionsIn(payload))
  return listed(payload)
}

function listed(payload: Obj): readonly Suggestion[] {
  const one = (option: Obj) => ({ text: textOf(option.text), value: str(option.value) ?? '' })
  const grouped = objs(payload.option_groups).flatMap((group) =>
    objs(group.options).map((option) => ({ ...one(option), group: textOf(group.label) })),
  )
  return [...objs(payload.options).map(one), ...grouped]
}

// A person who names a value of an external select types it first and picks it from the list.
async function askFor(hand: Hand, user: string, view: StoredView, values: Fields): Promise<void> {
  for (const [name, value] of Object.entries(values)) {
    const found = findElement(view.blocks, name)
    if (found?.element.type !== 'external_select' || typeof value !== 'string') continue
    const known = hand.offered(view)(found)
    if (!known.some((option) => option.value === value || textOf(option.text) === value)) {
      await suggest(hand, user, view, name, value)
    }
  }
}

async function submit(
  hand: Hand,
  userId: string,
  target: StoredView,
  given: Fields,
): Promise<Submitted & { readonly delivery?: string }> {
  const { state } = hand
  const view = shownView(hand, userId, target)
  if (view.body.submit === undefined) throw new Error('this view cannot be submitted')
  await askFor(hand, userId, view, given)
  const { values, errors } = fillForm(view.blocks, hand.values(view), given, hand.offered(view))
  state.filled.set(view.id, values)
  if (Object.keys(errors).length > 0) return { kind: 'errors', errors, local: true }
  const id = newId(state, 'dl')
  const triggerId = hand.newTrigger(userId, id)
  const payload = payloads.submitPayload(state, { user: hand.user(userId), view, values, triggerId })
  const { outcome } = await hand.send(newDelivery('interactive', payload, id), userId, undefined)
  const after: Submitted =
    outcome.kind === 'acked'
      ? afterSubmit(state, view, outcome.payload)
      : { kind: 'failed', why: outcome.why }
  return { ...after, delivery: id }
}

function popView(state: State, view: StoredView): void {
  const stack = state.stacks.get(view.user) ?? []
  state.stacks.set(
    view.user,
    stack.filter((id) => id !== view.id),
  )
  changed(state)
}

function afterSubmit(state: State, view: StoredView, payload: unknown): Submitted {
  const body = isObj(payload) ? payload : {}
  const action = body.response_action
  if (action === undefined) {
    if (Object.keys(body).length > 0) violate(state, 'ack of view_submission without response_action')
    popView(state, view)
    return { kind: 'closed' }
  }
  if (action === 'clear') {
    state.stacks.set(view.user, [])
    changed(state)
    return { kind: 'cleared' }
  }
  if (action === 'errors') return showErrors(state, view, body.errors)
  if (action === 'update' || action === 'push') return showNext(state, view, action, body.view)
  return failed(state, `ack of view_submission: unknown response_action ${String(action)}`)
}

function failed(state: State, why: string): Submitted {
  violate(state, why)
  return { kind: 'failed', why }
}

// Errors belong to input blocks of this very view; anything else is shown as a general failure.
function showErrors(state: State, view: StoredView, errors: unknown): Submitted {
  const given = Object.entries(isObj(errors) ? errors : {})
  if (given.length === 0) return failed(state, 'ack of view_submission: no errors given')
  const shown: Record<string, string> = {}
  for (const [blockId, text] of given) {
    const block = view.blocks.find((candidate) => candidate.block_id === blockId)
    if (block?.type !== 'input') return failed(state, `ack of view_submission: no input block ${blockId}`)
    if (typeof text !== 'string' || text === '')
      return failed(state, `ack of view_submission: empty error of ${blockId}`)
    shown[blockId] = text
  }
  return { kind: 'errors', errors: shown, local: false }
}

function showNext(state: State, view: StoredView, action: 'update' | 'push', body: unknown): Submitted {
  const push = action === 'push'
  if (push && (state.stacks.get(view.user) ?? []).length >= 3)
    return failed(state, 'response_action push: more than 3 modals')
  const as = { user: view.user, type: 'modal', ...(push ? { below: view } : { old: view }) } as const
  const made = makeView(state, `response_action ${action}`, body, as)
  if ('refusal' in made) return { kind: 'failed', why: String(made.refusal.error) }
  showView(state, made.view)
  return { kind: push ? 'pushed' : 'updated', view: made.view }
}
