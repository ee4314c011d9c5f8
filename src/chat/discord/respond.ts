import type { APIInteractionResponse } from 'discord.js'

/** Gives Discord the first answer to an interaction. */
export type Respond = (answer: APIInteractionResponse) => Promise<void>

/** Every deferral is private: whether it is could not be changed later. */
export const DEFER: APIInteractionResponse = { type: 5, data: { flags: 64 } }
