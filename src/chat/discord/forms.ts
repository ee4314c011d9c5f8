import {
  type APILabelComponent,
  type APIModalInteractionResponseCallbackData,
  TextInputStyle,
} from 'discord.js'
import type { ArgSpec } from '../../core/args.js'
import { commandName } from '../../core/command.js'
import { operationName } from '../../core/operation.js'
import type { CommandForm } from '../../ports/road.js'
import { formOfButton, type Pressed, parseButton } from '../buttons.js'
import { type GivenValues, missingFor, offeredArgs } from '../derive/discord-commands.js'
import { clip, sanitise } from '../text.js'

/** Modals: for what a command lacks, and for what a decision asks for. They are drawn before anything is read. */

export type Modal = APIModalInteractionResponseCallbackData

const MOST_TITLE = 45
const MOST_LABEL = 45
const MOST_HINT = 100
const MOST_INPUTS = 5
const MOST_INPUT = 4000
/** What is longer gets a field of several lines. */
const LONG = 120

const FILL = 'fill:'
const DECIDE = 'decide:'

/**
 * The modal that asks for what a command lacks; what was given stands in it and can be changed. Null where there are more
 * fields than a modal has.
 */
export function fillForm(command: CommandForm, given: GivenValues): Modal | null {
  const missing = missingFor(command, given)
  const asked = offeredArgs(command).filter(([name]) => missing.includes(name) || Object.hasOwn(given, name))
  if (asked.length > MOST_INPUTS) return null
  const name = commandName(command)
  return {
    custom_id: `${FILL}${name}`,
    title: clip(capital(name), MOST_TITLE),
    components: asked.map(([key, spec]) => inputFor(key, spec, given[key])),
  }
}

function inputFor(
  name: string,
  spec: ArgSpec,
  value: string | number | boolean | undefined,
): APILabelComponent {
  const most = spec.kind === 'text' ? Math.min(spec.maxLength, MOST_INPUT) : MOST_INPUT
  const long = (spec.kind === 'text' || spec.kind === 'words') && most > LONG
  return input(name, capital(spec.flag ? name.replaceAll('-', ' ') : spec.label), {
    hint: spec.summary.replaceAll('`', '"'),
    long,
    most,
    required: spec.required,
    value: value === undefined ? '' : String(value),
  })
}

/** The modal that a button's verb asks for; null where it asks for nothing. */
export function decideForm(pressed: Pressed, value: string): Modal | null {
  const form = formOfButton(pressed.verb)
  if (form === null) return null
  const [what = ''] = pressed.verb.split('_')
  const typed = form.typed
    ? [
        input('typed', 'Its name, typed', {
          hint: 'The name of what this is about, as the card shows it',
          long: false,
          most: 300,
          required: true,
          value: '',
        }),
      ]
    : []
  const reason =
    form.reason === 'none'
      ? []
      : [
          input('reason', 'Why', {
            hint: 'For those who decide, and for the log',
            long: true,
            most: 500,
            required: form.reason === 'required',
            value: '',
          }),
        ]
  return {
    custom_id: `${DECIDE}${value}`,
    title: clip(`${capital(what)} ${operationName(pressed.operation)}`, MOST_TITLE),
    components: [...typed, ...reason],
  }
}

/** What a modal that came back was for; null for none of ours. */
export function formNamed(
  customId: string,
):
  | { readonly kind: 'fill'; readonly name: string }
  | { readonly kind: 'decide'; readonly pressed: Pressed }
  | null {
  if (customId.startsWith(FILL)) return { kind: 'fill', name: customId.slice(FILL.length) }
  const pressed = customId.startsWith(DECIDE) ? parseButton(customId.slice(DECIDE.length)) : null
  return pressed === null ? null : { kind: 'decide', pressed }
}

function input(
  id: string,
  label: string,
  field: {
    readonly hint: string
    readonly long: boolean
    readonly most: number
    readonly required: boolean
    readonly value: string
  },
): APILabelComponent {
  return {
    type: 18,
    label: clip(sanitise(label), MOST_LABEL),
    description: clip(sanitise(field.hint), MOST_HINT),
    component: {
      type: 4,
      custom_id: id,
      style: field.long ? TextInputStyle.Paragraph : TextInputStyle.Short,
      required: field.required,
      max_length: field.most,
      ...(field.value === '' ? {} : { value: field.value.slice(0, field.most) }),
    },
  }
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
