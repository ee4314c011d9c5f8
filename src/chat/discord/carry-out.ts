import { commandName } from '../../core/command.js'
import { isRefusal, type Refusal } from '../../core/refusal.js'
import type { CommandForm } from '../../ports/road.js'
import { ask } from '../asking.js'
import { IN_DIRECT_MESSAGES } from '../derive/discord-commands.js'
import { answer, tell } from './answers.js'
import type { Where } from './heard-schema.js'
import type { Talk } from './parts.js'
import { whoIs } from './people.js'
import { mayShow, saidIn } from './places.js'

/** The same interaction may be delivered again. */
export function isFirst({ run }: Talk, { id }: Where): Promise<boolean> {
  return run.stores.seen.first(`discord:${id}`, run.clock.now())
}

/** Words to their answer. A question that is delivered twice is answered twice; a change is carried out once. */
export async function carryOut(
  talk: Talk,
  where: Where,
  { command, words }: { readonly command: CommandForm; readonly words: readonly string[] },
  again: (refusal: Refusal) => Refusal = (refusal) => refusal,
): Promise<void> {
  const { run } = talk
  await talk.turn()
  if (command.risk !== 'read' && !(await isFirst(talk, where))) return
  talk.recent.note(where.user.id, words)
  const asked = await ask(run, {
    reading: { kind: 'whole', command },
    words,
    said: saidIn(where),
    who: async () =>
      whoIs(where, run.settings, IN_DIRECT_MESSAGES.includes(commandName(command)) ? 'link' : 'anything'),
    mayShow: async () => mayShow(where),
  })
  if (!isRefusal(asked.answer)) return answer(run, where, asked.answer, asked.workspace)
  const decides = ['approve', 'confirm'].includes(commandName(command))
  const number = decides ? Number(/^op(\d{1,9})$/.exec(words[1] ?? '')?.[1] ?? Number.NaN) : Number.NaN
  await tell(run, where, again(asked.answer), asked.workspace, Number.isNaN(number) ? null : number)
}
