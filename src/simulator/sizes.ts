import type { ConfigValue, GuestConfig, SimGuest, SimNode } from './state.js'

const UNITS: { readonly [letter: string]: number } = {
  '': 1,
  K: 1024,
  M: 1024 ** 2,
  G: 1024 ** 3,
  T: 1024 ** 4,
}

/** Bytes of a size as configs write it (`32G`, `528K`); 0 when there is none. */
export function parseSize(text: string): number {
  const match = /^([0-9]+(?:\.[0-9]+)?)([KMGT]?)$/.exec(text)
  return match === null ? 0 : Math.round(Number(match[1]) * (UNITS[match[2] ?? ''] ?? 1))
}

/** One property of a comma separated config value, `size` of `data:100/x.raw,size=4G`. */
export function property(value: ConfigValue | undefined, name: string): string | null {
  for (const part of String(value ?? '').split(',')) {
    if (part.startsWith(`${name}=`)) return part.slice(name.length + 1)
  }
  return null
}

export const DISK_KEY = /^(?:ide|sata|scsi|virtio|efidisk|tpmstate|unused|mp|rootfs)[0-9]*$/

/** The config's own volumes, CD-ROMs left out: `[key, volid, value]`. */
export function disksOf(config: GuestConfig): { key: string; volid: string; size: number }[] {
  const found: { key: string; volid: string; size: number }[] = []
  for (const [key, value] of Object.entries(config)) {
    if (!DISK_KEY.test(key) || property(value, 'media') === 'cdrom') continue
    const volid = String(value).split(',')[0] ?? ''
    if (volid.includes(':')) found.push({ key, volid, size: parseSize(property(value, 'size') ?? '0') })
  }
  return found
}

/** Size in bytes of the disk a guest starts from. */
export function bootDiskSize(guest: SimGuest): number {
  if (guest.kind === 'lxc') {
    const size = parseSize(property(guest.config.rootfs, 'size') ?? '0')
    // A running container shows its file system, which is a little smaller than the volume.
    return guest.power === 'stopped' ? size : Math.floor(size * 0.95)
  }
  const order = property(guest.config.boot, 'order')?.split(';') ?? []
  for (const key of order) {
    const value = guest.config[key]
    if (value === undefined || property(value, 'media') === 'cdrom' || !DISK_KEY.test(key)) continue
    return parseSize(property(value, 'size') ?? '0')
  }
  return 0
}

/** Bytes of memory a guest is configured with. */
export function memoryOf(guest: SimGuest): number {
  return Number(guest.config.memory ?? 512) * 1024 ** 2
}

/** Number of processors; may be a fraction for a container with a limit. */
export function cpusOf(guest: SimGuest, node: SimNode | undefined): number {
  if (guest.kind === 'qemu') return Number(guest.config.cores ?? 1) * Number(guest.config.sockets ?? 1)
  if (guest.config.cpulimit !== undefined) return Number(guest.config.cpulimit)
  return Number(guest.config.cores ?? node?.cpus ?? 1)
}

export function nameOf(guest: SimGuest): string {
  const name = guest.kind === 'qemu' ? guest.config.name : guest.config.hostname
  return String(name ?? `${guest.kind === 'qemu' ? 'VM ' : 'CT'}${guest.vmid}`)
}
