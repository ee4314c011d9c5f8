import { statfsSync } from 'node:fs'
import { exposed, type HomePaths } from '../config/home.js'
import type { Config } from '../config/schema.js'
import type { Check } from '../ports/checks.js'
import type { StoreHealth } from '../ports/store/health.js'

/** How a reference to a file begins in the configuration. */
const FILE_REFERENCE = `\${file:`

/** Less room than this makes a write likely to fail soon. */
const LITTLE_ROOM = 200 * 1024 * 1024

/** What `doctor` looks at in the home itself. */
export async function homeChecks(
  paths: HomePaths,
  config: Config,
  health: StoreHealth,
): Promise<readonly Check[]> {
  return [configCheck(config), secretsCheck(paths, config), await storeCheck(health), roomCheck(paths)]
}

function configCheck(config: Config): Check {
  const workspaces = Object.keys(config.workspaces)
  return {
    subject: 'configuration',
    state: 'ok',
    finding: `valid; workspaces: ${workspaces.join(', ')}`,
    hint: '',
  }
}

function secretsCheck(paths: HomePaths, config: Config): Check {
  const files = Object.values(config.workspaces)
    .flatMap(({ clusters }) => Object.values(clusters))
    .flatMap(({ tokens }) =>
      tokens.read.secret.startsWith(FILE_REFERENCE)
        ? [tokens.read.secret.slice(FILE_REFERENCE.length, -1)]
        : [],
    )
  const open = exposed(paths, files)
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
