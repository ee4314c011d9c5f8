// What a guest's own answers say differently from its row in cluster/resources.

const KIB = 1024
const UNITS = { K: KIB, M: KIB ** 2, G: KIB ** 3, T: KIB ** 4 }

const tagsOf = (text) =>
  (text ?? '')
    .split(/[;, ]+/)
    .filter((tag) => tag !== '')
    .sort()
    .join(';')

/** Bytes of a volume as its config line says (`size=32G`), null where it does not. */
function sizeOf(volume) {
  const match = /(?:^|,)size=(\d+(?:\.\d+)?)([KMGT]?)/.exec(volume ?? '')
  return match === null ? null : Number(match[1]) * (UNITS[match[2]] ?? 1)
}

/** The bytes PVE reports as maxdisk: a VM's first bootable disk, a container's root volume. */
function diskOf(kind, config) {
  if (kind === 'lxc') return sizeOf(config.rootfs)
  const order = /order=([^,]*)/.exec(config.boot ?? '')?.[1]?.split(';') ?? []
  const disk = order.find(
    (key) => /^(?:scsi|virtio|sata|ide)\d+$/.test(key) && !(config[key] ?? '').includes('media=cdrom'),
  )
  return disk === undefined ? 0 : sizeOf(config[disk])
}

function expectedFrom(row, config, maxcpu) {
  const cpus =
    row.type === 'qemu'
      ? (config.vcpus ?? (config.sockets ?? 1) * (config.cores ?? 1))
      : Number(config.cpulimit ?? config.cores ?? maxcpu)
  return {
    name: row.type === 'qemu' ? (config.name ?? `VM ${row.vmid}`) : config.hostname,
    tags: tagsOf(config.tags),
    template: config.template ?? 0,
    lock: config.lock ?? null,
    maxcpu: cpus,
    maxmem: Number(config.memory ?? 512) * KIB ** 2,
    maxdisk: diskOf(row.type, config),
  }
}

const rowFacts = (row) => ({
  name: row.name,
  tags: tagsOf(row.tags),
  template: row.template ?? 0,
  lock: row.lock ?? null,
  maxcpu: row.maxcpu,
  maxmem: row.maxmem,
  maxdisk: row.maxdisk,
})

function differences(source, seen, told) {
  return Object.keys(told)
    .filter((key) => told[key] !== undefined && told[key] !== seen[key])
    .map((key) => `${source} has ${key} ${JSON.stringify(told[key])}, resources ${JSON.stringify(seen[key])}`)
}

const dataOf = (answer) => (answer === null || answer.status !== 200 ? null : JSON.parse(answer.body).data)

/** Of a config recording, in sentences, what its guest's row says differently. */
export function configNotes(row, answer, maxcpu) {
  const config = dataOf(answer)
  return config === null
    ? []
    : differences(`config of ${answer.at}`, rowFacts(row), expectedFrom(row, config, maxcpu))
}

function statusNotes(row, answer) {
  const status = dataOf(answer)
  if (status === null) return []
  const { name, status: power, maxmem, maxdisk } = status
  const told = { name, tags: tagsOf(status.tags), status: power, maxmem, maxdisk }
  const source = `status/current of ${answer.at}`
  const notes = differences(source, { ...rowFacts(row), status: row.status }, told)
  const drift = Math.abs((status.uptime ?? 0) - (row.uptime ?? 0))
  return drift <= 10 ? notes : [...notes, `${source} has uptime ${status.uptime}, resources ${row.uptime}`]
}

function pendingNotes(answer) {
  const open = (dataOf(answer) ?? []).filter(
    (change) => change.pending !== undefined || change.delete !== undefined,
  )
  if (open.length === 0) return []
  return [`pending changes of ${open.map((change) => change.key).join(', ')}: config?current=1 is not config`]
}

/** Lists of guests in other answers: a pool's members, a node's guests. */
function listNotes(row, address, answer) {
  const data = dataOf(answer)
  const rows = Array.isArray(data) ? data.flatMap((item) => item.members ?? [item]) : (data?.members ?? [])
  const other = rows.find((item) => item.vmid === row.vmid && (item.type ?? row.type) === row.type)
  if (other === undefined) return []
  const told = {
    name: other.name,
    status: other.status,
    lock: other.lock ?? null,
    maxmem: other.maxmem,
    maxdisk: other.maxdisk,
  }
  return differences(`${address} of ${answer.at}`, { ...rowFacts(row), status: row.status }, told)
}

/** The processors of the node that answered; a container without a limit has as many. */
export const maxcpuOf = (resources) =>
  resources.find((row) => row.type === 'node' && row.maxcpu !== undefined)?.maxcpu

const GUEST_LISTS =
  /^\/(?:pools\/\w+|pools\?poolid=\w+|cluster\/resources\?type=vm|nodes\/\w+\/(?:qemu|lxc)(?:\?full=1)?)$/

/** Per guest, in sentences, what does not agree; guests without a word are left out. */
export function disagreements(resources, addresses, find) {
  const lists = addresses.filter((address) => GUEST_LISTS.test(address))
  const guests = resources.filter((row) => row.type === 'qemu' || row.type === 'lxc')
  const notes = guests.map((row) => {
    const base = `/nodes/${row.node}/${row.id}`
    return [
      row.id,
      [
        ...configNotes(row, find(`${base}/config`), maxcpuOf(resources)),
        ...statusNotes(row, find(`${base}/status/current`)),
        ...pendingNotes(find(`${base}/pending`)),
        ...lists.flatMap((address) => listNotes(row, address, find(address))),
      ],
    ]
  })
  return Object.fromEntries(notes.filter(([, list]) => list.length > 0).sort(([a], [b]) => (a < b ? -1 : 1)))
}
