import type { GuestKind } from '../core/resource.js'
import type { GuestConfig } from './guest-config.js'
import { defaultName, usedDisk } from './rows.js'
import { type GuestStatus, toBoolean, toList, toNumber, toText } from './schema.js'

/** What a guest's `status/current` tells, besides its power state; the config's tags stand in for missing ones. */
export function statusOf(
  { kind, vmid }: { readonly kind: GuestKind; readonly vmid: number },
  found: GuestStatus,
  config: GuestConfig['values'] | null,
) {
  return {
    name: toText(found.name) ?? defaultName(kind, vmid),
    uptime: toNumber(found.uptime),
    cpu: toNumber(found.cpu),
    maxcpu: toNumber(found.cpus),
    mem: toNumber(found.mem),
    maxmem: toNumber(found.maxmem),
    disk: usedDisk(kind, toNumber(found.disk)),
    maxdisk: toNumber(found.maxdisk),
    lock: toText(found.lock),
    tags: toList(found.tags ?? config?.tags),
    template: toBoolean(found.template),
    ha: haOf(found.ha),
  }
}

/** A resource that the HA manager is told to ignore is not managed: verbs go to the guest itself. */
function haOf(ha: Parameters<typeof statusOf>[1]['ha']): string | null {
  const state = toText(ha?.state)
  return toBoolean(ha?.managed) && state !== 'ignored' ? (state ?? 'managed') : null
}
