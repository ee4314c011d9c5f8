import type { AnyBlock, InputBlock, InputBlockElement, ModalView, PlainTextOption } from '@slack/types'
import type { ArgSpec, RawArgs } from '../../core/args.js'
import { CHANGE_ARGS, commandName, usage } from '../../core/command.js'
import { isRefusal } from '../../core/refusal.js'
import type { CommandForm, Completion, Reading } from '../../ports/road.js'
import { type FormMetadata, writeMetadata } from './form-metadata.js'
import { MOST_OPTIONS, optionOf, plain } from './options.js'

/** Views by what they are for; what Slack sends back carries it. */
export const CHOOSE_VIEW = 'pve_choose'
export const FORM_VIEW = 'pve_form'
/** The list of commands in a view of `CHOOSE_VIEW`; the value is a command's name. */
export const CHOOSE_ACTION = 'pve_command'

const MOST_TITLE = 24
const MOST_LABEL = 200
const MOST_HINT = 300
/** More choices than these are a list instead of buttons that all stand there. */
const FEW_CHOICES = 5
/** What a field of Slack's takes at most. */
const MOST_INPUT = 3000

export type FirstAnswer =
  /** Nothing, or half a command: `chooserOf`. */
  | { readonly kind: 'form'; readonly form: 'choose'; readonly commands: readonly CommandForm[] }
  /** Something is missing: `formOf`. */
  | {
      readonly kind: 'form'
      readonly form: 'fill'
      readonly command: CommandForm
      readonly given: RawArgs
    }
  /** Acknowledged at once; the road answers later. */
  | { readonly kind: 'ack' }

/** What the interaction allows: a mention has no trigger, and so no form. */
export type Limits = { readonly modal: boolean }

/** How an interaction is answered first. Decided from the words alone, before anything is read. */
export function firstAnswer(reading: Reading, limits: Limits): FirstAnswer {
  if (!limits.modal || isRefusal(reading)) return { kind: 'ack' }
  switch (reading.kind) {
    case 'whole':
      return { kind: 'ack' }
    case 'open': {
      const commands = offered(reading.commands)
      return commands.length === 0 ? { kind: 'ack' } : { kind: 'form', form: 'choose', commands }
    }
    case 'lacking':
      return reading.command.surfaces === 'console'
        ? { kind: 'ack' }
        : { kind: 'form', form: 'fill', command: reading.command, given: reading.raw }
  }
}

/** The commands that exist in chat. */
export function offered(commands: readonly CommandForm[]): readonly CommandForm[] {
  return commands.filter(({ surfaces }) => surfaces === 'all')
}

/** A command of the chat by the name that came back from a list or a form; null where there is none. */
export function commandNamed(commands: readonly CommandForm[], name: string): CommandForm | null {
  return offered(commands).find((command) => commandName(command) === name) ?? null
}

/** Where a form was asked for. `nonce` makes its fields new ones, so that an updated view takes the new values. */
export type FormContext = Omit<FormMetadata, 'v' | 'command'> & { readonly nonce: string }

/**
 * A view to choose one of these commands in; the choice comes as an action at once, and the view is updated to the
 * command's form. What stands in its list is asked for once the view is there: it depends on who looks.
 */
export function chooserOf(commands: readonly CommandForm[], context: FormContext): ModalView {
  const families = new Set(offered(commands).map(({ path }) => path[0]))
  const [family = ''] = families
  return {
    type: 'modal',
    callback_id: CHOOSE_VIEW,
    private_metadata: metadataOf(families.size === 1 ? family : null, context),
    title: plain('Proxmox VE', MOST_TITLE),
    close: plain('Close', MOST_TITLE),
    blocks: [
      {
        type: 'section',
        block_id: `${context.nonce}:${CHOOSE_ACTION}`,
        text: plain('What shall be done?', MOST_HINT),
        accessory: {
          type: 'external_select',
          action_id: CHOOSE_ACTION,
          min_query_length: 0,
          placeholder: plain('Choose a command', 150),
        },
      },
      { type: 'context', elements: [plain('Whole commands can be typed: /pve help lists them.', MOST_HINT)] },
    ],
  }
}

/** The commands in the list of a chooser: of one family or of all, those that fit what was typed there. */
export function commandOptions(
  completions: readonly Completion[],
  family: string | null,
  typed: string,
): PlainTextOption[] {
  const wanted = typed.trim().toLowerCase()
  const inFamily = completions.filter(
    ({ text }) => family === null || text === family || text.startsWith(`${family} `),
  )
  const named = inFamily.filter(({ text }) => text.startsWith(wanted))
  const other = inFamily.filter(
    ({ text, note }) => !text.startsWith(wanted) && `${text} ${note}`.toLowerCase().includes(wanted),
  )
  return [...named, ...other]
    .slice(0, MOST_OPTIONS)
    .map(({ text, note }) => ({ text: plain(`${text}: ${said(note)}`, 75), value: text }))
}

/** The form of one command, with a field for each argument and in them what was given. */
export function formOf(command: CommandForm, given: RawArgs, context: FormContext): ModalView {
  const name = commandName(command)
  const shown = Object.entries(command.args).filter(([key]) => isAsked(command, key, given))
  const first = shown.find(([key, spec]) => spec.required && given[key] === undefined)?.[0]
  const about: AnyBlock[] = [
    { type: 'section', text: plain(sentence(command.summary), MOST_HINT) },
    { type: 'context', elements: [plain(`As typed: /pve ${shortUsage(command, shown)}`, MOST_HINT)] },
  ]
  const fields = shown.map(([key, spec]) =>
    field(key, spec, wordsIn(given[key]), given[key] === true, context, key === first),
  )
  return {
    type: 'modal',
    callback_id: FORM_VIEW,
    private_metadata: metadataOf(name, context),
    title: plain(`/pve ${name}`, MOST_TITLE),
    submit: plain(capital(name), MOST_TITLE),
    close: plain('Close', MOST_TITLE),
    blocks: [...about, ...fields],
  }
}

/** Answers to what is asked later, a digest and a typed name, have no place in a change's form; given ones are kept. */
function isAsked(command: CommandForm, name: string, given: RawArgs): boolean {
  const later = command.kind === 'change' && (name === 'confirm' || name === 'type') && name in CHANGE_ARGS
  return !later || given[name] !== undefined
}

/** Flags that all changes share would hide what is the command's own. */
function shortUsage(command: CommandForm, shown: readonly (readonly [string, ArgSpec])[]): string {
  const own = shown.filter(([name]) => command.kind === 'query' || !(name in CHANGE_ARGS))
  return usage({ path: command.path, args: Object.fromEntries(own) })
}

function field(
  name: string,
  spec: ArgSpec,
  words: readonly string[],
  on: boolean,
  context: FormContext,
  focus: boolean,
): InputBlock {
  const element = elementOf(name, spec, words, on)
  return {
    type: 'input',
    block_id: `${context.nonce}:${name}`,
    label: plain(capital(spec.flag ? name.replaceAll('-', ' ') : spec.label), MOST_LABEL),
    hint: plain(capital(said(spec.summary)), MOST_HINT),
    optional: !spec.required,
    element: focus ? { ...element, focus_on_load: true } : element,
  }
}

/** Slack's element for each kind of argument; the action id is the argument's name. */
function elementOf(
  name: string,
  spec: ArgSpec,
  words: readonly string[],
  on: boolean,
): Exclude<InputBlockElement, { type: 'file_input' }> {
  switch (spec.kind) {
    case 'guests':
      return guestsElement(name, words)
    case 'guest':
    case 'resource':
    case 'operation':
    case 'person':
    case 'task':
    case 'workspace': {
      const initial = optionOf(words[0] ?? '')
      return {
        type: 'external_select',
        action_id: name,
        min_query_length: 0,
        placeholder: plain('Choose, or type to search', 150),
        ...(initial === null ? {} : { initial_option: initial }),
      }
    }
    case 'choice':
      return choiceElement(name, spec.choices, spec.required, words[0] ?? '')
    case 'int': {
      const number = /^-?\d{1,9}$/.test(words[0] ?? '') ? Number(words[0]) : Number.NaN
      return {
        type: 'number_input',
        action_id: name,
        is_decimal_allowed: false,
        min_value: String(spec.min),
        max_value: String(spec.max),
        ...(number >= spec.min && number <= spec.max ? { initial_value: String(number) } : {}),
      }
    }
    case 'duration':
      return textElement(name, words, 20, 'For example 90s, 15m, 24h or 7d')
    case 'words':
      return textElement(name, words, MOST_INPUT, null)
    case 'text':
      return textElement(name, words, spec.maxLength, null)
    case 'switch': {
      const option = { text: plain(capital(said(spec.summary)), 75), value: name }
      return {
        type: 'checkboxes',
        action_id: name,
        options: [option],
        ...(on ? { initial_options: [option] } : {}),
      }
    }
  }
}

function guestsElement(
  name: string,
  words: readonly string[],
): InputBlockElement & { type: 'multi_external_select' } {
  const each = new Set(words.flatMap((word) => word.split(',')))
  const initial = [...each].map(optionOf).filter((option) => option !== null)
  return {
    type: 'multi_external_select',
    action_id: name,
    min_query_length: 0,
    placeholder: plain('Choose, or type a name, a number or tag=…', 150),
    ...(initial.length === 0 ? {} : { initial_options: initial.slice(0, MOST_OPTIONS) }),
  }
}

function choiceElement(
  name: string,
  choices: readonly string[],
  required: boolean,
  word: string,
): InputBlockElement & { type: 'radio_buttons' | 'static_select' } {
  const options: PlainTextOption[] = choices
    .slice(0, MOST_OPTIONS)
    .map((choice) => ({ text: plain(choice, 75), value: choice }))
  const initial = options.find(({ value }) => value === word.toLowerCase())
  const chosen = initial === undefined ? {} : { initial_option: initial }
  // A radio button cannot be taken back, so what may be left out is a list.
  return required && choices.length <= FEW_CHOICES
    ? { type: 'radio_buttons', action_id: name, options, ...chosen }
    : { type: 'static_select', action_id: name, options, placeholder: plain('Choose', 150), ...chosen }
}

function textElement(
  name: string,
  words: readonly string[],
  most: number,
  placeholder: string | null,
): InputBlockElement & { type: 'plain_text_input' } {
  const longest = Math.min(most, MOST_INPUT)
  const text = words.join(' ').slice(0, longest)
  return {
    type: 'plain_text_input',
    action_id: name,
    max_length: longest,
    ...(placeholder === null ? {} : { placeholder: plain(placeholder, 150) }),
    ...(text === '' ? {} : { initial_value: text }),
  }
}

function wordsIn(raw: readonly string[] | true | undefined): readonly string[] {
  return raw === undefined || raw === true ? [] : raw
}

function metadataOf(command: string | null, { channel, thread, workspace }: FormContext): string {
  return writeMetadata({ command, channel, thread, workspace })
}

/** Our own texts mark code by backticks, which a form shows as they are. */
function said(text: string): string {
  return text.replace(/`([^`]*)`/g, '“$1”')
}

function sentence(text: string): string {
  return /[.!?]$/.test(text) ? said(text) : `${said(text)}.`
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
