import { commandName } from '../../core/command.js'
import type { Refusal } from '../../core/refusal.js'
import type { CommandForm } from '../../ports/road.js'
import { IN_DIRECT_MESSAGES, missingFor } from '../derive/discord-commands.js'
import { outdated } from '../outdated.js'
import { tell } from './answers.js'
import { carryOut, isFirst } from './carry-out.js'
import { forCommand, lacking, onlyLink } from './first.js'
import { formNamed } from './forms.js'
import type { Heard } from './heard-schema.js'
import type { Talk } from './parts.js'
import { adoptHere, decide } from './presses.js'
import { DEFER, type Respond } from './respond.js'

/** Modals that were filled in. */

type Submitted = Extract<Heard, { kind: 'submit' }>

export async function onSubmit(talk: Talk, heard: Submitted, respond: Respond): Promise<void> {
  const form = formNamed(heard.customId)
  await respond(heard.under?.private === true ? { type: 6 } : DEFER)
  const { run } = talk
  const { where } = heard
  const linking = form?.kind === 'fill' && IN_DIRECT_MESSAGES.includes(form.name)
  if (where.guild === null && !linking) return tell(run, where, onlyLink(), null)
  if (form?.kind === 'decide') return decided(talk, heard, form.pressed)
  const command = form === null ? undefined : run.commands.find((each) => commandName(each) === form.name)
  if (command === undefined || command.surfaces !== 'all') return tell(run, where, outdated(), null)
  const filled = Object.fromEntries(Object.entries(heard.fields).filter(([, text]) => text.trim() !== ''))
  const missing = missingFor(command, filled)
  const next = missing.length === 0 ? forCommand(command, filled) : null
  if (next?.kind === 'words') await carryOut(talk, where, next, typedAgain(talk, command, next.words))
  else await tell(run, where, next?.kind === 'say' ? next.refusal : lacking(command, missing), null)
}

/** What was filled in is gone from the form: it is told with the refusal, to be copied. A code is told nobody. */
function typedAgain({ run }: Talk, command: CommandForm, words: readonly string[]) {
  const shown = commandName(command) === 'link' ? [] : [`You typed: ${run.typed(words.join(' '))}`]
  return (refusal: Refusal): Refusal => ({ ...refusal, details: [...refusal.details, ...shown] })
}

async function decided(
  talk: Talk,
  { where, fields, under }: Submitted,
  pressed: Parameters<typeof decide>[2]['pressed'],
): Promise<void> {
  if (!(await isFirst(talk, where))) return
  const said = (name: string): string | null => fields[name]?.trim() || null
  await decide(talk, where, { pressed, filled: { reason: said('reason'), typed: said('typed') } })
  if (under !== null && !under.private) await adoptHere(talk, where, pressed, under.message)
}
