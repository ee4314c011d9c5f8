import type { Role } from '../core/people.js'

/** What a home says about Slack, with its secrets. */
export type SlackSettings = {
  readonly mode: 'socket' | 'http'
  readonly botToken: string
  /** Socket Mode. */
  readonly appToken: string | null
  /** HTTP. */
  readonly signingSecret: string | null
  readonly host: string
  /** 0 lets the system choose. */
  readonly port: number
  /** What members of a user group may do besides, by the group's id. */
  readonly groups: Readonly<Record<string, Extract<Role, 'reader' | 'operator'>>>
  /** Where any stand here, whoever is in none of them may do nothing. */
  readonly onlyGroups: readonly string[]
  /** How many commands one person may give in a minute. */
  readonly commandsPerMinute: number
  /** Where Slack is, in place of slack.com; for tests. Ends with `/api/`. */
  readonly apiUrl: string | null
}
