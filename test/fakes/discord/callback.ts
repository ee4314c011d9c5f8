// The one answer to an interaction: in time, once, and of a kind that fits.

import type { RESTPostAPIInteractionCallbackWithResponseResult } from 'discord.js'
import { isObj, type Obj, objs } from '../slack/json.js'
import type { Upload } from './body.js'
import { hasContent, overLimit, readContent } from './content.js'
import { type Problem, plainError, type Reply, refuse } from './errors.js'
import { checkChoices } from './limits-choices.js'
import { checkModal } from './limits-components.js'
import { checkLive } from './live.js'
import { addMessage, EPHEMERAL, edited, messageJson } from './messages.js'
import { changed, type Interaction, type Kind, type State, type StoredMessage, violate } from './state.js'

const MESSAGE = 4
const DEFER = 5
const DEFER_UPDATE = 6
const UPDATE = 7
const CHOICES = 8
const MODAL = 9

const NUMBERS: Readonly<Record<Kind, 2 | 3 | 4 | 5>> = { command: 2, component: 3, autocomplete: 4, modal: 5 }

function allowed({ kind, source }: Interaction): readonly number[] {
  if (kind === 'command') return [MESSAGE, DEFER, MODAL]
  if (kind === 'component') return [MESSAGE, DEFER, DEFER_UPDATE, UPDATE, MODAL]
  if (kind === 'autocomplete') return [CHOICES]
  return source === null ? [MESSAGE, DEFER] : [MESSAGE, DEFER, DEFER_UPDATE, UPDATE]
}

export type Answered = {
  readonly body: unknown
  readonly files: readonly Upload[]
  readonly via: 'rest' | 'http'
  readonly withResponse?: boolean
  readonly afterMs: number
}

/** What an interaction is called in the record. */
export function nameOf({ kind, payload }: Interaction): string {
  const data = isObj(payload.data) ? payload.data : {}
  return `${kind} ${String(data.name ?? data.custom_id)}`
}

/** Takes the answer of POST /interactions/{id}/{token}/callback, or the one that came back over HTTP. */
export function takeCallback(state: State, interaction: Interaction, answered: Answered): Reply {
  const name = nameOf(interaction)
  if (interaction.status === 'late') {
    if (!interaction.kept) violate(state, `${name}: answered too late`)
    return refuse(10062)
  }
  if (interaction.status === 'acked') {
    violate(state, `${name}: answered twice`)
    return refuse(40060)
  }
  const body = isObj(answered.body) ? answered.body : {}
  const type = Number(body.type)
  const data = isObj(body.data) ? body.data : {}
  if (!allowed(interaction).includes(type)) return wrongType(state, interaction, body.type)
  const done = act(state, interaction, type, data, answered.files)
  if ('refusal' in done) return done.refusal
  interaction.status = 'acked'
  interaction.callback = { type, afterMs: answered.afterMs, via: answered.via }
  interaction.settle()
  changed(state)
  if (answered.withResponse !== true) return { status: 204, body: undefined }
  return { status: 200, body: withResponse(state, interaction, type, done.message) }
}

function wrongType(state: State, interaction: Interaction, given: unknown): Reply {
  const message = `Value must be one of {${allowed(interaction).join(', ')}}.`
  const problem: Problem = { at: 'type', code: 'BASE_TYPE_CHOICES', message }
  return overLimit(state, `${nameOf(interaction)}: answer of type ${String(given)}`, [problem]).refusal
}

type Done = { readonly message?: StoredMessage } | { readonly refusal: Reply }

function act(
  state: State,
  interaction: Interaction,
  type: number,
  data: Obj,
  files: readonly Upload[],
): Done {
  if (type === MESSAGE) return respond(state, interaction, data, files)
  if (type === DEFER) return defer(state, interaction, data)
  if (type === DEFER_UPDATE) {
    interaction.original = interaction.source
    return {}
  }
  if (type === UPDATE) return update(state, interaction, data, files)
  if (type === CHOICES) return suggest(state, interaction, data)
  return open(state, interaction, data)
}

// Where a message of this interaction stands, and who sees it.
function place(interaction: Interaction, data: Obj) {
  const hidden = (Number(data.flags ?? 0) & EPHEMERAL) !== 0
  return {
    channel: interaction.channel,
    answers: interaction.id,
    via: 'interaction' as const,
    flags: Number(data.flags ?? 0),
    onlyFor: hidden ? interaction.user : null,
  }
}

function respond(state: State, interaction: Interaction, data: Obj, files: readonly Upload[]): Done {
  const where = `${nameOf(interaction)}: answer`
  const read = readContent(state, { where, body: data, files, at: 'data.' })
  if ('refusal' in read) return read
  const message = addMessage(state, {
    ...read.content,
    ...place(interaction, data),
    author: state.ids.bot,
  })
  interaction.original = message.id
  interaction.shown.push(message.id)
  return { message }
}

// The product's own rule: it never defers in public, since that cannot be taken back.
function defer(state: State, interaction: Interaction, data: Obj): Done {
  const name = nameOf(interaction)
  if ((Number(data.flags ?? 0) & EPHEMERAL) === 0) violate(state, `${name}: deferred for everybody to see`)
  if (hasContent(data)) violate(state, `${name}: a deferral carries what nobody will see`)
  const message = addMessage(state, { ...place(interaction, data), author: state.ids.bot, loading: true })
  interaction.original = message.id
  return { message }
}

function update(state: State, interaction: Interaction, data: Obj, files: readonly Upload[]): Done {
  const old = state.messages.get(interaction.source ?? '')
  if (old === undefined || old.deleted) return { refusal: refuse(10008) }
  interaction.original = old.id
  if (!hasContent(data)) return { message: old }
  const where = `${nameOf(interaction)}: update`
  const read = readContent(state, { where, body: data, files, old, at: 'data.' })
  if ('refusal' in read) return read
  interaction.shown.push(old.id)
  return { message: edited(state, old, read.content) }
}

function suggest(state: State, interaction: Interaction, data: Obj): Done {
  const problems = checkChoices(data.choices, interaction.optionType ?? 3)
  if (problems.length > 0) return overLimit(state, `${nameOf(interaction)}: choices`, problems)
  interaction.choices = objs(data.choices).map(({ name, value }) => ({
    name: String(name),
    value: typeof value === 'number' ? value : String(value),
  }))
  return {}
}

function open(state: State, interaction: Interaction, data: Obj): Done {
  const problems = checkModal(data)
  if (problems.length > 0) return overLimit(state, `${nameOf(interaction)}: modal`, problems)
  for (const item of objs(data.components).filter(({ type }) => type === 10))
    checkLive(state, `${nameOf(interaction)}: modal`, item)
  interaction.opened = {
    kind: 'modal',
    id: interaction.id,
    user: interaction.user,
    channel: interaction.channel,
    custom_id: String(data.custom_id),
    title: String(data.title),
    components: objs(data.components),
    source: interaction.source,
  }
  return {}
}

function withResponse(state: State, interaction: Interaction, type: number, message?: StoredMessage) {
  const about =
    message === undefined
      ? {}
      : {
          response_message_id: message.id,
          response_message_loading: message.loading,
          response_message_ephemeral: message.onlyFor !== null,
        }
  return {
    interaction: { id: interaction.id, type: NUMBERS[interaction.kind], ...about },
    resource: { type, ...(message === undefined ? {} : { message: messageJson(state, message) }) },
  } satisfies RESTPostAPIInteractionCallbackWithResponseResult
}

/** POST /interactions/{id}/{token}/callback. */
export function callbackRoute(
  state: State,
  id: string,
  token: string,
  answered: Omit<Answered, 'afterMs'>,
): Reply {
  const interaction = state.interactions.get(id)
  if (interaction === undefined || interaction.token !== token) {
    violate(state, `an answer to an unknown interaction ${id}`)
    return refuse(10062)
  }
  if (!isObj(answered.body)) return plainError(400, 'Bad Request')
  return takeCallback(state, interaction, { ...answered, afterMs: performance.now() - interaction.sentAt })
}
