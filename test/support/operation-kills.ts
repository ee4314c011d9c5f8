import { spawn } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { ENDED, type Operation } from '../../src/core/operation.js'
import { type ControlClient, createControlClient } from '../../src/simulator/control-client.js'
import { type Simulator, startSimulator } from '../../src/simulator/server.js'
import { openStores } from '../../src/store/open.js'
import { systemClock } from '../../src/system/clock.js'
import { freshDirectory } from './program.js'

/** A demo home on a simulator, with the times by which processes wait for each other shortened together. */
export type KillLab = {
  readonly home: string
  readonly simulator: Simulator
  readonly control: ControlClient
  readonly guests: readonly { readonly vmid: number; readonly kind: 'qemu' | 'lxc' }[]
  readonly close: () => Promise<void>
}

const PROXY_TIMEOUT = 300
/** The longest that a late call of the simulator waits; shorter than PVE's proxy, as it is there. */
export const LATEST_MS = 280

/** A small generator, so that a printed seed repeats a run as far as the machine lets it. */
export function random(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

export async function startKillLab(seed: number, guests: number): Promise<KillLab> {
  const simulator = await startSimulator({
    seed: seed % 1000,
    authDelayMs: 20,
    proxyTimeoutMs: PROXY_TIMEOUT,
  })
  const control = createControlClient(simulator.controlUrl)
  await control.clock({ rate: 10 })
  const home = freshDirectory()
  mkdirSync(join(home, '.proxmox'))
  const secret = (name: string, id: string) => {
    const path = join(home, '.proxmox', name)
    writeFileSync(path, simulator.tokens[id] ?? '', { mode: 0o600 })
    return `{ id: '${id}', secret: '\${file:${path}}' }`
  }
  writeFileSync(
    join(home, '.proxmox/config.yml'),
    `version: 1
demo: true
default: lab
timing: { proxy_timeout: ${PROXY_TIMEOUT}ms, lease: 600ms }
workspaces:
  lab:
    clusters:
      lab:
        endpoints: ['${simulator.endpoint}']
        tls: { fingerprint: '${simulator.fingerprint}' }
        tokens:
          read: ${secret('read', 'mpc@pve!read')}
          operate: ${secret('operate', 'mpc@pve!operate')}
`,
  )
  const made = []
  for (let n = 0; n < guests; n++) {
    const vmid = 4000 + n
    const kind = n % 3 === 2 ? ('lxc' as const) : ('qemu' as const)
    const running = n % 2 === 0
    await control.change({
      kind: 'create',
      vmid,
      guestKind: kind,
      name: `soak-${vmid}`,
      node: `pve${(n % 3) + 1}`,
      running,
    })
    made.push({ vmid, kind })
  }
  return { home, simulator, control, guests: made, close: () => simulator.close() }
}

export type Ended = { readonly words: readonly string[]; readonly killed: boolean }

/** Runs a process of the home; kills it so many milliseconds after it has opened the home, unless it has ended. */
export function runChild(home: string, words: readonly string[], killAfter: number | null): Promise<Ended> {
  const args = [resolve('test/support/operation-child.mjs'), home, ...words]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  const said: string[] = []
  let errors = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text
  })
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    if (killAfter !== null && text.includes('opened')) setTimeout(() => child.kill('SIGKILL'), killAfter)
    said.push(...text.split('\n').filter((word) => word !== ''))
  })
  return new Promise((done, fail) => {
    child.on('error', fail)
    child.on('close', (code) =>
      code === null || code === 0
        ? done({ words: said, killed: code === null })
        : fail(new Error(`the child ended with ${code}: ${errors}`)),
    )
  })
}

/** How far the operation was at which a process was killed; null when it was between two. */
export async function stageOf(lab: KillLab, words: readonly string[]): Promise<string | null> {
  const last = words.findLast((word) => /^(words|asked|ended|no operation)/.test(word))
  if (last?.startsWith('words') === true) return 'planning'
  if (last?.startsWith('asked') !== true) return null
  const stores = await openLabStores(lab)
  try {
    const operation = await stores.operations.get(Number(last.slice('asked op'.length)))
    const step = operation?.steps.find(({ state }) => ['pending', 'sent', 'following'].includes(state))
    if (operation === null || ENDED.has(operation.state)) return null
    return operation.state === 'running' ? `running, ${step?.state ?? 'ended'}` : operation.state
  } finally {
    await stores.close()
  }
}

function openLabStores({ home }: KillLab) {
  const path = join(home, '.proxmox/state.db')
  return openStores({ path, migrationsDir: resolve('prisma/migrations'), clock: systemClock })
}

/** What must hold when everything has come to rest. Gives what was found, for the print. */
export async function agreement(lab: KillLab) {
  for (let tries = 0; tries < 200 && (await lab.control.state()).waitingRequests > 0; tries++) await wait(50)
  const stores = await openLabStores(lab)
  try {
    const operations = await stores.operations.list({ limit: 5000 })
    const calls = (await lab.control.calls()).filter(({ executed, data }) => executed && data !== null)
    return {
      operations,
      open: operations.filter(({ state }) => ['waiting', 'ready', 'running', 'unknown'].includes(state)),
      leases: operations.filter(({ lease }) => lease !== null),
      ...compared(operations, calls),
      audit: await stores.audit.verify(null),
    }
  } finally {
    await stores.close()
  }
}

type Call = Awaited<ReturnType<ControlClient['calls']>>[number]

function compared(operations: readonly Operation[], calls: readonly Call[]) {
  const steps = operations.flatMap(({ id, steps: all }) => all.map((step) => ({ operation: id, ...step })))
  const ours = steps.flatMap(({ upid }) => (upid === null ? [] : [upid]))
  const theirs = calls.flatMap(({ data }) => (data === null ? [] : [data]))
  return {
    /** Carried out, and no operation of ours knows of it. */
    unknownCalls: theirs.filter((upid) => !ours.includes(upid)),
    /** Told by us, and never carried out. */
    inventedCalls: ours.filter((upid) => !theirs.includes(upid)),
    twice: ours.filter((upid, at) => ours.indexOf(upid) !== at),
    calls: calls.length,
    ends: Object.fromEntries(
      [...new Set(operations.map(({ state }) => state))].map((state) => [
        state,
        operations.filter((each) => each.state === state).length,
      ]),
    ),
  }
}
