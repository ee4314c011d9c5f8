// What the gateway says by itself, held against the official types.

import type { GatewayGuildCreateDispatchData, GatewayHello, GatewayReadyDispatchData } from 'discord.js'
import type { State } from './state.js'
import type { Guild } from './world.js'
import { guildCreate, userById } from './world-json.js'

export type Ready = GatewayReadyDispatchData

export function helloFrame(heartbeatMs: number) {
  return { op: 10, d: { heartbeat_interval: heartbeatMs }, s: null, t: null } satisfies GatewayHello
}

export function readyData(state: State, session: string, resumeUrl: string): Ready {
  return {
    v: 10,
    user: userById(state, state.ids.bot),
    guilds: [...state.guilds.keys()].map((id) => ({ id, unavailable: true })),
    session_id: session,
    resume_gateway_url: resumeUrl,
    shard: [0, 1],
    application: { id: state.ids.app, flags: 0 as number, flags_new: '0' },
  } satisfies Ready
}

export function guildReady(state: State, guild: Guild): GatewayGuildCreateDispatchData {
  return { ...guildCreate(state, guild), unavailable: false }
}
