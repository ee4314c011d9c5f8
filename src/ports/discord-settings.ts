import type { Role } from '../core/people.js'

/** What a home says about Discord, with its secrets. */
export type DiscordSettings = {
  readonly mode: 'gateway' | 'http'
  readonly botToken: string
  /** The one server whose people may use it. */
  readonly guild: string
  /** HTTP: hex, what signatures are checked with. */
  readonly publicKey: string | null
  readonly host: string
  /** 0 lets the system choose. */
  readonly port: number
  /** Where the commands are registered. */
  readonly commands: 'global' | 'guild'
  /** What members with a role may do besides, by the role's id. */
  readonly roles: Readonly<Record<string, Extract<Role, 'reader' | 'operator'>>>
  /** Where any stand here, whoever has none of them may do nothing. */
  readonly onlyRoles: readonly string[]
  /** How many commands one person may give in a minute. */
  readonly commandsPerMinute: number
  /** Where Discord is, in place of discord.com; for tests. Ends with `/api`. */
  readonly apiUrl: string | null
}
