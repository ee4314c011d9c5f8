import { PermissionFlagsBits, type REST, Routes } from 'discord.js'
import { z } from 'zod'

/** What the app may do in a channel, worked out from roles and overwrites as Discord does. */

const bits = z
  .string()
  .regex(/^\d{1,30}$/)
  .transform((text) => BigInt(text))
const guildAnswer = z.object({ id: z.string(), name: z.string(), owner_id: z.string().nullish() })
const rolesAnswer = z.array(z.object({ id: z.string(), permissions: bits }))
const memberAnswer = z.object({ roles: z.array(z.string()) })
const selfAnswer = z.object({ id: z.string() })
const channelAnswer = z.object({
  permission_overwrites: z.array(z.object({ id: z.string(), allow: bits, deny: bits })).nullish(),
})

/** The app as a member of the server. */
export type Standing = {
  readonly guild: string
  readonly guildName: string
  readonly self: string
  readonly roles: readonly string[]
  /** What it may do where no channel says otherwise. */
  readonly base: bigint
}

type Rest = Pick<REST, 'get'>

/** Throws what `rest` throws; 403 and 404 where the app is not in the server. */
export async function standingOf(rest: Rest, guild: string): Promise<Standing> {
  const self = selfAnswer.parse(await rest.get(Routes.user()))
  const server = guildAnswer.parse(await rest.get(Routes.guild(guild)))
  const { roles } = memberAnswer.parse(await rest.get(Routes.guildMember(guild, self.id)))
  const all = rolesAnswer.parse(await rest.get(Routes.guildRoles(guild)))
  const base = all
    .filter(({ id }) => id === guild || roles.includes(id))
    .reduce((sum, { permissions }) => sum | permissions, 0n)
  return { guild, guildName: server.name, self: self.id, roles, base }
}

/** Throws what `rest` throws; 403 and 404 where the app cannot see the channel. */
export async function permissionsIn(rest: Rest, standing: Standing, channel: string): Promise<bigint> {
  const { guild, self, roles, base } = standing
  if ((base & PermissionFlagsBits.Administrator) !== 0n) return base
  const { permission_overwrites } = channelAnswer.parse(await rest.get(Routes.channel(channel)))
  const overwrites = permission_overwrites ?? []
  const sumOf = (ids: readonly string[], of: 'allow' | 'deny'): bigint =>
    overwrites.filter(({ id }) => ids.includes(id)).reduce((sum, each) => sum | each[of], 0n)
  // For everybody first, then for its roles together, then for itself.
  return [[guild], roles, [self]].reduce(
    (now, ids) => (now & ~sumOf(ids, 'deny')) | sumOf(ids, 'allow'),
    base,
  )
}
