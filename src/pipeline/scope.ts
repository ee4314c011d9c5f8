import type { DatedChange, Picture, StoredGuest, StoredInventory } from '../core/change.js'
import type { Operation } from '../core/operation.js'
import { type Grant, holdsEverywhere, holdsFor } from '../core/people.js'
import { guestKey } from '../core/resource.js'
import type { Stores } from '../ports/store/stores.js'

/** No more rows are looked through for one list. */
const MOST_READ = 50_000

type Seen = Pick<Stores, 'inventory' | 'history' | 'tasks' | 'operations'>

/**
 * The stores as somebody sees them who may read only some guests: the others are not there. Nodes and storages, which
 * belong to no guest, stay; so do pools that hold one of theirs.
 */
export function scopedStores(stores: Stores, grants: readonly Grant[], person: number | null = null): Stores {
  if (holdsEverywhere(grants, 'reader')) return stores
  const mine = (cluster: string) => (guest: StoredGuest) => holdsFor(grants, 'reader', { ...guest, cluster })
  const narrow = (picture: Picture | null): Picture | null =>
    picture === null ? null : { ...picture, inventory: narrowed(picture.inventory, mine(picture.cluster)) }
  const visible = async (cluster: string): Promise<ReadonlySet<string>> => {
    const picture = narrow(await stores.inventory.base(cluster))
    return new Set(picture?.inventory.guests.map(({ vmid }) => guestKey(vmid)))
  }
  const seen: Seen = {
    inventory: {
      ...stores.inventory,
      picture: async (cluster) => narrow(await stores.inventory.picture(cluster)),
      base: async (cluster) => narrow(await stores.inventory.base(cluster)),
    },
    history: {
      of: async (cluster, key, limit) => {
        const keys = await visible(cluster)
        return hides(key, keys) ? [] : stores.history.of(cluster, key, limit)
      },
      since: async (cluster, since, limit) => {
        const keys = await visible(cluster)
        return enough(
          limit,
          (most) => stores.history.since(cluster, since, most),
          async (changes) => changes.filter((change: DatedChange) => !hides(change.key, keys)),
        )
      },
      stateAt: async (cluster, at) => {
        const state = await stores.history.stateAt(cluster, at)
        return state === null ? null : { ...state, inventory: narrowed(state.inventory, mine(cluster)) }
      },
      find: async (cluster, name) => {
        const keys = await visible(cluster)
        return (await stores.history.find(cluster, name)).filter(({ key }) => !hides(key, keys))
      },
    },
    operations: {
      ...stores.operations,
      list: (filter) =>
        enough(
          filter.limit,
          (limit) => stores.operations.list({ ...filter, limit }),
          async (listed) => {
            const sees = async (each: Operation): Promise<boolean> =>
              each.requester.personId === person || (await seesOperation(stores, grants, each))
            const kept = await Promise.all(listed.map(sees))
            return listed.filter((_, at) => kept[at])
          },
        ),
    },
    tasks: {
      ...stores.tasks,
      list: async (cluster, filter) => {
        const keys = await visible(cluster)
        return enough(
          filter.limit,
          (limit) => stores.tasks.list(cluster, { ...filter, limit }),
          async (tasks) => tasks.filter(({ id }) => !hides(guestKeyOf(id), keys)),
        )
      },
      find: async (clusters, reference) => {
        const found = await stores.tasks.find(clusters, reference)
        const kept = await Promise.all(
          found.map(async (task) => !hides(guestKeyOf(task.id), await visible(task.cluster))),
        )
        return found.filter((_, at) => kept[at])
      },
    },
  }
  return { ...stores, ...seen }
}

/** So many of what somebody may see, where there are so many: more is read until then. */
async function enough<T>(
  limit: number,
  read: (limit: number) => Promise<readonly T[]>,
  visible: (rows: readonly T[]) => Promise<readonly T[]>,
): Promise<readonly T[]> {
  for (let most = limit; ; most *= 4) {
    const rows = await read(most)
    const kept = await visible(rows)
    if (kept.length >= limit || rows.length < most || most >= MOST_READ) return kept.slice(0, limit)
  }
}

/** Whether every guest of an operation is one of those that somebody may read: its card shows all of them. */
export async function seesOperation(
  stores: Pick<Stores, 'inventory'>,
  grants: readonly Grant[],
  operation: Operation,
): Promise<boolean> {
  if (holdsEverywhere(grants, 'reader')) return true
  const clusters = [...new Set(operation.steps.map(({ cluster }) => cluster))]
  const pictures = await Promise.all(clusters.map((cluster) => stores.inventory.base(cluster)))
  return operation.steps.every(({ cluster, vmid }) => {
    const picture = pictures.find((each) => each?.cluster === cluster)
    const guest = picture?.inventory.guests.find((each) => each.vmid === vmid)
    return guest !== undefined && holdsFor(grants, 'reader', { ...guest, cluster })
  })
}

function narrowed(inventory: StoredInventory, mine: (guest: StoredGuest) => boolean): StoredInventory {
  const guests = inventory.guests.filter(mine)
  const pools = new Set(guests.map(({ pool }) => pool))
  return { ...inventory, guests, pools: inventory.pools.filter(({ name }) => pools.has(name)) }
}

const hides = (key: string, visible: ReadonlySet<string>): boolean =>
  key.startsWith('guest/') && !visible.has(key)

/** A task's id is a vmid, a vmid with a storage, or something else. */
function guestKeyOf(taskId: string): string {
  const vmid = /^\d{3,9}/.exec(taskId)?.[0]
  return vmid === undefined ? taskId : guestKey(Number(vmid))
}
