import { card, type Section } from '../core/card.js'
import type { Answer } from '../core/command.js'
import { column, count } from '../core/facts.js'
import { missingDecisions, type Operation, operationName } from '../core/operation.js'
import type { Workspace } from '../ports/query.js'
import type { Speaker } from './identify.js'
import { answerOf, cardOf, OPEN } from './present.js'
import type { RoadParts } from './road.js'
import { scopedStores } from './scope.js'

type Known = Extract<Speaker, { readonly kind: 'known' }>
type At = { readonly parts: RoadParts; readonly speaker: Known; readonly workspace: Workspace }

/** What waits to be decided, runs, or is unknown, with what the speaker may choose; `all`: also what is over. */
export async function pending(at: At, all: boolean): Promise<Answer> {
  const { parts, speaker, workspace } = at
  const listed = await scopedStores(parts.stores, speaker.person.grants).operations.list({
    workspaces: [workspace.name],
    ...(all ? {} : { states: OPEN }),
    limit: all ? 50 : 200,
  })
  const now = parts.now().getTime()
  const operations = listed.filter(
    (each) => all || each.state === 'running' || each.state === 'unknown' || Date.parse(each.expiresAt) > now,
  )
  const choices = await Promise.all(
    operations.map(async (operation) => {
      const answer = await answerOf(at, operation)
      return answer.kind === 'operation' ? answer.choices : []
    }),
  )
  const undecided = operations.filter(({ state }) => state === 'waiting')
  const waiting = undecided.length
  const previews = await Promise.all(undecided.slice(0, MOST_PREVIEWS).map((each) => preview(parts, each)))
  return {
    kind: 'choice',
    choices: choices.flat(),
    card: card({
      heading: all
        ? `The newest ${count(operations.length, 'operation')}`
        : headingOf(waiting, operations.length),
      tone: waiting > 0 ? 'warning' : 'neutral',
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
        rows: operations.map((operation) => ({
          id: operationName(operation.id),
          what: `${operation.command} ${operation.asked}`,
          state: operation.state,
          by: operation.requester.person,
          needs: needsText(operation, speaker),
          until: operation.state === 'waiting' ? operation.expiresAt : null,
          plan: operation.planDigest.slice(0, 8),
        })),
        empty: all ? 'There was no operation yet.' : 'Nothing waits.',
      },
      sections: [...previews.flat(), ...(await unseen(parts, workspace.name, undecided))],
    }),
  }
}

/** Where chat is used and no channel is for approvals, what is asked for elsewhere waits unseen. */
export async function unseen(
  { stores }: { readonly stores: Pick<RoadParts['stores'], 'bindings'> },
  workspace: string,
  undecided: readonly Operation[],
): Promise<readonly Section[]> {
  if (!undecided.some((operation) => missingDecisions(operation).approvals > 0)) return []
  const bindings = await stores.bindings.list({ workspace })
  if (bindings.length === 0 || bindings.some(({ approvals }) => approvals)) return []
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
async function preview(parts: RoadParts, operation: Operation): Promise<readonly Section[]> {
  const { sections } = await cardOf(parts, operation)
  const name = operationName(operation.id)
  const reason = operation.reason === null ? [] : [`Reason: ${operation.reason.replace(/\s+/g, ' ')}`]
  const texts = sections.flatMap(({ text }) => (text === undefined ? [] : [text]))
  return [
    {
      title: `${name} ${operation.command} ${operation.asked} (${operation.risk})`,
      text: [...reason, ...texts].join('\n'),
    },
  ]
}

function headingOf(waiting: number, all: number): string {
  if (all === 0) return 'Nothing waits'
  const rest = all - waiting
  const parts = [
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
