import { card } from '../../core/card.js'
import type { Answer } from '../../core/command.js'
import { operationName } from '../../core/operation.js'
import { isRefusal } from '../../core/refusal.js'
import { nodesOf } from '../below.js'
import { aboutText, buttonsOf, type Pressed } from '../buttons.js'
import { drawingOf } from '../parts.js'
import { adopt, type Press, press } from '../pressing.js'
import { line, send, tell } from './answers.js'
import { sureRow } from './components.js'
import { renderCard } from './embeds/card.js'
import type { Heard, Where } from './heard-schema.js'
import type { Talk } from './parts.js'
import { whoIs } from './people.js'
import { mayShow, saidIn } from './places.js'

/** Buttons under cards and private questions, and what was chosen from lists. */

/** Room for some fifty guests by name. */
const MOST_ABOUT = 3000

type Pushed = Extract<Heard, { kind: 'press' }>

export async function onPress(talk: Talk, { where, under }: Pushed, pressed: Pressed): Promise<void> {
  await decide(talk, where, { pressed, filled: { reason: null, typed: null } })
  if (!under.private) await adoptHere(talk, where, pressed, under.message)
}

/** What destroys something is asked once more, naming it, where only they see it. */
export async function onSure(
  talk: Talk,
  { where, under }: Pushed,
  { pressed, value }: { readonly pressed: Pressed; readonly value: string },
): Promise<void> {
  const { run } = talk
  const view = await run.board.view(pressed.operation)
  const buttons = view === null ? [] : buttonsOf(view.operation, nodesOf(view.card))
  const button = buttons.find((each) => each.value === value)
  // Something has happened to it since the button was drawn: the road says what.
  if (view === null || button === undefined)
    await decide(talk, where, { pressed, filled: { reason: null, typed: null } })
  else {
    const heading = `${button.label} ${operationName(pressed.operation)}?`
    const text = aboutText(view.operation, nodesOf(view.card), MOST_ABOUT)
    const drawn = renderCard(card({ heading, text, tone: 'danger' }), {
      ...drawingOf(run, null),
      typed: run.typed,
    })
    await send(run, where, { embeds: drawn.embeds, components: sureRow(button) })
  }
  if (!under.private) await adoptHere(talk, where, pressed, under.message)
}

/** By the one road: a press is the words it stands for. Whoever pressed is told in private what came of it. */
export async function decide(
  { run }: Talk,
  where: Where,
  decision: Pick<Press, 'pressed' | 'filled'>,
): Promise<Answer> {
  const { answer, workspace } = await press(run, {
    ...decision,
    said: saidIn(where),
    who: async () => whoIs(where, run.settings),
    mayShow: async () => mayShow(where),
  })
  run.kick()
  if (isRefusal(answer)) await tell(run, where, answer, workspace, decision.pressed.operation)
  else {
    const shown = answer.kind === 'card' ? answer : answer.card
    const drawing = { ...drawingOf(run, workspace), typed: run.typed }
    await send(run, where, line(renderCard(shown, drawing).text))
  }
  return answer
}

export async function adoptHere(
  { run }: Talk,
  { channel, thread }: Where,
  { operation }: Pressed,
  message: string,
): Promise<void> {
  await adopt(run, operation, { channel, thread, message }, (text) =>
    run.api.edit(thread ?? channel, message, { ...line(text) }),
  )
}
