import type { ResourceType } from './resource.js'

/** `GET /access/permissions`: path -> privilege -> 1 when it is inherited below, 0 when it holds on the path alone. */
export type Permissions = { readonly [path: string]: { readonly [privilege: string]: number } }

/**
 * Whether a token holds a privilege on a path. PVE lists every path with an entry of its own, and the deepest listed
 * path replaces what is inherited from above it, so the first listed ancestor decides.
 */
export function holds(permissions: Permissions, path: string, privilege: string): boolean {
  for (let at = path; ; at = parent(at)) {
    const here = permissions[at]
    if (here !== undefined) {
      const propagate = here[privilege]
      return at === path ? propagate !== undefined : propagate === 1
    }
    if (at === '/') return false
  }
}

function parent(path: string): string {
  const cut = path.lastIndexOf('/')
  return cut <= 0 ? '/' : path.slice(0, cut)
}

/**
 * Whether a resource that is missing from a listing is truly gone: PVE leaves rows out silently when the token may not
 * see them, so an absence proves something only where the token would have seen it. Nodes are listed to everybody.
 */
export function wouldSee(permissions: Permissions, type: ResourceType, name: string): boolean {
  switch (type) {
    case 'node':
      return true
    case 'guest':
      return holds(permissions, `/vms/${name}`, 'VM.Audit')
    case 'storage':
      return ['Datastore.Audit', 'Datastore.AllocateSpace'].some((p) =>
        holds(permissions, `/storage/${name}`, p),
      )
    case 'pool':
      return ['Pool.Audit', 'Pool.Allocate'].some((p) => holds(permissions, `/pool/${name}`, p))
  }
}
