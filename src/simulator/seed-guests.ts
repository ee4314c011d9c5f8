import type { GuestKind } from '../core/resource.js'
import type { Rng } from './rng.js'
import type { GuestConfig, Power, SimGuest } from './state.js'

/** A guest in few words; the rest of its config is made up around it. */
export type GuestPlan = {
  readonly vmid: number
  readonly kind: GuestKind
  readonly name: string
  readonly node: string
  readonly power: Power
  readonly cores: number
  readonly memoryMiB: number
  readonly diskGiB: number
  readonly tags?: string
  readonly pool?: string
  readonly onboot?: boolean
  readonly protection?: boolean
  readonly template?: boolean
  readonly lock?: string
  readonly agent?: boolean
  readonly description?: string
  readonly storage?: string
  readonly raw?: boolean
  readonly stubborn?: boolean
  /** False makes a guest without a network interface. */
  readonly nic?: boolean
  /** Days since its last start. */
  readonly upDays?: number
  readonly extra?: GuestConfig
}

/** A MAC address under Proxmox' own prefix. */
export function mac(rng: Rng): string {
  const pair = (): string => rng.hex(2).toUpperCase()
  return `BC:24:11:${pair()}:${pair()}:${pair()}`
}

function qemuConfig(plan: GuestPlan, rng: Rng, created: number): GuestConfig {
  const format = plan.raw === true ? 'raw' : 'qcow2'
  const prefix = plan.template === true ? 'base' : 'vm'
  const volume = `${plan.storage ?? 'data'}:${plan.vmid}/${prefix}-${plan.vmid}-disk-0.${format}`
  return {
    name: plan.name,
    cores: plan.cores,
    memory: String(plan.memoryMiB),
    boot: plan.nic === false ? 'order=scsi0' : 'order=scsi0;net0',
    scsihw: 'virtio-scsi-single',
    scsi0: `${volume},discard=on,iothread=1,size=${plan.diskGiB}G`,
    ...(plan.nic === false ? {} : { net0: `virtio=${mac(rng)},bridge=vmbr0,firewall=1` }),
    ostype: 'l26',
    smbios1: `uuid=${rng.uuid()}`,
    vmgenid: rng.uuid(),
    meta: `creation-qemu=10.0.2,ctime=${created}`,
    ...(plan.agent === false ? {} : { agent: 'enabled=1' }),
  }
}

function containerNic(vmid: number, rng: Rng): string {
  const address = `192.168.20.${vmid % 250}/24`
  return `name=eth0,bridge=vmbr0,firewall=1,gw=192.168.20.1,hwaddr=${mac(rng)},ip=${address},type=veth`
}

function lxcConfig(plan: GuestPlan, rng: Rng): GuestConfig {
  const volume = `${plan.storage ?? 'data'}:${plan.vmid}/vm-${plan.vmid}-disk-0.raw`
  return {
    hostname: plan.name,
    arch: 'amd64',
    cores: plan.cores,
    memory: plan.memoryMiB,
    swap: 512,
    ostype: 'debian',
    rootfs: `${volume},size=${plan.diskGiB}G`,
    ...(plan.nic === false ? {} : { net0: containerNic(plan.vmid, rng) }),
    unprivileged: 1,
    features: 'nesting=1',
  }
}

/** Makes a guest of a plan; `now` in unix seconds. */
export function makeGuest(plan: GuestPlan, rng: Rng, now: number): SimGuest {
  const created = now - 86_400 * (30 + rng.int(0, 700)) - rng.int(0, 86_399)
  const startedAt =
    plan.power === 'stopped' ? 0 : now - Math.floor((plan.upDays ?? 1 + rng.next() * 60) * 86_400)
  const config: GuestConfig = {
    ...(plan.kind === 'qemu' ? qemuConfig(plan, rng, created) : lxcConfig(plan, rng)),
    ...(plan.tags === undefined ? {} : { tags: plan.tags }),
    ...(plan.onboot === true ? { onboot: 1 } : {}),
    ...(plan.protection === true ? { protection: 1 } : {}),
    ...(plan.template === true ? { template: 1 } : {}),
    ...(plan.lock === undefined ? {} : { lock: plan.lock }),
    ...(plan.description === undefined ? {} : { description: plan.description }),
    ...plan.extra,
  }
  return {
    vmid: plan.vmid,
    kind: plan.kind,
    node: plan.node,
    power: plan.power,
    startedAt,
    pid: plan.power === 'stopped' ? 0 : rng.int(2000, 900_000),
    config,
    pending: {},
    snapshots: [],
    pool: plan.pool ?? null,
    ha: null,
    stubborn: plan.stubborn ?? false,
    revision: 0,
  }
}
