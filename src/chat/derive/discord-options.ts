import type { APIApplicationCommandBasicOption } from 'discord.js'
import type { ArgSpec } from '../../core/args.js'
import { CHANGE_ARGS } from '../../core/command.js'
import type { CommandForm } from '../../ports/road.js'
import { clip } from '../text.js'

/** What Discord takes: entries of a level, choices of an option, characters of a description and of a typed text. */
export const MOST_ENTRIES = 25
export const MOST_CHOICES = 25
export const MOST_DESCRIPTION = 100
const MOST_TYPED = 6000

/** Longest texts of kinds that have no bound of their own. */
const MOST_WORDS = 2000
const MOST_DURATION = 20

/** What people were given for the arguments of a command: from options, or from a modal, there all as text. */
export type GivenValues = Readonly<Record<string, string | number | boolean>>

/** The arguments that a command has as options, in the order in which Discord wants them: required ones first. */
export function offeredArgs(command: CommandForm): readonly (readonly [string, ArgSpec])[] {
  return Object.entries(command.args)
    .filter(([name]) => isOffered(command, name))
    .toSorted(([, a], [, b]) => rankOf(a) - rankOf(b))
}

/** Answers to what is asked later, a digest and a typed name, have no place among the options of a change. */
export function isOffered(command: CommandForm, name: string): boolean {
  const later = command.kind === 'change' && (name === 'confirm' || name === 'type') && name in CHANGE_ARGS
  return !later && Object.hasOwn(command.args, name)
}

function rankOf(spec: ArgSpec): number {
  if (isDemanded(spec)) return 0
  return spec.required ? 1 : 2
}

/** Whether Discord itself insists on it. Long texts are asked for in a modal where they were not typed. */
function isDemanded(spec: ArgSpec): boolean {
  return spec.required && spec.kind !== 'text' && spec.kind !== 'words'
}

/** The required arguments that were not given, in their order: what a modal has to ask for. */
export function missingFor(command: CommandForm, given: GivenValues): readonly string[] {
  return Object.entries(command.args).flatMap(([name, spec]) => {
    const value = Object.hasOwn(given, name) ? given[name] : undefined
    const there = typeof value === 'string' ? value.trim() !== '' : value !== undefined
    return spec.required && !there ? [name] : []
  })
}

/** The option for an argument; `description` is within bounds already. */
export function optionOf(name: string, spec: ArgSpec, description: string): APIApplicationCommandBasicOption {
  const about = { name, description, ...(isDemanded(spec) ? { required: true } : {}) }
  switch (spec.kind) {
    case 'guest':
    case 'guests':
    case 'resource':
    case 'operation':
    case 'task':
    case 'workspace':
    case 'person':
      return { type: 3, ...about, autocomplete: true }
    case 'choice':
      return spec.choices.length > MOST_CHOICES
        ? { type: 3, ...about, autocomplete: true }
        : { type: 3, ...about, choices: spec.choices.map((choice) => ({ name: choice, value: choice })) }
    case 'int':
      return { type: 4, ...about, min_value: spec.min, max_value: spec.max }
    case 'duration':
      return { type: 3, ...about, max_length: MOST_DURATION }
    case 'text':
      return { type: 3, ...about, max_length: Math.min(spec.maxLength, MOST_TYPED) }
    case 'words':
      return { type: 3, ...about, max_length: MOST_WORDS }
    case 'switch':
      return { type: 5, ...about }
  }
}

/** At most so many characters: cut between words, and it shows. */
export function shortened(text: string, most: number): string {
  if (text.length <= most) return text
  const cut = text.slice(0, most).lastIndexOf(' ')
  const front = cut <= 0 ? '' : text.slice(0, cut).replace(/[\s,;:([“]+$/u, '')
  return front === '' ? clip(text, most) : `${front}…`
}
