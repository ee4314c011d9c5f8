import { statfsSync } from 'node:fs'
import { isDeepStrictEqual } from 'node:util'
import { exposed, type HomePaths, readHome } from '../config/home.js'
import type { ClusterConfig, Config } from '../config/schema.js'
import { isRefusal, type Refusal } from '../core/refusal.js'
import type { Check } from '../ports/checks.js'
import type { StoreHealth } from '../ports/store/health.js'

/** How a reference to a file begins in the configuration. */
const FILE_REFERENCE = `\${file:`

/** Less room than this makes a write likely to fail soon. */
const LITTLE_ROOM = 200 * 1024 * 1024

/** PVE's proxy goes on for so long with a request whose asker has given up; nobody can set that there. */
const PROXY_TIMEOUT_MS = 30_000

type OperateProblem = (cluster: string) => Refusal | null

/**
 * What `doctor` looks at in the home itself. `config` is what this process began with; the file is read again.
 * `operateProblem` tells why nothing can be changed on a cluster, beyond what the file says.
 */
export async function homeChecks(
  paths: HomePaths,
  config: Config,
  health: StoreHealth,
  operateProblem: OperateProblem = () => null,
): Promise<readonly Check[]> {
  return [
    configCheck(readHome(paths), config),
    ...changesChecks(config, operateProblem),
    ...timingChecks(config),
    ...assumeChecks(config),
    secretsCheck(paths, config),
    await storeCheck(health),
    roomCheck(paths),
  ]
}

/** The policy is looked at again before every change; what else is in the file counts from the next start. */
function configCheck(file: Config | Refusal, running: Config): Check {
  const subject = 'configuration'
  if (isRefusal(file))
    return {
      subject,
      state: 'failed',
      finding: [`${file.message} Nothing is changed until it is mended.`, ...file.details].join(' '),
      hint: file.hint,
    }
  const clusters = clustersOf(file).map(
    ([name, { tokens }]) => `${name} (${tokens.operate === undefined ? 'read only' : 'read and change'})`,
  )
  const finding = `valid; workspaces: ${Object.keys(file.workspaces).join(', ')}; clusters: ${clusters.join(', ')}`
  if (isDeepStrictEqual(atStart(file), atStart(running))) return { subject, state: 'ok', finding, hint: '' }
  return {
    subject,
    state: 'warning',
    finding: `${finding}; workspaces or timing were edited since this program began`,
    hint: 'They count from the next start: leave and start it again.',
  }
}

const atStart = ({ workspaces, default: first, timing }: Config) => ({ workspaces, first, timing })

const clustersOf = (config: Config): readonly (readonly [string, ClusterConfig])[] =>
  Object.values(config.workspaces).flatMap(({ clusters }) => Object.entries(clusters))

/** Clusters that have a token for changes which cannot be used; where there is none, the cluster's own checks say so. */
function changesChecks(config: Config, operateProblem: OperateProblem): readonly Check[] {
  return clustersOf(config).flatMap(([name, { tokens }]) => {
    const problem = tokens.operate === undefined ? null : operateProblem(name)
    if (problem === null) return []
    const finding = `no changes on ${name}: ${problem.message}`
    return [{ subject: `${name}: secret for changes`, state: 'failed' as const, finding, hint: problem.hint }]
  })
}

function timingChecks({ timing, demo }: Config): readonly Check[] {
  if (demo || timing.proxy_timeout >= PROXY_TIMEOUT_MS) return []
  return [
    {
      subject: 'timing',
      state: 'warning',
      finding:
        'proxy_timeout is shorter than Proxmox VE really waits: a call that was lost could be judged too early',
      hint: 'Outside of tests leave it at 30s.',
    },
  ]
}

function assumeChecks({ assume, demo }: Config): readonly Check[] {
  if (demo || assume.length === 0) return []
  return [
    {
      subject: 'assume',
      state: 'warning',
      finding: `${assume.join(', ')} may speak as anybody here`,
      hint: 'Take them out of `assume` once that is not needed any more.',
    },
  ]
}

/** Files that references of the configuration name. */
function secretFiles(config: Config): readonly string[] {
  const references = clustersOf(config).flatMap(([, { tokens }]) => [
    tokens.read.secret,
    ...(tokens.operate === undefined ? [] : [tokens.operate.secret]),
  ])
  const files = references.flatMap((reference) =>
    reference.startsWith(FILE_REFERENCE) ? [reference.slice(FILE_REFERENCE.length, -1)] : [],
  )
  return [...new Set(files)]
}

function secretsCheck(paths: HomePaths, config: Config): Check {
  const open = exposed(paths, secretFiles(config))
  if (open.length === 0)
    return { subject: 'secrets', state: 'ok', finding: 'no secret file is open to others', hint: '' }
  return {
    subject: 'secrets',
    state: 'warning',
    finding: `everybody on this machine can read ${open.join(', ')}`,
    hint: 'Close them: chmod 600 FILE.',
  }
}

async function storeCheck(health: StoreHealth): Promise<Check> {
  const report = await health.check()
  if (report.problems.length === 0) {
    const size = `${(report.size / 1024 / 1024).toFixed(1)} MiB`
    return {
      subject: 'database',
      state: 'ok',
      finding: `sound, ${size}, ${report.migrations.length} migrations`,
      hint: '',
    }
  }
  return {
    subject: 'database',
    state: 'failed',
    finding: report.problems.join('; '),
    hint: 'Restore a backup: proxmox-mpc db restore FILE.',
  }
}

function roomCheck(paths: HomePaths): Check {
  const { bavail, bsize } = statfsSync(paths.home)
  const free = bavail * bsize
  const finding = `${(free / 1024 ** 3).toFixed(1)} GiB free`
  if (free > LITTLE_ROOM) return { subject: 'disk', state: 'ok', finding, hint: '' }
  return { subject: 'disk', state: 'warning', finding, hint: 'Make room; without it nothing can be stored.' }
}
