/**
 * What tells a guest from another one that was made later under its number. A VM has its creation time and ids; a
 * container only the hardware addresses of its interfaces. The node is never part of it.
 */
export type IdentityMark =
  | {
      readonly kind: 'vm'
      /** `ctime` of the config's `meta`, unix seconds; null on VMs older than PVE 7. */
      readonly created: number | null
      /** Of `smbios1`. */
      readonly uuid: string | null
      readonly vmgenid: string | null
    }
  /** Upper case, sorted. */
  | { readonly kind: 'ct'; readonly addresses: readonly string[] }
  | { readonly kind: 'unknown'; readonly why: string }

export type MarkMatch = 'same' | 'different' | 'unknown'

/** Whether two marks are of the same guest. A mark that says nothing proves nothing. */
export function compareMarks(before: IdentityMark, now: IdentityMark): MarkMatch {
  if (before.kind === 'unknown' || now.kind === 'unknown') return 'unknown'
  if (before.kind === 'vm' && now.kind === 'vm') return compareVms(before, now)
  if (before.kind === 'ct' && now.kind === 'ct')
    // Interfaces come and go one by one; a new container shares none.
    return before.addresses.some((address) => now.addresses.includes(address)) ? 'same' : 'different'
  return 'different'
}

type VmMark = Extract<IdentityMark, { readonly kind: 'vm' }>

/** A restore over a VM keeps the uuid and changes `vmgenid`: that is another guest in the same skin. */
function compareVms(before: VmMark, now: VmMark): MarkMatch {
  const same = before.created === now.created && before.uuid === now.uuid && before.vmgenid === now.vmgenid
  return same ? 'same' : 'different'
}
