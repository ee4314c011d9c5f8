import { commandName } from '../../core/command.js'
import { isRefusal, type Refusal, refuse } from '../../core/refusal.js'
import type { CommandForm } from '../../ports/road.js'
import { type Pressed, parseButton } from '../buttons.js'
import { IN_DIRECT_MESSAGES, missingFor } from '../derive/discord-commands.js'
import { decideForm, fillForm, type Modal } from './forms.js'
import type { Heard } from './heard-schema.js'
import { commandOf, type Invoked, wordsOf } from './words.js'

/**
 * How an interaction is answered first: decided from the registry and from what Discord sent alone, so that the three seconds
 * never wait for anything.
 */
export type First =
  /** At once and in private: nothing has to be looked up. */
  | { readonly kind: 'say'; readonly refusal: Refusal }
  | { readonly kind: 'modal'; readonly modal: Modal }
  /** An answer in private is promised. */
  | { readonly kind: 'words'; readonly command: CommandForm; readonly words: readonly string[] }
  | { readonly kind: 'press'; readonly pressed: Pressed }
  /** Asked once more before it counts. */
  | { readonly kind: 'sure'; readonly pressed: Pressed; readonly value: string }
  | { readonly kind: 'choices'; readonly invoked: Invoked }
  /** None of ours, or of an older version. */
  | { readonly kind: 'nothing' }

/** A button that is asked about once more carries this before what it carries. */
export const SURE = 'sure:'

export function firstAnswer(
  heard: Exclude<Heard, { kind: 'ping' }>,
  commands: readonly CommandForm[],
): First {
  const direct = heard.where.guild === null
  // There nobody's roles are known, nor whether they are in the server still.
  if (direct && heard.kind === 'press') return { kind: 'say', refusal: onlyLink() }
  switch (heard.kind) {
    case 'complete': {
      const invoked = commandOf(commands, heard.data)
      return isRefusal(invoked) ? { kind: 'nothing' } : { kind: 'choices', invoked }
    }
    case 'command': {
      const invoked = commandOf(commands, heard.data)
      if (isRefusal(invoked)) return { kind: 'say', refusal: invoked }
      const { command, given } = invoked
      if (direct && !IN_DIRECT_MESSAGES.includes(commandName(command)))
        return { kind: 'say', refusal: onlyLink() }
      return forCommand(command, given)
    }
    case 'press': {
      const [chosen] = heard.values
      const value = chosen ?? heard.customId
      const sure = value.startsWith(SURE)
      const bare = sure ? value.slice(SURE.length) : value
      const pressed = parseButton(bare)
      if (pressed === null) return { kind: 'nothing' }
      if (sure) return { kind: 'sure', pressed, value: bare }
      const modal = decideForm(pressed, bare)
      return modal === null ? { kind: 'press', pressed } : { kind: 'modal', modal }
    }
    case 'submit':
      return { kind: 'nothing' }
  }
}

/** A command with what was given for it, from options or from its modal. */
export function forCommand(command: CommandForm, given: Invoked['given']): First {
  const missing = missingFor(command, given)
  const modal = missing.length === 0 ? null : fillForm(command, given)
  if (modal !== null) return { kind: 'modal', modal }
  const words = missing.length === 0 ? wordsOf(command, given) : lacking(command, missing)
  return isRefusal(words) ? { kind: 'say', refusal: words } : { kind: 'words', command, words }
}

export function lacking(command: CommandForm, missing: readonly string[]): Refusal {
  return refuse(
    'missing_argument',
    `\`${commandName(command)}\` needs ${missing.join(', ')}.`,
    'Fill in the options of these names.',
  )
}

export function onlyLink(): Refusal {
  return refuse(
    'channel_refused',
    'In direct messages only `/pve link` works.',
    'Type it in a channel of the server.',
  )
}
