import { decodeRows, InterfaceRow, toText } from './schema.js'

/** Addresses by which nobody else reaches a guest. */
const LOCAL = /^(?:127\.|::1$|fe80:|169\.254\.)/i

/**
 * The IP addresses of a list of interfaces, as the QEMU agent and PVE's containers give them, without loopback and
 * link-local ones; null when it is no such list.
 */
export function addressesOf(data: unknown): readonly string[] | null {
  const decoded = decodeRows(InterfaceRow, data)
  if (decoded === null) return null
  const found = decoded.rows.flatMap((row) => {
    const listed = row['ip-addresses']?.map((entry) => toText(entry['ip-address']))
    // PVE 8 gives a container's addresses as `192.0.2.5/24` alone.
    const plain = [row.inet, row.inet6].map((address) => toText(address)?.split('/')[0] ?? null)
    return listed ?? plain
  })
  return [...new Set(found.filter((address) => address !== null))].filter((address) => !LOCAL.test(address))
}
