import { type REST, Routes } from 'discord.js'
import type { CommandForm } from '../../ports/road.js'
import { discordCommands } from '../derive/discord-commands.js'
import { commandDifferences } from '../derive/discord-differences.js'

/** Making Discord have the commands that this program has. */

export type Registering = {
  readonly rest: Pick<REST, 'get' | 'put'>
  readonly applicationId: string
  /** The one server that has the commands, at once; null for all, which is for production. */
  readonly guildId: string | null
  readonly commands: readonly CommandForm[]
}

export type Registration =
  | { readonly kind: 'unchanged' }
  /** What was different before, one sentence each. */
  | { readonly kind: 'registered'; readonly differences: readonly string[] }

/** What is registered otherwise than it should be, one sentence each. Throws what `rest` throws. */
export async function registeredDifferences(at: Registering): Promise<readonly string[]> {
  const scope = at.guildId === null ? 'global' : 'guild'
  return commandDifferences(await at.rest.get(routeOf(at)), discordCommands(at.commands), scope)
}

/** Registers the commands where what is registered differs, all in one call. Throws what `rest` throws. */
export async function register(at: Registering): Promise<Registration> {
  const differences = await registeredDifferences(at)
  if (differences.length === 0) return { kind: 'unchanged' }
  await at.rest.put(routeOf(at), { body: bodyFor(at) })
  return { kind: 'registered', differences }
}

/**
 * Takes away what is registered in the other place: one server would show those besides. True where there was something.
 * Throws what `rest` throws.
 */
export async function unregisterElsewhere(
  at: Registering & { readonly elsewhere: Pick<Registering, 'guildId'> },
): Promise<boolean> {
  const route = routeOf({ ...at, ...at.elsewhere })
  const there = await at.rest.get(route)
  if (!Array.isArray(there) || there.length === 0) return false
  await at.rest.put(route, { body: [] })
  return true
}

function routeOf({ applicationId, guildId }: Pick<Registering, 'applicationId' | 'guildId'>): `/${string}` {
  return guildId === null
    ? Routes.applicationCommands(applicationId)
    : Routes.applicationGuildCommands(applicationId, guildId)
}

/** What one server alone has is there and nowhere else, so that it cannot be said where. */
function bodyFor({ guildId, commands }: Registering): readonly object[] {
  const derived = discordCommands(commands)
  return guildId === null
    ? derived
    : derived.map(({ contexts: _, integration_types: __, ...command }) => command)
}
