import type { PowerVerb } from '../core/power.js'
import type { GuestKind } from '../core/resource.js'
import type { PowerCall, PveOperate } from '../ports/pve.js'
import type { Engine } from './engine.js'
import { readPermissions } from './overview.js'
import { sourceOf } from './source.js'
import { searchTasks } from './task-search.js'
import { parseUpid } from './upid.js'
import type { Parameters } from './wire.js'

/** Changes through an engine that holds the token for them; `tokenId` is that token's full id. */
export function pveOperate(engine: Engine, tokenId: string): PveOperate {
  return {
    tokenId,
    permissions: (signal) => readPermissions(sourceOf(engine, { signal })),
    power: (call) => sendPower(engine, call),
    ownTasks: async (place, types, since, signal) => {
      const [only = null, ...others] = types
      const type = others.length === 0 ? only : null
      const found = await searchTasks(engine, { place, since, type, signal })
      // The id itself names the token in full; the row's user does so only while the task runs.
      const own = found.tasks.filter(
        (task) => parseUpid(task.upid)?.user === tokenId && types.includes(task.type),
      )
      return { tasks: own, complete: found.complete }
    },
  }
}

/** Verbs whose `timeout` PVE takes; an unknown parameter is refused. */
const TAKES_TIMEOUT: Readonly<Record<GuestKind, ReadonlySet<PowerVerb>>> = {
  qemu: new Set(['start', 'stop', 'shutdown', 'reboot']),
  lxc: new Set(['shutdown', 'reboot']),
}

async function sendPower(engine: Engine, call: PowerCall): Promise<string> {
  const { kind, vmid, node, verb } = call
  const template = `/nodes/{node}/${kind}/{vmid}/status/${verb}`
  const request = `POST ${template}`
  if (kind === 'lxc' && verb === 'reset')
    throw engine.outage('invalid', request, 'a container cannot be reset', { node })
  if (call.timeout !== null && !(Number.isInteger(call.timeout) && call.timeout >= 0))
    throw engine.outage('invalid', request, 'a timeout is a whole number of seconds', { node })
  const path = `/nodes/${node}/${kind}/${vmid}/status/${verb}`
  const { data } = await engine.request('POST', path, template, parametersOf(call), {
    notAfter: call.notAfter,
  })
  const upid = typeof data === 'string' ? parseUpid(data) : null
  if (typeof data !== 'string' || upid?.node !== node || upid.id !== String(vmid))
    // It was accepted, so it may well be under way.
    throw engine.outage('notProxmox', request, 'the answer is no id of a task on this guest', {
      status: 200,
      ambiguous: true,
      node,
    })
  return data
}

function parametersOf({ kind, verb, timeout, overruleShutdown }: PowerCall): Parameters {
  return {
    ...(timeout !== null && TAKES_TIMEOUT[kind].has(verb) ? { timeout } : {}),
    ...(overruleShutdown && verb === 'stop' ? { 'overrule-shutdown': true } : {}),
  }
}
