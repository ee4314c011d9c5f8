import type { IdentityMark } from '../../core/identity.js'

export type SeenMark = { readonly mark: IdentityMark; readonly name: string; readonly seenAt: string }

/** By which marks guests were last known. */
export interface MarkStore {
  get(cluster: string, vmid: number): Promise<SeenMark | null>
  /** Remembers marks; unknown ones replace nothing. */
  put(
    marks: readonly {
      readonly cluster: string
      readonly vmid: number
      readonly name: string
      readonly mark: IdentityMark
    }[],
    now: Date,
  ): Promise<void>
}
