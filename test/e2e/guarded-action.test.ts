import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { createControlClient } from '../../src/simulator/control-client.js'
import { exec, freshDirectory, type Ran, run } from '../support/program.js'

/** The README's example, word for word, and what scripts see of the same. */

const LINES = [
  'as alice',
  'stop web-01',
  'approve op1',
  'approvals',
  'as bob',
  'approve op1',
  'audit verify',
  'as alice',
  'undo op1',
  'audit log',
  'exit',
]

/** Lets the time of the demo's cluster pass faster, once it is there and, where that is asked for, the home is served. */
async function hurry(home: string, served: boolean): Promise<void> {
  const facts = join(home, '.proxmox/simulator/running.json')
  for (let tries = 0; tries < 400; tries++) {
    await new Promise((done) => setTimeout(done, 50))
    if (!existsSync(facts)) continue
    const control = createControlClient(JSON.parse(readFileSync(facts, 'utf8')).controlUrl)
    // It may be the one that the console before has left behind, and be gone by now.
    const clients = await control.clients().catch(() => null)
    if (clients === null || (served && clients.attached === 0)) continue
    await control.clock({ rate: 10 })
    return
  }
  throw new Error('there is no cluster')
}

describe('alice asks, bob approves', () => {
  const home = freshDirectory()
  let ran: Ran
  let calls: readonly string[] = []

  beforeAll(async () => {
    const hurried = hurry(home, false)
    ran = await run(['demo', '--home', home], { input: LINES.map((line) => `${line}\n`).join('') })
    await hurried
    const facts = JSON.parse(readFileSync(join(home, '.proxmox/simulator/running.json'), 'utf8'))
    // The simulator stays for a moment after its last console.
    const listed = await createControlClient(facts.controlUrl)
      .calls()
      .catch(() => [])
    calls = listed.map(({ path }) => path.replace(/^.*\/status\//, ''))
  }, 60_000)

  it('ends well, and says what it should', () => {
    expect(ran.status).toBe(0)
    expect(ran.stdout).toMatch(/^op1 stop web-01: waiting$/m)
    expect(ran.stdout).toContain('It waits for the approval of another person')
    expect(ran.stdout).toContain('[own_plan]')
    expect(ran.stdout).toMatch(/^op1 stop web-01: verified$/m)
    expect(ran.stdout).toMatch(/^The audit log is whole: \d+ entries$/m)
    expect(ran.stdout).toMatch(/head +\d+-[0-9a-f]{64}/)
    expect(ran.stdout).toMatch(/^op2 start web-01: verified$/m)
    expect(ran.stdout).toMatch(/takes back +op1/)
  })

  it('the log tells once of each that was refused', () => {
    expect(ran.stdout.match(/operation\.refused/g)).toHaveLength(1)
  })

  it('Proxmox VE was called twice: to stop and to start', () => {
    expect(calls).toEqual(['stop', 'start'])
  })

  it('the README shows just this', () => {
    const shown = LINES.map((line) => `${line}\\n`).join('')

    expect(readFileSync('README.md', 'utf8')).toContain(`printf '${shown}' | npm run -s demo`)
  })
})

describe('exec, for scripts', () => {
  const home = freshDirectory()
  let demo: Promise<Ran>
  let leave = () => {}

  beforeAll(async () => {
    // A console that stays open holds the demo's cluster.
    await run(['demo', '--home', home], { input: 'exit\n' })
    demo = run(['serve', '--home', home, '--port', '0'], {
      onStart: (child) => {
        leave = () => child.kill('SIGTERM')
      },
    })
    await hurry(home, true)
  }, 60_000)
  afterAll(async () => {
    leave()
    const ended = await demo
    expect(ended.status).toBe(0)
    expect(ended.stdout).toMatch(/health: http:\/\/127\.0\.0\.1:\d+\/healthz/)
  })

  it('a disruptive change ends with 4, and the same words with its digest confirm that very one', async () => {
    const asked = await exec(home, 'shutdown', 'web-02')
    expect(asked.status).toBe(4)
    expect(asked.answer).toMatchObject({
      ok: false,
      code: 'needs_confirmation',
      operation: {
        id: 'op1',
        state: 'waiting',
        code: null,
        targets: [{ guest: 'demo/102', state: 'pending', upid: null }],
      },
    })
    const digest: string = asked.answer.operation.planDigest

    const wrong = await exec(home, 'shutdown', 'web-02', '--confirm', '0000000000')
    const confirmed = await exec(home, 'shutdown', 'web-02', '--confirm', digest)
    const again = await exec(home, 'shutdown', 'web-02')

    expect([wrong.status, wrong.answer.code]).toEqual([2, 'wrong_digest'])
    expect(confirmed.status).toBe(0)
    expect(confirmed.answer.operation).toMatchObject({ id: 'op1', state: 'verified', planDigest: digest })
    expect(confirmed.answer.operation.targets[0].upid).toMatch(
      /^UPID:pve2:.*:qmshutdown:102:mpc@pve!operate:$/,
    )
    expect([again.status, again.answer.code, again.answer.operation]).toEqual([0, 'already', null])
  }, 60_000)

  it('a destructive one ends with 3, a denial with 2, and a refusal uses no number', async () => {
    const refused = await exec(home, 'stop', 'db-01')
    const asked = await exec(home, 'stop', 'web-01')
    const denied = await run(['exec', '--home', home, '--as', 'bob', '--', 'deny', 'op2'])
    const late = await run(['exec', '--home', home, '--as', 'bob', '--json', '--', 'approve', 'op2'])

    expect([refused.status, refused.answer.code]).toEqual([2, 'protected'])
    expect([asked.status, asked.answer.code, asked.answer.operation.id]).toEqual([3, 'needs_approval', 'op2'])
    expect(denied.stdout).toContain('bob denied it')
    expect([late.status, JSON.parse(late.stdout).code]).toEqual([2, 'denied'])
  }, 60_000)

  it('--detach leaves the rest to the process that serves; --wait looks on to the end', async () => {
    const asked = await exec(home, 'stop', 'web-01')
    const waiting = run(['exec', '--home', home, '--json', '--wait', '--', 'why', asked.answer.operation.id])
    const approved = await run([
      ...['exec', '--home', home, '--as', 'bob', '--json', '--detach', '--'],
      ...['approve', asked.answer.operation.id],
    ])
    expect((await waiting).status).toBe(0)
    expect(approved.status).toBe(0)
    expect(JSON.parse(approved.stdout).operation.state).toMatch(/ready|running|verified/)

    for (let tries = 0; tries < 40; tries++) {
      const seen = await exec(home, 'approvals', '--all')
      const row = seen.answer.card.table.rows.find(
        ({ id }: { id: string }) => id === asked.answer.operation.id,
      )
      if (row.state === 'verified') return
      await new Promise((done) => setTimeout(done, 300))
    }
    throw new Error('it did not come to its end')
  }, 60_000)
})
