import { BOOLEAN, DNS, INTEGER, type ParamRule, STRING, TAGS } from './params.js'
import { type SimGuest, touch, type World } from './state.js'

/** Options that take effect on a running VM at once; the others wait for its next start. */
const IMMEDIATE = new Set([
  'description',
  'name',
  'onboot',
  'protection',
  'shares',
  'startup',
  'tags',
  'hookscript',
  'vmstatestorage',
  'lock',
])

const memoryRule: ParamRule = {
  type: 'string',
  check: (value) => {
    if (!/^[0-9]+$/.test(value)) {
      return `invalid format - format error\nmemory.current: type check ('integer') failed - got '${value}'\n`
    }
    return Number(value) < 16
      ? 'invalid format - format error\nmemory.current: value must have a minimum value of 16\n'
      : null
  },
}

const COUNT: ParamRule = { type: 'integer', min: 1 }

const QEMU: { readonly [name: string]: ParamRule } = {
  agent: STRING,
  args: STRING,
  balloon: { type: 'integer', min: 0 },
  bios: { type: 'string', values: ['seabios', 'ovmf'] },
  boot: STRING,
  cicustom: STRING,
  cipassword: STRING,
  ciuser: STRING,
  cores: COUNT,
  cpu: STRING,
  cpulimit: STRING,
  cpuunits: INTEGER,
  description: { type: 'string', maxLength: 8192 },
  hotplug: STRING,
  localtime: BOOLEAN,
  machine: STRING,
  memory: memoryRule,
  name: DNS,
  nameserver: STRING,
  numa: BOOLEAN,
  onboot: BOOLEAN,
  ostype: STRING,
  protection: BOOLEAN,
  scsihw: STRING,
  searchdomain: STRING,
  shares: INTEGER,
  smbios1: STRING,
  sockets: COUNT,
  sshkeys: STRING,
  startup: STRING,
  tablet: BOOLEAN,
  tags: TAGS,
  template: BOOLEAN,
  vga: STRING,
  watchdog: STRING,
}

const LXC: { readonly [name: string]: ParamRule } = {
  arch: STRING,
  cores: COUNT,
  cpulimit: STRING,
  cpuunits: INTEGER,
  description: { type: 'string', maxLength: 8192 },
  features: STRING,
  hostname: DNS,
  memory: { type: 'integer', min: 16 },
  nameserver: STRING,
  onboot: BOOLEAN,
  ostype: STRING,
  protection: BOOLEAN,
  rootfs: STRING,
  searchdomain: STRING,
  startup: STRING,
  swap: { type: 'integer', min: 0 },
  tags: TAGS,
  template: BOOLEAN,
  timezone: STRING,
  unprivileged: BOOLEAN,
}

const QEMU_FAMILY =
  /^(?:net|scsi|virtio|sata|ide|ipconfig|serial|unused|efidisk|tpmstate|hostpci|usb|audio|rng|numa)[0-9]+$/
const LXC_FAMILY = /^(?:net|mp|unused|dev)[0-9]+$/

/** The rule for a config option of VMs or containers; null for an unknown one. */
export function optionRule(kind: SimGuest['kind'], name: string): ParamRule | null {
  const rule = (kind === 'qemu' ? QEMU : LXC)[name]
  if (rule !== undefined) return rule
  return (kind === 'qemu' ? QEMU_FAMILY : LXC_FAMILY).test(name) ? STRING : null
}

/** Tags as PVE stores them: lower case, sorted, each once. */
export function normalizeTags(text: string): string {
  const tags = new Set(
    text
      .toLowerCase()
      .split(/[;,\s]+/)
      .filter((tag) => tag !== ''),
  )
  return [...tags].sort().join(';')
}

/** A value with the JSON type that GET config gives it. */
function stored(kind: SimGuest['kind'], name: string, value: string): string | number {
  if (name === 'tags') return normalizeTags(value)
  const type = optionRule(kind, name)?.type
  return type === 'integer' || type === 'boolean' ? Number(value) : value
}

/** Pending values become the config. */
export function applyPending(guest: SimGuest): void {
  for (const [key, value] of Object.entries(guest.pending)) {
    if (value === null) delete guest.config[key]
    else guest.config[key] = value
  }
  guest.pending = {}
}

/** Sets and deletes options as PUT config does; on a running VM most wait for its next start. */
export function applyConfig(
  world: World,
  guest: SimGuest,
  set: { readonly [key: string]: string },
  remove: readonly string[],
): void {
  const waits = (key: string): boolean =>
    guest.kind === 'qemu' && guest.power !== 'stopped' && !IMMEDIATE.has(key)
  for (const key of remove) {
    if (waits(key) && guest.config[key] !== undefined) {
      guest.pending[key] = null
    } else {
      delete guest.config[key]
      delete guest.pending[key]
    }
  }
  for (const [key, value] of Object.entries(set)) {
    const next = stored(guest.kind, key, value)
    if (!waits(key)) guest.config[key] = next
    else if (guest.config[key] === next) delete guest.pending[key]
    else guest.pending[key] = next
  }
  if (guest.config.tags === '') delete guest.config.tags
  touch(world, guest)
}
