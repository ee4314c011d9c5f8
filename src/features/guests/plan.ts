import type { DraftTarget } from '../../core/drafting.js'
import { kindWord } from '../../core/facts.js'
import { isFit } from '../../core/fits.js'
import type { GuestFacts } from '../../core/guest-facts.js'
import { compareMarks } from '../../core/identity.js'
import { type Known, orNull } from '../../core/known.js'
import { refusalOf } from '../../core/outage.js'
import type { PlanTarget } from '../../core/plan.js'
import { guardOf, type PlanRisk } from '../../core/policy.js'
import type { PowerVerb } from '../../core/power.js'
import { type Refusal, refuse } from '../../core/refusal.js'
import { holds } from '../../core/visibility.js'
import type { GuestNow, PlanContext } from '../../ports/planning.js'
import { sentencesOf } from './sentences.js'
import { lockedBy, wrongState } from './states.js'

/** PVE waits so long for a guest to shut down where neither its startup order nor anybody says otherwise. */
const SHUTDOWN_SECONDS = 60

const GOALS: Readonly<Record<PowerVerb, PlanTarget['goal']>> = {
  start: 'running',
  resume: 'running',
  reboot: 'running',
  reset: 'running',
  shutdown: 'stopped',
  stop: 'stopped',
  suspend: 'paused',
}

/** A container that is suspended is written to disk and halted: Proxmox VE shows it as stopped. */
function goalOf(verb: PowerVerb, { kind }: Pick<GuestFacts, 'kind'>): PlanTarget['goal'] {
  return verb === 'suspend' && kind === 'lxc' ? 'stopped' : GOALS[verb]
}

const LEAST: Readonly<Record<PowerVerb, PlanRisk>> = {
  start: 'routine',
  resume: 'routine',
  shutdown: 'disruptive',
  reboot: 'disruptive',
  suspend: 'disruptive',
  stop: 'destructive',
  reset: 'destructive',
}

/**
 * One guest of a power change: what would be sent, or why nothing is. `seconds` is how long to wait for a shutdown where
 * the person said so.
 */
export function draftPower(
  verb: PowerVerb,
  now: GuestNow,
  context: Pick<PlanContext, 'policy'>,
  seconds: number | null,
): DraftTarget {
  const { guest, reading } = now
  const label = `${guest.name} (${guest.vmid})`
  const refused = (refusal: Refusal): DraftTarget => ({ kind: 'refused', guest: label, refusal })
  if (reading.kind === 'gone')
    return refused(
      refuse('guest_gone', `${label} does not exist any more.`, '`sync` reads the cluster again.'),
    )
  if (reading.kind === 'unreadable')
    return refused(reading.nodeOnline ? refusalOf(reading.outage) : offline(label, reading.place.node))
  const { facts } = reading
  const misfit = (guest.fits ?? []).find((fit) => !isFit(fit, facts))
  if (misfit !== undefined) return refused(unfit(misfit.said, label))
  const cannot = impossible(verb, facts, label)
  if (cannot !== null) return refused(cannot)
  if (isThere(verb, facts))
    return { kind: 'already', guest: label, sentence: `${label} is ${goalOf(verb, facts)} already.` }
  const wrong = wrongState(verb, facts, label) ?? lockedBy(verb, facts, label)
  if (wrong !== null) return refused(wrong)
  const risk = riskOf(verb, facts)
  const place = { ...facts, cluster: guest.cluster, tags: facts.tags }
  const mark = markOf(facts, now.births)
  const guarded = guard(verb, risk, { ...facts, mark }, label, guardOf(context.policy, place))
  if (guarded !== null) return refused(guarded)
  const lacking = privilege(now, facts.vmid, label)
  if (lacking !== null) return refused(lacking)
  return drafted(verb, now, facts, risk, seconds)
}

/** It was chosen by what was last known of it, which is not so any more. */
function unfit(said: string, label: string): Refusal {
  return refuse(
    'plan_stale',
    `${label} is not \`${said}\` any more.`,
    '`sync` reads the cluster again; then ask anew.',
  )
}

function offline(label: string, node: string): Refusal {
  return refuse(
    'node_unreachable',
    `The node ${node}, on which ${label} is, is offline.`,
    '`status` shows which nodes are online.',
  )
}

function impossible(verb: PowerVerb, facts: GuestFacts, label: string): Refusal | null {
  if (!facts.nodeOnline) return offline(label, facts.node)
  if (facts.quorate.kind === 'known' && !facts.quorate.value)
    return refuse(
      'cluster_no_quorum',
      'The cluster has no quorum.',
      'Nothing is changed until most nodes are back; reading works.',
    )
  if (facts.template)
    return refuse('is_template', `${label} is a template.`, 'Templates are cloned, never run.')
  if (facts.kind === 'lxc' && verb === 'reset')
    return refuse(
      'wrong_argument',
      `${label} is a container; only VMs can be reset.`,
      `\`reboot ${facts.vmid}\` restarts it.`,
    )
  return null
}

/** A guest that was suspended to disk is switched off, yet not simply stopped. */
function isThere(verb: PowerVerb, facts: GuestFacts): boolean {
  if (verb === 'reboot' || verb === 'reset') return false
  if (verb === 'suspend' && facts.kind === 'lxc') return false
  if (verb === 'start' || verb === 'resume') return facts.power === 'running'
  return facts.power === goalOf(verb, facts)
}

/** The manager kills a VM that does not shut down in time; PVE kills a container that does not reboot in time. */
function riskOf(verb: PowerVerb, facts: GuestFacts): PlanRisk {
  if (verb === 'shutdown' && facts.ha !== null && facts.kind === 'qemu') return 'destructive'
  if (verb === 'reboot' && facts.kind === 'lxc') return 'destructive'
  return LEAST[verb]
}

/** What is guarded is left alone, and what cannot be read counts as guarded. */
function guard(
  verb: PowerVerb,
  risk: PlanRisk,
  facts: GuestFacts,
  label: string,
  configured: string | null,
): Refusal | null {
  if (risk === 'routine') return null
  if (configured !== null)
    return refuse(
      'protected',
      `${label} is guarded by ${configured}: \`${verb}\` is refused.`,
      'Whoever runs this home can lift the guard in the config file (policy: guards).',
    )
  if (risk !== 'destructive') return null
  const { protection, configDigest, mark } = facts
  if (protection.kind === 'known' && protection.value)
    return refuse(
      'protected',
      `${label} is protected in Proxmox VE: \`${verb}\` is refused.`,
      `${verb === 'shutdown' ? 'Take' : `Try \`shutdown ${facts.vmid}\`, or take`} the protection off in Proxmox VE (Options, Protection).`,
    )
  const unread = [protection, configDigest].find((fact) => fact.kind === 'unknown')
  if (unread?.kind === 'unknown')
    return refuse(
      'facts_unknown',
      `The configuration of ${label} cannot be read, so whether it is protected is not known.`,
      '`doctor pve` prints the commands that grant what is missing.',
      [unread.why],
    )
  if (mark.kind === 'unknown')
    return refuse(
      'identity_unknown',
      `Whether ${label} is still the guest that it was cannot be told.`,
      'Without a mark of its own nothing destructive is done to it; do it in Proxmox VE.',
      [mark.why],
    )
  return null
}

function privilege({ guest, permissions }: GuestNow, vmid: number, label: string): Refusal | null {
  if (permissions.kind === 'unknown' || holds(permissions.value, `/vms/${vmid}`, 'VM.PowerMgmt')) return null
  return refuse(
    'missing_privilege',
    `The token for operations lacks VM.PowerMgmt on /vms/${vmid} in cluster ${guest.cluster}, which ${label} needs.`,
    '`doctor pve` prints the commands that grant what is missing.',
  )
}

function drafted(
  verb: PowerVerb,
  now: GuestNow,
  facts: GuestFacts,
  risk: PlanRisk,
  seconds: number | null,
): DraftTarget {
  const { guest, seen, births } = now
  const call = callOf(verb, now, facts, seconds)
  const target: PlanTarget = {
    cluster: guest.cluster,
    vmid: facts.vmid,
    kind: facts.kind,
    name: facts.name,
    mark: markOf(facts, births),
    configDigest: orNull(facts.configDigest),
    power: facts.power,
    lock: facts.lock,
    protection: orNull(facts.protection),
    ha: facts.ha,
    pool: facts.pool,
    snapshots: facts.snapshots.kind === 'known' ? [...facts.snapshots.value] : null,
    call,
    goal: goalOf(verb, facts),
    sentences: sentencesOf(verb, facts, call),
  }
  return {
    kind: 'target',
    target,
    risk,
    place: {
      cluster: guest.cluster,
      vmid: facts.vmid,
      name: facts.name,
      node: facts.node,
      pool: facts.pool,
      tags: facts.tags,
    },
    shown: {
      guest: `${facts.name} (${kindWord(facts.kind)} ${facts.vmid})`,
      node: facts.node,
      state: facts.power,
      uptime: facts.uptime,
      tags: facts.tags,
      notes: [...recreatedNote(seen, facts, births), ...notesOf(facts)],
      ...(births?.kind === 'known' ? { sighting: births.value.sighting } : {}),
    },
  }
}

function callOf(
  verb: PowerVerb,
  now: GuestNow,
  facts: GuestFacts,
  seconds: number | null,
): PlanTarget['call'] {
  const waits = verb === 'shutdown' || verb === 'reboot'
  const active = facts.activeTasks.kind === 'known' ? facts.activeTasks.value : []
  const ours = active.some(
    ({ type, upid }) => (type === 'qmshutdown' || type === 'vzshutdown') && now.ownTasks.has(upid),
  )
  return {
    verb,
    timeout: waits ? (seconds ?? facts.downSeconds ?? SHUTDOWN_SECONDS) : null,
    overruleShutdown: verb === 'stop' && facts.ha === null && ours,
  }
}

/** What cannot be told from another one later has no mark now. */
function markOf({ mark }: GuestFacts, births: GuestNow['births']): PlanTarget['mark'] {
  if (births?.kind === 'unknown') return births
  return mark.kind === 'ct' ? { kind: 'ct', addresses: [...mark.addresses] } : mark
}

/** Whether it is another one than was last known here, as the mark and its tasks tell. */
function recreatedNote(seen: GuestNow['seen'], { mark }: GuestFacts, births: GuestNow['births']) {
  if (seen === null) return []
  const then = `since it was last seen here (${seen.seenAt}, then called ${seen.name})`
  const anew = births?.kind === 'known' ? births.value.sinceSeen : false
  if (compareMarks(seen.mark, mark) === 'different' || anew === true) return [`It was made anew ${then}.`]
  return anew === 'unknown' ? [`Whether it was made anew ${then} cannot be told.`] : []
}

function notesOf(facts: GuestFacts): readonly string[] {
  const unread = (what: string, fact: Known<unknown>) =>
    fact.kind === 'unknown' ? [`${what}: unknown (${fact.why}).`] : []
  const pending =
    facts.pending.kind === 'known' && facts.pending.value.length > 0
      ? [`Config changes wait for the next start: ${facts.pending.value.join(', ')}.`]
      : []
  const tasks = facts.activeTasks.kind === 'known' ? facts.activeTasks.value : []
  return [
    ...pending,
    ...tasks.map(({ type, user }) => `A task runs on it: ${type} by ${user}.`),
    ...(facts.snapshots.kind === 'known' && facts.snapshots.value.length > 0
      ? [`Snapshots: ${facts.snapshots.value.join(', ')}.`]
      : []),
    ...unread('Snapshots', facts.snapshots),
    ...unread('Protection', facts.protection),
    ...unread('Pending changes', facts.pending),
    ...unread('Running tasks', facts.activeTasks),
  ]
}
