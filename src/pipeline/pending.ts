import { card, type Row, type Section } from '../core/card.js'
import type { Answer } from '../core/command.js'
import { column, count } from '../core/facts.js'
import { isOver, missingDecisions, type Operation, operationName } from '../core/operation.js'
import type { Workspace } from '../ports/query.js'
import type { Speaker } from './identify.js'
import { answerFor, OPEN, type OperationView, viewOf } from './present.js'
import type { RoadParts } from './road-parts.js'
import { scopedStores } from './scope.js'

type Known = Extract<Speaker, { readonly kind: 'known' }>
type At = { readonly parts: RoadParts; readonly speaker: Known; readonly workspace: Workspace }

/** What waits to be decided, runs, or is unknown, with what the speaker may choose; `all`: also what is over. */
export async function pending(at: At, all: boolean): Promise<Answer> {
  const { parts, speaker, workspace } = at
  const listed = await scopedStores(parts.stores, speaker.person.grants, speaker.person.id).operations.list({
    workspaces: [workspace.name],
    ...(all ? {} : { states: OPEN }),
    limit: all ? 50 : 200,
  })
  const now = parts.now()
  const operations = listed.filter(
    (each) => all || each.state === 'running' || each.state === 'unknown' || !isOver(each, now),
  )
  const views = await Promise.all(operations.map((operation) => viewOf(parts, operation)))
  const answers = await Promise.all(views.map((view) => answerFor(at, view)))
  const undecided = views.filter(({ operation, edited }) => operation.state === 'waiting' && edited === null)
  const waiting = undecided.length
  const edited = views.filter((view) => view.edited !== null)
  const previews = [...edited, ...undecided].slice(0, MOST_PREVIEWS).map(preview)
  return {
    kind: 'choice',
    choices: answers.flatMap((answer) => answer.choices),
    card: card({
      heading: all
        ? `The newest ${count(operations.length, 'operation')}`
        : headingOf(waiting, edited.length, operations.length),
      tone: edited.length > 0 ? 'danger' : waiting > 0 ? 'warning' : 'neutral',
      table: {
        columns: [
          column('id', 'operation', 'text', 0),
          column('what', 'what', 'text', 0),
          column('state', 'state', 'state', 0),
          column('by', 'asked by', 'text', 1),
          column('needs', 'waits for', 'text', 1),
          column('until', 'expires', 'time', 2),
          column('plan', 'plan', 'text', 3),
        ],
        rows: views.map((view) => rowOf(view, speaker)),
        empty: all ? 'There was no operation yet.' : 'Nothing waits.',
      },
      sections: [
        ...previews,
        ...(await unseen(
          parts,
          workspace.name,
          undecided.map(({ operation }) => operation),
        )),
      ],
    }),
  }
}

/** Where chat is used and no channel is for approvals, what is asked for elsewhere waits unseen. */
export async function unseen(
  { stores, chats }: Pick<RoadParts, 'chats'> & { readonly stores: Pick<RoadParts['stores'], 'bindings'> },
  workspace: string,
  undecided: readonly Operation[],
): Promise<readonly Section[]> {
  if (!undecided.some((operation) => missingDecisions(operation).approvals > 0)) return []
  if (chats.length === 0) return []
  const bindings = await stores.bindings.list({ workspace })
  if (bindings.some(({ approvals, surface }) => approvals && chats.includes(surface))) return []
  return [
    {
      title: 'No channel is bound for approvals',
      text: `What is asked for on the console is shown in no channel. In the one that is to see it: workspace bind ${workspace} --approvals`,
    },
  ]
}

/** So many plans are told in full; of the others `why` tells. */
const MOST_PREVIEWS = 5

/** What somebody must know who decides without looking at the operation's own card. */
function preview({ operation, card, edited }: OperationView): Section {
  if (edited !== null) return { title: card.heading, text: card.text ?? '' }
  const reason = operation.reason === null ? [] : [`Reason: ${operation.reason.replace(/\s+/g, ' ')}`]
  const texts = card.sections.flatMap(({ text }) => (text === undefined ? [] : [text]))
  return {
    title: `${operationName(operation.id)} ${operation.command} ${operation.asked} (${operation.risk})`,
    text: [...reason, ...texts].join('\n'),
  }
}

function rowOf({ operation, edited }: OperationView, speaker: Known): Row {
  const id = operationName(operation.id)
  if (edited !== null)
    return {
      id,
      what: 'edited in the database',
      state: operation.state,
      by: '',
      needs: '',
      until: null,
      plan: '',
    }
  return {
    id,
    what: `${operation.command} ${operation.asked}`,
    state: operation.state,
    by: operation.requester.person,
    needs: needsText(operation, speaker),
    until: operation.state === 'waiting' ? operation.expiresAt : null,
    plan: operation.planDigest.slice(0, 8),
  }
}

function headingOf(waiting: number, edited: number, all: number): string {
  if (all === 0) return 'Nothing waits'
  const rest = all - waiting - edited
  const parts = [
    ...(edited > 0 ? [`${count(edited, 'operation')} edited in the database`] : []),
    ...(waiting > 0 ? [`${count(waiting, 'operation')} to decide`] : []),
    ...(rest > 0 ? [`${rest} on the way`] : []),
  ]
  return parts.join(', ')
}

function needsText(operation: Operation, speaker: Known): string {
  switch (operation.state) {
    case 'waiting': {
      const missing = missingDecisions(operation)
      const who = operation.requester.personId === speaker.person.id ? 'you' : operation.requester.person
      const parts = [
        ...(missing.confirm ? [`confirmation by ${who}`] : []),
        ...(missing.approvals > 0 ? [count(missing.approvals, 'approval')] : []),
      ]
      return parts.join(', ')
    }
    case 'unknown':
      return 'continue or cancel'
    default:
      return ''
  }
}
