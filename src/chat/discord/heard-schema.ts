import { z } from 'zod'

/**
 * What Discord sends when somebody does something, whichever way it comes (gateway or HTTP): read from the raw JSON, and of
 * that only what is used. It comes from outside.
 */

const id = z.string().regex(/^\d{1,20}$/)
const user = z.object({ id, username: z.string().max(100), bot: z.boolean().optional() })
const channel = z.object({
  id,
  type: z.int(),
  name: z.string().max(200).nullish(),
  parent_id: id.nullish(),
})

const base = z.object({
  id,
  application_id: id,
  type: z.int(),
  token: z.string().min(1).max(1000),
  guild_id: id.nullish(),
  channel: channel.nullish(),
  channel_id: id.nullish(),
  /** In a server; in a direct conversation there is `user`. */
  member: z.object({ user, roles: z.array(id).max(300) }).nullish(),
  user: user.nullish(),
  app_permissions: z
    .string()
    .regex(/^\d{1,30}$/)
    .nullish(),
  data: z.unknown(),
  message: z.object({ id, flags: z.int().nullish() }).nullish(),
})

const componentData = z.object({
  custom_id: z.string().max(100),
  values: z.array(z.string().max(100)).max(25).nullish(),
})

const input = z.object({ custom_id: z.string().max(100), value: z.string().max(4000) })
/** Rows of inputs, or labels with one each. */
const modalData = z.object({
  custom_id: z.string().max(100),
  components: z
    .array(z.object({ components: z.array(input).max(5).optional(), component: input.optional() }))
    .max(40),
})

/** Who did it and where. */
export type Where = {
  readonly id: string
  readonly token: string
  readonly applicationId: string
  readonly user: { readonly id: string; readonly name: string; readonly bot: boolean }
  /** Ids of the roles that they have in the server. */
  readonly roles: readonly string[]
  /** Null in a direct conversation. */
  readonly guild: string | null
  /** The channel, of a thread the one that it belongs to; empty where Discord does not say. */
  readonly channel: string
  readonly channelName: string
  readonly thread: string | null
  /** What the app may do there. */
  readonly permissions: bigint
}

/** The message that a button or a form belongs to; `ours` alone when only whoever pressed can see it. */
export type Under = { readonly message: string; readonly private: boolean }

export type Heard =
  | { readonly kind: 'ping' }
  | { readonly kind: 'command' | 'complete'; readonly where: Where; readonly data: unknown }
  | {
      readonly kind: 'press'
      readonly where: Where
      readonly customId: string
      readonly values: readonly string[]
      readonly under: Under
    }
  | {
      readonly kind: 'submit'
      readonly where: Where
      readonly customId: string
      readonly fields: Readonly<Record<string, string>>
      readonly under: Under | null
    }

const EPHEMERAL = 64
const THREADS = [10, 11, 12]

/** Null for what is none of these, or does not look as Discord says it does. */
export function readHeard(raw: unknown): Heard | null {
  const ping = z.object({ type: z.literal(1) }).safeParse(raw)
  if (ping.success) return { kind: 'ping' }
  const read = base.safeParse(raw)
  if (!read.success) return null
  const where = whereOf(read.data)
  if (where === null) return null
  const { type, data, message } = read.data
  const under =
    message == null ? null : { message: message.id, private: ((message.flags ?? 0) & EPHEMERAL) !== 0 }
  if (type === 2 || type === 4) return { kind: type === 2 ? 'command' : 'complete', where, data }
  if (type === 3 && under !== null) {
    const pressed = componentData.safeParse(data)
    if (!pressed.success) return null
    return {
      kind: 'press',
      where,
      customId: pressed.data.custom_id,
      values: pressed.data.values ?? [],
      under,
    }
  }
  if (type !== 5) return null
  const filled = modalData.safeParse(data)
  if (!filled.success) return null
  const inputs = filled.data.components.flatMap(({ components = [], component }) =>
    component === undefined ? components : [...components, component],
  )
  const fields = Object.fromEntries(inputs.map(({ custom_id, value }) => [custom_id, value]))
  return { kind: 'submit', where, customId: filled.data.custom_id, fields, under }
}

function whereOf(raw: z.output<typeof base>): Where | null {
  const who = raw.member?.user ?? raw.user
  if (who == null) return null
  const { channel: at } = raw
  const thread = at != null && THREADS.includes(at.type) ? at.id : null
  return {
    id: raw.id,
    token: raw.token,
    applicationId: raw.application_id,
    user: { id: who.id, name: who.username, bot: who.bot === true },
    roles: raw.member?.roles ?? [],
    guild: raw.guild_id ?? null,
    channel: thread === null ? (at?.id ?? raw.channel_id ?? '') : (at?.parent_id ?? ''),
    channelName: thread === null ? (at?.name ?? '') : '',
    thread,
    permissions: BigInt(raw.app_permissions ?? '0'),
  }
}
