import { mkdirSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { expect, it } from '@jest/globals'
import { homePaths } from '../../src/config/home.js'
import { openStores } from '../../src/store/open.js'
import { systemClock } from '../../src/system/clock.js'
import { startLab } from '../support/lab.js'
import { CANARY, canaryFile, exec, freshDirectory, run } from '../support/program.js'

/** Until there is an operation of that number. */
async function begun(path: string, id: number): Promise<void> {
  const stores = await openStores({ path, migrationsDir: resolve('prisma/migrations'), clock: systemClock })
  try {
    while ((await stores.operations.get(id)) === null) await new Promise((done) => setTimeout(done, 50))
  } finally {
    await stores.close()
  }
}

/** A home where nothing but `exec` ever runs: what one was killed over, the next one ends. */
it('whoever waits for the guest of a process that was killed takes over its operation', async () => {
  const operate = 'mpc@pve!operate'
  const lab = await startLab({ tokens: { 'mpc@pve!read': CANARY, [operate]: CANARY } })
  try {
    await lab.control.clock({ rate: 10 })
    const home = freshDirectory()
    const { endpoint, fingerprint } = lab.simulator
    const token = (id: string) => `{ id: '${id}', secret: '\${file:canary-secret}' }`
    mkdirSync(homePaths(home).proxmox, { recursive: true })
    canaryFile(home)
    writeFileSync(
      homePaths(home).config,
      `version: 1
default: lab
timing: { proxy_timeout: 500ms, lease: 1500ms }
workspaces:
  lab:
    clusters:
      lab:
        endpoints: ['${endpoint}']
        tls: { fingerprint: '${fingerprint}' }
        tokens: { read: ${token('mpc@pve!read')}, operate: ${token(operate)} }
`,
    )
    // It runs until the test lets it end.
    await lab.control.fault({ kind: 'task-slow', vmid: 104, seconds: 36_000, count: 1 })
    const killed = run(['exec', '--home', home, '--json', '--', 'start', '104'], {
      onStart: (child) => {
        const look = setInterval(() => {
          lab.control
            .calls()
            .then((calls) => {
              if (calls.length === 0) return
              clearInterval(look)
              setTimeout(() => child.kill('SIGKILL'), 800)
            })
            .catch(() => clearInterval(look))
        }, 100)
      },
    })
    expect((await killed).status).toBeNull()

    const asking = exec(home, 'start', '104')
    await begun(homePaths(home).database, 2)
    await lab.control.clock({ advanceSeconds: 36_000 })
    const again = await asking
    const all = await exec(home, 'approvals', '--all')
    const states = all.answer.card.table.rows.map(({ id, state }: { id: string; state: string }) => [
      id,
      state,
    ])

    expect([again.status, again.answer.operation.id]).toEqual([0, 'op2'])
    expect(Object.fromEntries(states)).toMatchObject({ op1: 'verified' })
    expect(await lab.control.calls()).toHaveLength(1)
  } finally {
    await lab.simulator.close()
  }
}, 90_000)
