import type { GuestKind } from '../core/resource.js'

/** `forHa` marks what the local resource manager does. */
type OnGuest = { readonly vmid: number; readonly guest: GuestKind; readonly forHa?: boolean }

/** What a task does. Plain data, so that a restart can finish it. */
export type Work =
  | ({ readonly kind: 'start' | 'stop' | 'reset' | 'resume' } & OnGuest)
  | ({ readonly kind: 'shutdown'; readonly timeout: number; readonly forceStop: boolean } & OnGuest)
  | ({ readonly kind: 'reboot'; readonly timeout: number } & OnGuest)
  | ({ readonly kind: 'suspend'; readonly toDisk: boolean } & OnGuest)
  | ({
      readonly kind: 'snapshot'
      readonly name: string
      readonly description: string
      readonly vmstate: boolean
    } & OnGuest)
  | ({ readonly kind: 'delsnapshot' | 'rollback'; readonly name: string } & OnGuest)
  | ({ readonly kind: 'destroy'; readonly purge: boolean } & OnGuest)
  | ({
      readonly kind: 'config'
      readonly set: { readonly [key: string]: string }
      readonly remove: readonly string[]
    } & OnGuest)
  | ({
      readonly kind: 'ha-request'
      readonly verb: 'start' | 'stop' | 'shutdown'
      readonly timeout: number
    } & OnGuest)
