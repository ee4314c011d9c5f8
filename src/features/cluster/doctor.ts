import type { Source } from '../../core/card.js'
import { liveSource, neverSynced } from '../../core/facts.js'
import { refusalOf } from '../../core/outage.js'
import { missingPrivileges, roleScript } from '../../core/privileges.js'
import type { Check } from '../../ports/checks.js'
import { type Probe, type PveCluster, PveError } from '../../ports/pve.js'
import type { QueryContext } from '../../ports/query.js'

export type Diagnosis = {
  readonly cluster: string
  readonly checks: readonly Check[]
  /** Commands for a root shell of the cluster; empty when nothing is missing. */
  readonly script: string
  readonly source: Source
}

/** A clock that is further off than this makes times in history and of tasks misleading. */
const CLOCK_TOLERANCE_SECONDS = 30

/** Connects to a cluster and looks at all that reading needs. */
export async function diagnose(context: QueryContext, cluster: string): Promise<Diagnosis> {
  const pve = context.pve(cluster)
  try {
    const probe = await pve.access.probe(context.signal)
    const missing = missingPrivileges(probe.permissions, 'read', majorOf(probe.version))
    const operate = await operateCheck(pve, majorOf(probe.version), context.signal)
    return {
      cluster,
      checks: [
        {
          subject: `${cluster}: connection`,
          state: 'ok',
          finding: `${probe.endpoint} answers over trusted TLS`,
          hint: '',
        },
        { subject: `${cluster}: version`, state: 'ok', finding: `Proxmox VE ${probe.version}`, hint: '' },
        quorumCheck(cluster, probe),
        privilegeCheck(cluster, missing),
        operate.check,
        clockCheck(cluster, probe.clockAhead),
        ...endpointChecks(cluster, pve.access.endpoints()),
      ],
      script: scriptFor(pve, probe.version, missing.length > 0, operate.lacks),
      source: liveSource(cluster, context.now.toISOString()),
    }
  } catch (error) {
    if (!(error instanceof PveError)) throw error
    const refusal = refusalOf(error.outage)
    const finding = [refusal.message, ...refusal.details].join(' ')
    return {
      cluster,
      checks: [
        { subject: `${cluster}: connection`, state: 'failed', finding, hint: refusal.hint },
        ...(pve.operate === null ? [noOperateToken(cluster)] : []),
        ...endpointChecks(cluster, pve.access.endpoints()),
      ],
      script: '',
      source: neverSynced(cluster, 'not reachable'),
    }
  }
}

function majorOf(version: string): 8 | 9 {
  return version.startsWith('8') ? 8 : 9
}

function quorumCheck(cluster: string, probe: Probe): Check {
  const subject = `${cluster}: quorum`
  if (probe.quorate.kind === 'unknown')
    return {
      subject,
      state: 'warning',
      finding: `unknown: ${probe.quorate.why}`,
      hint: 'Give the token Sys.Audit on /.',
    }
  if (probe.quorate.value) return { subject, state: 'ok', finding: 'the cluster is quorate', hint: '' }
  return {
    subject,
    state: 'failed',
    finding: 'no quorum',
    hint: 'Bring nodes back; until then nothing can be changed.',
  }
}

function privilegeCheck(
  cluster: string,
  missing: readonly { path: string; privileges: readonly string[] }[],
): Check {
  const subject = `${cluster}: privileges for reading`
  if (missing.length === 0) return { subject, state: 'ok', finding: 'all there', hint: '' }
  const finding = missing.map(({ path, privileges }) => `${privileges.join(', ')} on ${path}`).join('; ')
  return {
    subject,
    state: 'warning',
    finding: `missing: ${finding}`,
    hint: 'Run the commands below on a node, as root.',
  }
}

/** For the tokens that are used, so that running it changes what they may do. */
function scriptFor(
  { tokenId, operate }: Pick<PveCluster, 'tokenId' | 'operate'>,
  version: string,
  readLacks: boolean,
  operateLacks: boolean,
): string {
  const scripts = [
    ...(readLacks ? [roleScript('read', version, tokenId)] : []),
    ...(operateLacks && operate !== null ? [roleScript('operate', version, operate.tokenId)] : []),
  ]
  return scripts.join('\n')
}

function noOperateToken(cluster: string): Check {
  return {
    subject: `${cluster}: token for changes`,
    state: 'warning',
    finding: 'there is none: changes are refused',
    hint: `Put one into the configuration as tokens.operate of ${cluster}.`,
  }
}

/** Whether there is a token for changes, and whether it may switch guests on and off. */
async function operateCheck(
  pve: PveCluster,
  major: 8 | 9,
  signal: AbortSignal,
): Promise<{ readonly check: Check; readonly lacks: boolean }> {
  if (pve.operate === null) return { check: noOperateToken(pve.name), lacks: false }
  const subject = `${pve.name}: token for changes`
  try {
    const permissions = await pve.operate.permissions(signal)
    const lacking = missingPrivileges(permissions, 'operate', major).filter(({ privileges }) =>
      privileges.some((privilege) => NEEDED_FOR_CHANGES.includes(privilege)),
    )
    if (lacking.length === 0)
      return {
        check: {
          subject,
          state: 'ok',
          finding: `${pve.operate.tokenId} may switch guests on and off`,
          hint: '',
        },
        lacks: false,
      }
    const where = lacking.map(({ path }) => path).join(', ')
    return {
      check: {
        subject,
        state: 'warning',
        finding: `${pve.operate.tokenId} lacks ${NEEDED_FOR_CHANGES.join(', ')} on ${where}: changes there fail`,
        hint: 'Run the commands below on a node, as root.',
      },
      lacks: true,
    }
  } catch (error) {
    if (!(error instanceof PveError)) throw error
    const refusal = refusalOf(error.outage)
    const finding = [refusal.message, ...refusal.details].join(' ')
    return { check: { subject, state: 'failed', finding, hint: refusal.hint }, lacks: false }
  }
}

/** What today's changes take; the role that the script makes has more, for what is still to come. */
const NEEDED_FOR_CHANGES: readonly string[] = ['VM.PowerMgmt']

function clockCheck(cluster: string, ahead: number): Check {
  const subject = `${cluster}: clock`
  const off = Math.abs(Math.round(ahead))
  if (off <= CLOCK_TOLERANCE_SECONDS)
    return { subject, state: 'ok', finding: `within ${off} s of ours`, hint: '' }
  const direction = ahead > 0 ? 'ahead of' : 'behind'
  return { subject, state: 'warning', finding: `${off} s ${direction} ours`, hint: 'Let both sides use NTP.' }
}

function endpointChecks(
  cluster: string,
  endpoints: readonly { endpoint: string; state: string; note: string }[],
): readonly Check[] {
  return endpoints
    .filter(({ state }) => state === 'down')
    .map(({ endpoint, note }) => ({
      subject: `${cluster}: ${endpoint}`,
      state: 'warning',
      finding: note === '' ? 'does not answer' : note,
      hint: 'Other nodes answer in its place.',
    }))
}
