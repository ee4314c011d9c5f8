import type { Surface } from '../core/people.js'

/** How the connection to a chat platform is. */
export type SurfaceHealth = {
  readonly surface: Exclude<Surface, 'console'>
  /** `refused`: its credentials are not accepted; nothing helps but others. */
  readonly state: 'connecting' | 'connected' | 'disconnected' | 'refused'
  /** Why it is not connected. */
  readonly why: string | null
}

/** A place besides the console where people talk to a home. */
export interface ChatSurface {
  /** Talks until the signal aborts; what goes wrong meanwhile is mended or logged, never thrown. */
  run(signal: AbortSignal): Promise<void>
  health(): SurfaceHealth
}
