import type { ParsedFault } from './control-schema.js'
import { powerOff, powerOn } from './effects.js'
import { armFault } from './faults.js'
import type { Listener } from './listeners.js'
import { findNode, type SimNode, type World } from './state.js'
import { armTaskFault } from './task-faults.js'
import { endUnexpectedly } from './tasks.js'

/** What setting a fault gives back: its number, if it can be counted, or why it cannot be set. */
export type FaultResult =
  | { readonly kind: 'set'; readonly id: number | null }
  | { readonly kind: 'refused'; readonly error: string }

const SET: FaultResult = { kind: 'set', id: null }

async function goOffline(world: World, node: SimNode, listeners: readonly Listener[]): Promise<void> {
  node.offlineSince ??= world.clock.seconds()
  world.changed()
  await listeners.find((listener) => listener.node === node)?.stop()
}

/** A node that lost its power comes back with only those guests running that start with it. */
function reboot(world: World, node: SimNode): void {
  const at = world.clock.now()
  node.bootedAt = Math.floor(at / 1000)
  for (const task of world.tasks.get(node.name) ?? []) {
    if (task.phase !== 'done') endUnexpectedly(world, task, at)
  }
  for (const guest of world.guests.values()) {
    if (guest.node !== node.name || guest.power === 'stopped') continue
    powerOff(world, guest, at)
    // The HA manager starts what it manages itself.
    if (guest.config.onboot === 1 && guest.ha === null) powerOn(world, guest, at)
  }
}

async function goOnline(
  world: World,
  node: SimNode,
  listeners: readonly Listener[],
  rebooted: boolean,
): Promise<void> {
  if (node.offlineSince !== null && rebooted) reboot(world, node)
  node.offlineSince = null
  world.changed()
  await listeners.find((listener) => listener.node === node)?.start()
}

const nextId = (world: World): number =>
  Math.max(world.faults.at(-1)?.id ?? 0, world.taskFaults.at(-1)?.id ?? 0) + 1

/** Sets a fault. */
export async function setFault(
  world: World,
  listeners: readonly Listener[],
  fault: ParsedFault,
): Promise<FaultResult> {
  switch (fault.kind) {
    case 'node-offline':
    case 'node-online': {
      const node = findNode(world, fault.node)
      if (node === undefined) return { kind: 'refused', error: `no node ${fault.node}` }
      if (fault.kind === 'node-offline') await goOffline(world, node, listeners)
      else await goOnline(world, node, listeners, fault.rebooted)
      return SET
    }
    case 'quorum-lost':
    case 'quorum-regained':
      world.quorumLost = fault.kind === 'quorum-lost'
      world.changed()
      return SET
    case 'revoke':
      return revoke(world, fault)
    case 'restore': {
      const token = world.access.tokens.get(fault.token)
      if (token !== undefined) token.disabled = false
      world.access.revoked = world.access.revoked.filter((entry) => entry.token !== fault.token)
      world.access.revision += 1
      world.changed()
      return SET
    }
    case 'task-fails':
    case 'task-warns':
    case 'task-slow':
    case 'task-killed':
    case 'task-storm': {
      const id = nextId(world)
      world.taskFaults.push(armTaskFault(id, fault))
      return { kind: 'set', id }
    }
    default: {
      const id = nextId(world)
      world.faults.push(armFault(id, fault))
      return { kind: 'set', id }
    }
  }
}

function revoke(world: World, fault: Extract<ParsedFault, { kind: 'revoke' }>): FaultResult {
  const token = world.access.tokens.get(fault.token)
  if (token === undefined) return { kind: 'refused', error: `no token ${fault.token}` }
  if (fault.path === undefined) token.disabled = true
  else world.access.revoked.push({ token: fault.token, path: fault.path, privileges: fault.privileges })
  world.access.revision += 1
  world.changed()
  return SET
}

/** Takes all faults back: requests, nodes, quorum and rights. */
export async function clearFaults(world: World, listeners: readonly Listener[]): Promise<void> {
  world.faults = []
  world.taskFaults = []
  world.quorumLost = false
  world.access.revoked = []
  world.access.revision += 1
  for (const token of world.access.tokens.values()) token.disabled = false
  for (const node of world.nodes) {
    if (node.offlineSince !== null) await goOnline(world, node, listeners, false)
  }
  world.changed()
}
