import { commandName } from '../../core/command.js'
import type { CommandForm } from '../../ports/road.js'

/** Words of the one grammar as people type them in Slack: behind `/pve`. What is no command there stays as it is. */
export function typedOnSlack(commands: readonly CommandForm[]): (span: string) => string {
  const names = new Set(commands.filter(({ surfaces }) => surfaces === 'all').map(commandName))
  return (span) => {
    const words = span.replace(/^\/pve +/, '')
    const [first = '', second = ''] = words.toLowerCase().split(' ')
    return names.has(first) || names.has(`${first} ${second}`) ? `/pve ${words}` : span
  }
}
