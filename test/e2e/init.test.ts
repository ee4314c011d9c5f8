import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { type Lab, startLab } from '../support/lab.js'
import { CANARY, exec, freshDirectory, run } from '../support/program.js'

let lab: Lab
beforeEach(async () => {
  lab = await startLab()
})
afterEach(() => lab.simulator.close())

const config = () => readFileSync(join(lab.home, '.proxmox/config.yml'), 'utf8')

describe('init by flags', () => {
  it('makes a home that answers, and keeps the secret out of the config', async () => {
    const made = await lab.init('--fingerprint', lab.simulator.fingerprint)
    const status = await exec(lab.home, 'status')

    expect(made).toMatchObject({ status: 0 })
    expect(config()).not.toContain(CANARY)
    expect(config()).toContain(lab.secretFile)
    expect(config()).toMatch(/public_key: sha256\//)
    for (const tool of ['terraform', 'pulumi', 'ansible'])
      expect(statSync(join(lab.home, tool)).isDirectory()).toBe(true)
    expect(status).toMatchObject({ status: 0, answer: { ok: true, code: 'done', operation: null } })
    expect(status.answer.card.heading).toMatch(/^lab: quorate, 3 of 3 nodes online/)
  })

  it('trusts a CA file', async () => {
    const ca = join(freshDirectory(), 'ca.pem')
    writeFileSync(ca, lab.simulator.caPem)

    expect(await lab.init('--ca-file', ca)).toMatchObject({ status: 0 })
    expect((await exec(lab.home, 'ls', 'nodes')).answer.card.table.rows).toHaveLength(3)
  })

  it('follows a certificate that is renewed on the same key, and stops at one with another key', async () => {
    await lab.init('--fingerprint', lab.simulator.fingerprint)
    await lab.control.change({ kind: 'renew-certificate', node: 'pve1' })
    const renewed = await exec(lab.home, 'sync')
    for (const node of ['pve1', 'pve2', 'pve3']) await lab.control.change({ kind: 'rekey-certificate', node })
    const rekeyed = await exec(lab.home, 'sync')

    expect(renewed).toMatchObject({ status: 0 })
    expect(rekeyed).toMatchObject({ status: 1, answer: { code: 'tls_fingerprint' } })
  })

  it.each<[string, (lab: Lab) => readonly string[], number, string]>([
    ['another fingerprint', () => ['--fingerprint', `${'AB:'.repeat(31)}CD`], 1, 'tls_fingerprint'],
    ['no fingerprint and nobody to ask', () => [], 1, 'tls_untrusted'],
    [
      'a token that does not exist',
      (at) => ['--fingerprint', at.simulator.fingerprint, '--token-id', 'x@pve!y0'],
      1,
      'auth_failed',
    ],
    [
      'a token id without a name',
      (at) => ['--fingerprint', at.simulator.fingerprint, '--token-id', 'x@pve'],
      2,
      'wrong_argument',
    ],
    ['a host that is not there', () => ['--endpoint', 'https://127.0.0.1:1'], 1, 'cluster_unreachable'],
    ['plain http', () => ['--endpoint', 'http://127.0.0.1:8006'], 2, 'wrong_argument'],
    [
      'a secret file that is not there',
      (at) => ['--fingerprint', at.simulator.fingerprint, '--token-secret-file', '/nowhere'],
      2,
      'secret_missing',
    ],
    ['a bad name', () => ['--workspace', 'My Lab'], 2, 'wrong_argument'],
    [
      'a token for changes without its secret',
      (at) => ['--fingerprint', at.simulator.fingerprint, '--operate-token-id', 'mpc@pve!operate'],
      2,
      'missing_argument',
    ],
    ['two answers about the token for changes', () => ['--operate', 'both'], 2, 'wrong_argument'],
    ['two answers about who runs the home', () => ['--solo', '--no-solo'], 2, 'wrong_argument'],
    ['an unknown flag', () => ['--finger-print', 'x'], 2, 'unknown_flag'],
  ])('with %s is refused and leaves nothing behind', async (_, flags, status, code) => {
    const ran = await lab.init(...flags(lab))

    expect(ran.status).toBe(status)
    expect(ran.stderr).toContain(`[${code}]`)
    expect(existsSync(join(lab.home, '.proxmox'))).toBe(false)
    expect(existsSync(join(lab.home, 'terraform'))).toBe(false)
  })

  it('shows the fingerprint that it does not trust', async () => {
    expect((await lab.init()).stderr).toContain(lab.simulator.fingerprint)
  })

  it('interrupted while it waits leaves nothing behind', async () => {
    await lab.control.fault({ kind: 'slow', ms: 20_000 })
    const requests = join(freshDirectory(), 'requests')

    const ran = await run(
      [
        'init',
        '--home',
        lab.home,
        '--workspace',
        'lab',
        '--cluster',
        'lab',
        '--endpoint',
        lab.simulator.endpoint,
        '--token-id',
        'mpc@pve!read',
        '--token-secret-file',
        lab.secretFile,
        '--fingerprint',
        lab.simulator.fingerprint,
      ],
      {
        env: { PROXMOX_MPC_REQUEST_LOG: requests },
        // Once a request is on its way it waits for the slow answer.
        onStart: (child) => whenThere(requests, () => child.kill('SIGINT')),
      },
    )

    expect(ran.stderr).toContain('[init_interrupted]')
    expect(existsSync(join(lab.home, '.proxmox'))).toBe(false)
  })

  it('adds a workspace to a home, keeps what stands in its config, and refuses a name twice', async () => {
    await lab.init('--fingerprint', lab.simulator.fingerprint)
    writeFileSync(join(lab.home, '.proxmox/config.yml'), config().replace('version: 1', '# mine\nversion: 1'))

    const twice = await lab.init('--fingerprint', lab.simulator.fingerprint)
    const second = await lab.init(
      '--fingerprint',
      lab.simulator.fingerprint,
      '--workspace',
      'far',
      '--cluster',
      'far',
    )
    const listed = await exec(lab.home, 'workspace', 'ls')

    expect(twice).toMatchObject({ status: 2, stderr: expect.stringContaining('[home_exists]') })
    expect(second).toMatchObject({ status: 0 })
    expect(config()).toContain('# mine')
    expect(listed.answer.card.table.rows.map((row: { name: string }) => row.name)).toEqual(['lab', 'far'])
  })

  it('takes a token for changes and who runs the home; without a token says that it only reads', async () => {
    const secret = secretOf('mpc@pve!operate')
    const operate = ['--operate-token-id', 'mpc@pve!operate', '--operate-token-secret-file', secret]
    const changing = await lab.init('--fingerprint', lab.simulator.fingerprint, ...operate, '--solo')
    const reading = await lab.init(
      '--fingerprint',
      lab.simulator.fingerprint,
      ...['--workspace', 'far', '--cluster', 'far'],
    )

    expect(changing).toMatchObject({ status: 0, stderr: expect.not.stringContaining('lacks') })
    expect(changing.stdout).not.toContain('Reading only')
    expect(reading).toMatchObject({ status: 0, stdout: expect.stringContaining('Reading only') })
    expect(config()).toContain(secret)
    expect(config()).toContain('solo: true')
    expect(config().match(/operate:/g)).toHaveLength(1)
  })

  it('lists privileges that the token lacks and prints what grants them', async () => {
    const ran = await lab.init(
      '--fingerprint',
      lab.simulator.fingerprint,
      '--token-id',
      'nobody@pve!none',
      '--token-secret-file',
      secretOf('nobody@pve!none'),
    )

    expect(ran.status).toBe(0)
    expect(ran.stdout + ran.stderr).toMatch(/VM\.Audit/)
    expect(ran.stdout + ran.stderr).toMatch(/pveum role add/)
  })
})

function secretOf(token: string): string {
  const path = join(freshDirectory(), 'secret')
  writeFileSync(path, lab.simulator.tokens[token] ?? '', { mode: 0o600 })
  return path
}

function whenThere(path: string, then: () => void): void {
  const timer = setInterval(() => {
    if (!existsSync(path)) return
    clearInterval(timer)
    setTimeout(then, 200)
  }, 50)
}
