import { isRefusal, type Refusal } from '../../core/refusal.js'
import { admit } from '../admission.js'
import { outdated } from '../outdated.js'
import { refusalMessage } from './answers.js'
import { carryOut, isFirst } from './carry-out.js'
import { choicesFor } from './complete.js'
import { type First, firstAnswer } from './first.js'
import { type Heard, readHeard, type Where } from './heard-schema.js'
import type { Talk } from './parts.js'
import { onPress, onSure } from './presses.js'
import { DEFER, type Respond } from './respond.js'
import { onSubmit } from './submits.js'

/** Whatever people do in Discord ends here, whichever way it came. */

/** Never throws. What was not acknowledged is not done: whoever typed it is told by Discord that it failed. */
export async function hear(
  talk: Talk,
  raw: unknown,
  respondTo: (to: Pick<Where, 'id' | 'token'>) => Respond,
): Promise<void> {
  try {
    const heard = readHeard(raw)
    if (heard === null) return
    if (heard.kind === 'ping') await respondTo({ id: '', token: '' })({ type: 1 })
    else if (!talk.again(heard.where.id)) await heardOf(talk, heard, respondTo(heard.where))
  } catch (error) {
    talk.run.onFault(error)
  }
}

async function heardOf(talk: Talk, heard: Exclude<Heard, { kind: 'ping' }>, respond: Respond): Promise<void> {
  // Completions come with every key that is pressed.
  const room = heard.kind === 'complete' ? null : admit(talk, heard.where.user.id)
  if (room !== null && isRefusal(room)) return say(talk, room, respond)
  try {
    await (heard.kind === 'submit' ? onSubmit(talk, heard, respond) : answered(talk, heard, respond))
  } finally {
    room?.leave()
  }
}

async function answered(
  talk: Talk,
  heard: Exclude<Heard, { kind: 'ping' | 'submit' }>,
  respond: Respond,
): Promise<void> {
  const { where } = heard
  const first = firstAnswer(heard, talk.run.commands)
  switch (first.kind) {
    case 'choices':
      return respond({ type: 8, data: { choices: await choicesFor(talk, where, first.invoked) } })
    case 'modal':
      return respond({ type: 9, data: first.modal })
    case 'say':
      return say(talk, first.refusal, respond)
    case 'words':
      await respond(DEFER)
      return carryOut(talk, where, first)
    case 'press':
    case 'sure':
      return heard.kind === 'press' ? pressed(talk, heard, first, respond) : undefined
    case 'nothing':
      return heard.kind === 'press'
        ? say(talk, outdated(), respond)
        : respond({ type: 8, data: { choices: [] } })
  }
}

/** In private, at once. */
async function say({ run }: Talk, refusal: Refusal, respond: Respond): Promise<void> {
  const { content, embeds } = refusalMessage(run, refusal, null)
  await respond({
    type: 4,
    data: {
      ...(content === undefined ? {} : { content }),
      embeds: [...embeds],
      flags: 64,
      allowed_mentions: { parse: [] },
    },
  })
}

async function pressed(
  talk: Talk,
  heard: Extract<Heard, { kind: 'press' }>,
  first: Extract<First, { kind: 'press' | 'sure' }>,
  respond: Respond,
): Promise<void> {
  // A message that only they see is changed itself; below one that all see the answer is a private one.
  await respond(heard.under.private ? { type: 6 } : DEFER)
  if (!(await isFirst(talk, heard.where))) return
  await (first.kind === 'sure' ? onSure(talk, heard, first) : onPress(talk, heard, first.pressed))
}
