import type { Actor, Surface } from '../../core/people.js'

/** A channel of a surface and the workspace that is spoken of there. */
export type Binding = {
  readonly surface: Exclude<Surface, 'console'>
  /** As the surface knows it: `C0123ABCD`. */
  readonly channel: string
  /** As people call it, when it was bound. */
  readonly name: string
  readonly workspace: string
  /** Plans of the workspace that need approval are shown here. */
  readonly approvals: boolean
}

/** Which channels belong to which workspaces. Changes are written with their audit entries (`channel.bound`, `channel.unbound`). */
export interface BindingStore {
  of(surface: Binding['surface'], channel: string): Promise<Binding | null>
  /** By workspace and name; all surfaces and workspaces where none is named. */
  list(filter: {
    readonly surface?: Binding['surface']
    readonly workspace?: string
  }): Promise<readonly Binding[]>
  /** A channel that is bound already is bound anew. */
  bind(binding: Binding, actor: Actor, now: Date): Promise<void>
  /** False when it was not bound. */
  unbind(surface: Binding['surface'], channel: string, actor: Actor, now: Date): Promise<boolean>
}
