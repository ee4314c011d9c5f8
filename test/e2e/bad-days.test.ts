import { chmodSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { ask as exec } from '../support/inside.js'
import { type Lab, startLab, TOKEN } from '../support/lab.js'
import { freshDirectory, run } from '../support/program.js'

let lab: Lab
beforeEach(async () => {
  lab = await startLab()
  await lab.ready()
})
afterEach(() => lab.simulator.close().catch(() => {}))

const database = () => join(lab.home, '.proxmox/state.db')
const configPath = () => join(lab.home, '.proxmox/config.yml')

describe('wrong words', () => {
  it.each([
    ['hlep', 'unknown_command', /`help`/],
    ['show web-1', 'unknown_guest_or_resource', /`web-01`|`web-02`/],
    ['show nothing-like-it', 'unknown_resource', /`ls`/],
    ['show', 'missing_argument', /Usage/],
    ['metrics web-01 fortnight', 'wrong_argument', /Usage/],
    ['task show t99999', 'unknown_task', /`task ls`/],
    ['ls --limit many', 'wrong_argument', /Usage/],
    ['history --since soon', 'wrong_argument', /Usage/],
    ['use nowhere', 'unknown_workspace', /lab/],
  ])('%s', async (line, code, hint) => {
    const { status, answer } = await exec(lab.home, ...line.split(' '))

    expect(status).toBe(2)
    expect(answer.ok).toBe(false)
    expect(answer.code).toBe(code.replace('unknown_guest_or_resource', 'unknown_resource'))
    expect(answer.card.hint).toMatch(hint)
  })

  it('a name that two guests bear lists them', async () => {
    await lab.control.change({ kind: 'create', vmid: 950, name: 'web-01', node: 'pve2' })
    await exec(lab.home, 'sync')

    const { answer } = await exec(lab.home, 'show', 'web-01')

    expect(answer.code).toBe('ambiguous_resource')
    expect(answer.card.details.join('\n')).toMatch(/101[\s\S]*950/)
  })
})

describe('the home', () => {
  it('is not here', async () => {
    const ran = await run(['exec', '--home', freshDirectory(), '--json', '--', 'status'])

    expect(ran.status).toBe(2)
    expect(JSON.parse(ran.stdout)).toMatchObject({ ok: false, code: 'no_home' })
  })

  it('has a typo in its config', async () => {
    writeFileSync(configPath(), readFileSync(configPath(), 'utf8').replace('endpoints:', 'endpoint:'))

    const { status, answer } = await exec(lab.home, 'status')

    expect({ status, code: answer.code }).toEqual({ status: 2, code: 'config_invalid' })
    expect(answer.card.details.join('\n')).toMatch(/config\.yml:\d+: .*`endpoints`/)
  })

  it('has lost its secret: stored facts are still shown', async () => {
    await exec(lab.home, 'sync')
    rmSync(lab.secretFile)

    const sync = await exec(lab.home, 'sync')
    const ls = await exec(lab.home, 'ls')

    expect(sync).toMatchObject({ status: 2, answer: { code: 'secret_missing' } })
    expect(ls.answer.card.table.rows.length).toBeGreaterThan(10)
  })
})

describe('the cluster', () => {
  it('is down: `show` tells what was stored and how old it is', async () => {
    await exec(lab.home, 'sync')
    await lab.simulator.close()

    const shown = await exec(lab.home, 'show', 'web-01')
    const synced = await exec(lab.home, 'sync')

    expect(shown.status).toBe(0)
    expect(shown.answer.card.heading).toMatch(/web-01 .* was running/)
    expect(shown.answer.card.sources[0]).toMatchObject({
      kind: 'synced',
      note: expect.stringContaining('cannot be reached'),
    })
    expect(synced).toMatchObject({ status: 1, answer: { code: 'cluster_unreachable' } })
  })

  it('was never reached: nothing is made up', async () => {
    await lab.simulator.close()

    expect(await exec(lab.home, 'status')).toMatchObject({
      status: 1,
      answer: { ok: false, code: 'cluster_unreachable' },
    })
  })

  it('does not accept the token any more', async () => {
    await lab.control.fault({ kind: 'revoke', token: TOKEN })

    expect(await exec(lab.home, 'sync')).toMatchObject({ status: 1, answer: { code: 'auth_failed' } })
  })

  it('has no quorum: it reads, and says so', async () => {
    await lab.control.fault({ kind: 'quorum-lost' })

    const { status, answer } = await exec(lab.home, 'status')

    expect(status).toBe(0)
    expect(answer.card.heading).toMatch(/^lab: no quorum/)
    expect(answer.card.tone).toBe('danger')
  })

  it('has a dead node: its guests are unknown, and showing one says why', async () => {
    await lab.control.fault({ kind: 'node-offline', node: 'pve2' })
    await exec(lab.home, 'sync')

    const status = await exec(lab.home, 'status')
    const rows = (await exec(lab.home, 'ls', 'node=pve2')).answer.card.table.rows
    const shown = await exec(lab.home, 'show', String(rows[0].vmid))

    expect(status.answer.card.heading).toContain('2 of 3 nodes online')
    expect(new Set(rows.map((row: { state: string }) => row.state))).toEqual(new Set(['unknown']))
    expect(shown.answer.card.text).toMatch(/pve2 .*cannot be reached/)
  })

  it('took a privilege away: `show` names path and privilege, nothing is told to be removed', async () => {
    await exec(lab.home, 'sync')
    await lab.control.fault({ kind: 'revoke', token: TOKEN, path: '/vms/101', privileges: ['VM.Audit'] })

    const shown = await exec(lab.home, 'show', '101')
    await lab.control.fault({ kind: 'restore', token: TOKEN })
    await lab.control.fault({ kind: 'revoke', token: TOKEN, path: '/', privileges: ['VM.Audit'] })
    const synced = await exec(lab.home, 'sync')
    const history = await exec(lab.home, 'history', '101')

    expect(JSON.stringify(shown.answer.card)).toMatch(/VM\.Audit on \/vms\/101/)
    expect(synced.status).toBe(0)
    expect(JSON.stringify(history.answer.card.table)).toContain('no longer visible')
    expect(JSON.stringify(history.answer.card.table)).not.toContain('removed')
  })

  it.each([
    ['HTML', { kind: 'html' as const }, 'not_proxmox'],
    ['truncated JSON', { kind: 'truncated' as const }, 'not_proxmox'],
    [
      'a body over the limit',
      { kind: 'oversized' as const, bytes: 70 * 1024 * 1024, path: '/cluster/resources' },
      'answer_too_large',
    ],
    ['something else than a list', { kind: 'wrong-content' as const }, 'not_proxmox'],
  ])('answers %s', async (_, fault, code) => {
    await lab.control.fault(fault)

    expect(await exec(lab.home, 'sync')).toMatchObject({ status: 1, answer: { code } })
  })
})

describe('an old Proxmox VE', () => {
  it('is refused by name', async () => {
    const old = await startLab({ version: '7.4-17' })

    const ran = await old.init('--fingerprint', old.simulator.fingerprint)
    await old.simulator.close()

    expect(ran.status).toBe(1)
    expect(ran.stderr).toContain('[unsupported_version]')
    expect(ran.stderr).toContain('7.4')
  })
})

describe('the database', () => {
  it('truncated is found, said, and restored with one command', async () => {
    await exec(lab.home, 'sync')
    await run(['db', 'backup', '--home', lab.home])
    truncateSync(database(), 5000)
    rmSync(`${database()}-wal`, { force: true })

    const broken = await exec(lab.home, 'ls')
    const checked = await run(['db', 'check', '--home', lab.home])
    const restored = await run(['db', 'restore', '--home', lab.home])
    const ls = await exec(lab.home, 'ls')

    expect(broken).toMatchObject({ status: 1, answer: { code: 'store_corrupt' } })
    expect(broken.answer.card.hint).toContain('db restore')
    expect(checked.status).toBe(1)
    expect(restored).toMatchObject({ status: 0 })
    expect(ls.answer.card.table.rows.length).toBeGreaterThan(10)
  })

  it('full of something else is not overwritten', async () => {
    writeFileSync(database(), 'these are my shopping notes, not a database\n'.repeat(200))

    const { answer } = await exec(lab.home, 'ls')

    expect(answer.code).toBe('store_corrupt')
    expect(readFileSync(database(), 'utf8')).toContain('shopping notes')
  })

  it('that cannot be read is said', async () => {
    await exec(lab.home, 'sync')
    if (process.getuid?.() === 0) {
      // Root reads everything; a directory in its place cannot be opened by anybody.
      rmSync(database())
      const { mkdirSync } = await import('node:fs')
      mkdirSync(database())
    } else chmodSync(database(), 0)

    expect(await exec(lab.home, 'ls')).toMatchObject({ status: 1, answer: { code: 'store_unreadable' } })
  })
})

describe('names and notes that mean harm', () => {
  it('reach the console as plain text, and the JSON unchanged', async () => {
    const name = `x\u001b[31m\u0007"'<!channel>\u202e🐙\t`
    await lab.control.change({ kind: 'rename', vmid: 101, name, by: 'config-file' })
    await lab.control.change({
      kind: 'config',
      vmid: 101,
      set: { description: `${'long '.repeat(2000)}\u001b]0;title\u0007` },
    })
    await exec(lab.home, 'sync')

    const json = await exec(lab.home, 'show', '101')
    const text = await run(['exec', '--home', lab.home, '--', 'show', '101'])
    const list = await run(['exec', '--home', lab.home, '--', 'ls'])

    expect(json.answer.card.heading).toContain(name)
    for (const printed of [text, list]) {
      expect(printed.status).toBe(0)
      expect(printed.stdout).not.toMatch(
        /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/,
      )
    }
    expect(list.stdout).toContain('🐙')
  })
})

describe('two consoles on one home', () => {
  it('both answer', async () => {
    const both = await Promise.all(
      ['status\nsync\nls\n', 'status\nsync\nls\n'].map((input) =>
        run(['console', '--home', lab.home], { input }),
      ),
    )

    for (const ran of both) {
      expect(ran.status).toBe(0)
      expect(ran.stdout).toContain('3 of 3 nodes online')
      expect(ran.stdout).toContain('web-01')
    }
  })
})
