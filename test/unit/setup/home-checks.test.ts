import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from '@jest/globals'
import { type HomePaths, homePaths, readHome } from '../../../src/config/home.js'
import { isRefusal, type Refusal, refuse } from '../../../src/core/refusal.js'
import type { Check } from '../../../src/ports/checks.js'
import type { StoreHealth } from '../../../src/ports/store/health.js'
import { homeChecks } from '../../../src/setup/home-checks.js'
import { freshDirectory } from '../../support/program.js'

const text = (more = '') => `version: 1
default: lab
workspaces:
  lab:
    clusters:
      lab:
        endpoints: [https://127.0.0.1:8006]
        tokens:
          read: { id: 'mpc@pve!read', secret: "$\{file:read}" }
          operate: { id: 'mpc@pve!op0', secret: "$\{file:operate}" }
      far:
        endpoints: [https://127.0.0.1:8007]
        tokens:
          read: { id: 'mpc@pve!read', secret: "$\{env:FAR}" }
${more}`

const health: StoreHealth = {
  check: async () => ({ path: 'state.db', size: 1, migrations: ['0001_init'], problems: [] }),
} as unknown as StoreHealth

let paths: HomePaths
beforeEach(() => {
  paths = homePaths(freshDirectory())
  mkdirSync(paths.proxmox)
  for (const name of ['read', 'operate']) writeFileSync(join(paths.home, name), 'x\n', { mode: 0o600 })
})

async function checks(
  at: { begun?: string; now?: string; problem?: (cluster: string) => Refusal | null } = {},
): Promise<Record<string, Check>> {
  writeFileSync(paths.config, at.begun ?? text())
  const config = readHome(paths)
  if (isRefusal(config)) throw new Error(config.details.join())
  writeFileSync(paths.config, at.now ?? at.begun ?? text())
  const all = await homeChecks(paths, config, health, at.problem)
  return Object.fromEntries(all.map((check) => [check.subject, check]))
}

describe('homeChecks', () => {
  it('tells of each cluster whether it can be changed', async () => {
    const { configuration, ...rest } = await checks()

    expect(configuration).toMatchObject({
      state: 'ok',
      finding: 'valid; workspaces: lab; clusters: lab (read and change), far (read only)',
    })
    expect(Object.keys(rest)).toEqual(['secrets', 'database', 'disk'])
  })

  it('reads the file again, and names the line that broke since', async () => {
    const { configuration } = await checks({ now: text('policy: { solo: maybe }\n') })

    expect(configuration).toMatchObject({ state: 'failed' })
    expect(configuration?.finding).toMatch(
      /Nothing is changed until it is mended.*config.yml:15: policy.solo/,
    )
  })

  it('tells what was edited and counts only from the next start; the policy counts at once', async () => {
    const edited = await checks({ now: text().replace('8007', '8008') })
    const policy = await checks({ now: text('policy: { solo: true }\n') })

    expect(edited.configuration).toMatchObject({
      state: 'warning',
      hint: expect.stringContaining('start it again'),
    })
    expect(policy.configuration).toMatchObject({ state: 'ok' })
  })

  it('finds a secret for changes that others can read, and one that is missing', async () => {
    chmodSync(join(paths.home, 'operate'), 0o644)
    const { secrets } = await checks()
    const missing = await checks({ problem: () => refuse('secret_missing', 'It is gone.', 'Put it back.') })

    expect(secrets).toMatchObject({ state: 'warning', finding: expect.stringMatching(/read operate$/) })
    expect(missing['lab: secret for changes']).toMatchObject({
      state: 'failed',
      finding: 'no changes on lab: It is gone.',
      hint: 'Put it back.',
    })
    expect(missing['far: secret for changes']).toBeUndefined()
  })

  it('warns of times that are shorter than the real ones, and of persons who may be anybody', async () => {
    const begun = text('assume: [eve]\ntiming: { proxy_timeout: 5s }\n')
    const found = await checks({ begun })
    const demo = await checks({ begun: `${begun}demo: true\n` })

    expect(found.timing).toMatchObject({ state: 'warning' })
    expect(found.assume).toMatchObject({ state: 'warning', finding: 'eve may speak as anybody here' })
    expect(Object.keys(demo)).not.toEqual(expect.arrayContaining(['timing']))
    expect(Object.keys(demo)).not.toEqual(expect.arrayContaining(['assume']))
  })
})
