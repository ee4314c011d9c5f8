import { card } from '../core/card.js'
import { commandName } from '../core/command.js'
import { isRefusal, refuse } from '../core/refusal.js'
import type { Road } from '../ports/road.js'
import { complete } from './complete.js'
import { type AnyCommand, parse, read } from './parse.js'

const ALLOWED = ['init', 'exit', 'help']

/** The road where there is no home yet: it leads to `init`, and out. */
export function homelessRoad(commands: readonly AnyCommand[]): Road {
  const some = commands.filter((command) => ALLOWED.includes(commandName(command)))
  return {
    read: (words) => read(commands, words),
    ask: async ({ words }) => {
      const parsed = parse(commands, words)
      if (isRefusal(parsed)) return parsed
      switch (commandName(parsed.command)) {
        case 'exit':
          return { kind: 'session', effect: { kind: 'exit' }, card: card({ heading: 'Bye' }) }
        case 'init':
          return { kind: 'session', effect: { kind: 'init' }, card: card({ heading: 'Connect a cluster' }) }
        case 'help':
          return card({
            heading: 'There is no home here yet',
            text: '`init` connects a cluster and makes this directory its home; then everything else can be asked. `exit` leaves.',
          })
        default:
          return refuse(
            'no_home',
            'There is no home here yet, so nothing can be asked.',
            'Type `init` to connect a cluster.',
          )
      }
    },
    complete: (line) => complete({ by: null, commands: some, workspaces: [] }, line, null),
    startWorkspace: () => null,
    startPerson: () => null,
    executing: () => [],
    served: () => Promise.resolve(false),
    news: () => [],
    follow: () =>
      Promise.resolve(refuse('no_home', 'There is no home here yet.', 'Type `init` to connect a cluster.')),
  }
}
