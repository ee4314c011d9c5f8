import type { IdentityMark } from '../core/identity.js'
import type { GuestKind } from '../core/resource.js'
import type { Known } from '../ports/pve.js'
import type { GuestConfig } from './guest-config.js'

type Values = GuestConfig['values']

/** Unix seconds of a VM's creation out of its `meta`; null where it does not say. */
export function createdOf(meta: string | number | null | undefined): number | null {
  const created = property(meta, 'ctime')
  return created !== null && /^\d+$/.test(created) ? Number(created) : null
}

/** What tells this guest from a later one under its number, as its config shows it. */
export function markOf(kind: GuestKind, config: Known<GuestConfig>): IdentityMark {
  if (config.kind === 'unknown') return config
  return kind === 'qemu' ? vmMark(config.value.values) : containerMark(config.value.values)
}

function vmMark({ meta, smbios1, vmgenid }: Values): IdentityMark {
  const created = createdOf(meta)
  const uuid = property(smbios1, 'uuid')?.toLowerCase() ?? null
  // 0 turns it off.
  const generation = vmgenid === undefined || String(vmgenid) === '0' ? null : String(vmgenid).toLowerCase()
  if (created === null && uuid === null && generation === null)
    return { kind: 'unknown', why: 'its config has neither a creation time nor a uuid' }
  return { kind: 'vm', created, uuid, vmgenid: generation }
}

function containerMark(values: Values): IdentityMark {
  const addresses = Object.entries(values)
    .filter(([key]) => /^net\d+$/.test(key))
    .flatMap(([, value]) => property(value, 'hwaddr')?.toUpperCase() ?? [])
  return addresses.length === 0
    ? { kind: 'unknown', why: 'it has no network interface, and nothing else tells a container apart' }
    : { kind: 'ct', addresses: [...new Set(addresses)].sort() }
}

/** One value of `a=1,b=2`; null where it is not in there. */
export function property(text: string | number | null | undefined, name: string): string | null {
  const start = `${name}=`
  const part = String(text ?? '')
    .split(',')
    .find((candidate) => candidate.startsWith(start))
  return part === undefined || part.length === start.length ? null : part.slice(start.length)
}
