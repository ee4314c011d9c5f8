import type { GuestKind } from '../core/resource.js'
import { type Answer, died, invalid, ok } from './http.js'
import { BOOLEAN, type ParamRule, type ParamRules, STRING } from './params.js'
import { type Context, flag, integer, type Need, nodeOf, type Route, vmidOf } from './router.js'
import { guestAt, isQuorate, lockOf, type SimGuest, type World } from './state.js'
import { abortTask, forkTask, fullUser, ownerOf, running } from './tasks.js'
import type { Work } from './work.js'

const POWER: Need = { path: '/vms/{vmid}', any: ['VM.PowerMgmt'] }
const SECONDS: ParamRule = { type: 'integer', min: 0 }
const DEFAULT_TIMEOUT = 60

type Verb = 'start' | 'stop' | 'shutdown' | 'reboot' | 'reset' | 'suspend' | 'resume'

const QEMU_VERBS: { readonly [V in Verb]: ParamRules } = {
  start: { timeout: SECONDS, machine: STRING, 'force-cpu': STRING },
  stop: { timeout: SECONDS, 'overrule-shutdown': BOOLEAN, keepActive: BOOLEAN },
  shutdown: { timeout: SECONDS, forceStop: BOOLEAN, keepActive: BOOLEAN },
  reboot: { timeout: SECONDS },
  reset: {},
  suspend: { todisk: BOOLEAN, statestorage: STRING },
  resume: { nocheck: BOOLEAN },
}

const LXC_VERBS: { readonly [V in Exclude<Verb, 'reset'>]: ParamRules } = {
  start: { debug: BOOLEAN },
  stop: { 'overrule-shutdown': BOOLEAN },
  shutdown: { timeout: SECONDS, forceStop: BOOLEAN },
  reboot: { timeout: SECONDS },
  suspend: {},
  resume: {},
}

/**
 * What PVE refuses before it makes a task. VMs check little here, containers nearly everything. A guest that is not
 * there counts as stopped: start, stop and shutdown of it make a task that fails.
 */
function refuseAtOnce(
  kind: GuestKind,
  verb: Verb,
  guest: SimGuest | undefined,
  context: Context,
): Answer | null {
  const vmid = vmidOf(context)
  if (context.params.skiplock !== undefined) return invalid({ skiplock: 'Only root may use this option.' })
  const quorate = isQuorate(context.world)
  if (verb === 'start' && !quorate) return died('cluster not ready - no quorum?')
  const stopped = guest === undefined || guest.power === 'stopped'
  if (kind === 'lxc') {
    if (verb === 'start') return stopped ? null : died(`CT ${vmid} already running`)
    if (verb === 'resume' || !stopped) return null
    return died(`${verb === 'reboot' ? 'VM' : 'CT'} ${vmid} not running`)
  }
  if (verb === 'start' || verb === 'stop') return null
  if (verb === 'shutdown') return guest?.power === 'paused' && !flag(context, 'forceStop') ? paused() : null
  if (verb === 'resume' && guest !== undefined && lockOf(guest) === 'suspended') return null
  if (stopped) return died(`VM ${vmid} not running`)
  if (verb === 'reboot' && guest.power === 'paused') return paused()
  return verb === 'suspend' && flag(context, 'todisk') && guest.ha !== null
    ? died('Cannot suspend HA managed VM to disk')
    : null
}

const paused = (): Answer => died('VM is paused - cannot shutdown')

function workOf(kind: GuestKind, verb: Verb, context: Context): Work {
  const target = { vmid: vmidOf(context), guest: kind }
  const timeout = integer(context, 'timeout', DEFAULT_TIMEOUT)
  if (verb === 'shutdown') return { kind: verb, timeout, forceStop: flag(context, 'forceStop'), ...target }
  if (verb === 'reboot') return { kind: verb, timeout, ...target }
  if (verb === 'suspend') return { kind: verb, toDisk: flag(context, 'todisk'), ...target }
  return { kind: verb, ...target }
}

function taskType(kind: GuestKind, verb: Verb, context: Context): string {
  if (kind === 'lxc') return `vz${verb}`
  return verb === 'suspend' && !flag(context, 'todisk') ? 'qmpause' : `qm${verb}`
}

/** Ends the caller's own waiting shutdowns of a guest, and those of others where the privilege is there. */
function overruleShutdown(context: Context, kind: GuestKind): void {
  const { world, caller, permissions } = context
  const type = kind === 'qemu' ? 'qmshutdown' : 'vzshutdown'
  const mayAll = permissions.has(caller, `/nodes/${nodeOf(context)}`, 'Sys.Modify')
  for (const task of running(world)) {
    if (task.type !== type || task.id !== context.vars.vmid) continue
    if (mayAll || fullUser(task) === caller.id) abortTask(world, task)
  }
}

function haVerb(verb: Verb): 'start' | 'stop' | 'shutdown' | null {
  return verb === 'start' || verb === 'stop' || verb === 'shutdown' ? verb : null
}

function askHa(world: World, context: Context, guest: SimGuest, verb: 'start' | 'stop' | 'shutdown'): Answer {
  const timeout = integer(context, 'timeout', DEFAULT_TIMEOUT)
  const upid = forkTask(world, {
    node: nodeOf(context),
    type: verb === 'start' ? 'hastart' : 'hastop',
    id: String(guest.vmid),
    owner: ownerOf(context.caller),
    work: { kind: 'ha-request', verb, timeout, vmid: guest.vmid, guest: guest.kind },
  })
  return ok(upid)
}

function perform(kind: GuestKind, verb: Verb): (context: Context) => Answer {
  return (context) => {
    const { world } = context
    const guest = guestAt(world, nodeOf(context), kind, vmidOf(context))
    const refusal = refuseAtOnce(kind, verb, guest, context)
    if (refusal !== null) return refusal
    const requested = haVerb(verb)
    if (guest?.ha !== null && guest?.ha !== undefined && requested !== null) {
      if (flag(context, 'overrule-shutdown')) {
        return invalid({ 'overrule-shutdown': 'Not applicable for HA resources.' })
      }
      return askHa(world, context, guest, requested)
    }
    if (flag(context, 'overrule-shutdown')) overruleShutdown(context, kind)
    const upid = forkTask(world, {
      node: nodeOf(context),
      type: taskType(kind, verb, context),
      id: String(vmidOf(context)),
      owner: ownerOf(context.caller),
      work: workOf(kind, verb, context),
    })
    return ok(upid)
  }
}

function powerRoute(kind: GuestKind, verb: Verb, params: ParamRules): Route {
  return {
    method: 'POST',
    path: `/nodes/{node}/${kind}/{vmid}/status/${verb}`,
    relayed: true,
    need: POWER,
    params: { ...params, skiplock: BOOLEAN },
    handle: perform(kind, verb),
  }
}

const VERBS = ['start', 'stop', 'shutdown', 'reboot', 'reset', 'suspend', 'resume'] as const

/** The power verbs of VMs and containers. */
export const powerRoutes: readonly Route[] = VERBS.flatMap((verb) => {
  const qemu = powerRoute('qemu', verb, QEMU_VERBS[verb])
  return verb === 'reset' ? [qemu] : [qemu, powerRoute('lxc', verb, LXC_VERBS[verb])]
})
