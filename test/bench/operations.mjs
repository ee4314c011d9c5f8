// What an operation costs beside bare HTTP requests: from the words to the first call that changes something, from the end
// of the task to the final card, and a bulk of 200 beside the same calls sent bare at the same limit of two in flight per
// node. The cluster is a simulator in a process of its own; times are noisy on a shared machine, so ratios count.
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { Agent, request } from 'node:https'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { openHome } from '../../dist/compose.js'
import { homePaths } from '../../dist/config/home.js'
import { createControlClient } from '../../dist/simulator/control-client.js'
import { systemClock } from '../../dist/system/clock.js'

const packageRoot = fileURLToPath(new URL('../..', import.meta.url))
const program = join(packageRoot, 'bin/proxmox-mpc.mjs')
const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
const BULK = 200

async function startSimulator(directory, guests) {
  const state = join(directory, 'simulator')
  mkdirSync(state)
  const child = spawn(
    process.execPath,
    [program, 'simulate', '--state-dir', state, '--guests', String(guests)],
    {
      stdio: 'ignore',
    },
  )
  const file = join(state, 'running.json')
  for (let tries = 0; tries < 300 && !existsSync(file); tries++) await wait(100)
  await wait(200)
  const facts = JSON.parse(readFileSync(file, 'utf8'))
  return { facts, control: createControlClient(facts.controlUrl), stop: () => child.kill() }
}

async function openBenchHome(directory, facts) {
  const home = join(directory, 'home')
  mkdirSync(join(home, '.proxmox'), { recursive: true })
  writeFileSync(
    join(home, '.proxmox/config.yml'),
    `version: 1
default: bench
workspaces:
  bench:
    clusters:
      bench:
        endpoints: ['${facts.endpoint}']
        tls: { fingerprint: '${facts.fingerprint}' }
        tokens:
          read: { id: '${facts.readTokenId}', secret: '\${file:${facts.readTokenFile}}' }
          operate: { id: '${facts.operateTokenId}', secret: '\${file:${facts.operateTokenFile}}' }
`,
  )
  const requests = join(directory, 'requests')
  const opened = await openHome(homePaths(home), {
    environment: { PROXMOX_MPC_REQUEST_LOG: requests },
    clock: systemClock,
    user: userInfo().username,
    packageRoot,
    logLevel: 'warn',
    logTarget: null,
  })
  if (opened.kind === 'refusal') throw new Error(opened.message)
  const caller = { surface: 'console', account: userInfo().username, as: null }
  const sent = () =>
    readdirSync(requests).flatMap((name) =>
      readFileSync(join(requests, name), 'utf8')
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line)),
    )
  /** Words to where they end; gives when the answer was there. */
  const carryOut = async (words) => {
    const answer = await opened.road.ask({ caller, words, workspace: null })
    if (answer.kind !== 'operation') throw new Error(`${words}: ${answer.message ?? answer.heading}`)
    const end = await opened.road.follow(answer.report.number, { caller, decisions: false })
    if (end.report?.state !== 'verified')
      throw new Error(`${words}: ${end.report?.state} ${end.report?.code}`)
    return performance.timeOrigin + performance.now()
  }
  return { opened, sent, carryOut }
}

/** Bare requests on kept connections, so many at a time. */
function bareClient(facts) {
  const agent = new Agent({ keepAlive: true, maxSockets: 16, rejectUnauthorized: false })
  const secret = (file) => readFileSync(file, 'utf8').trim()
  const tokens = {
    GET: `PVEAPIToken=${facts.readTokenId}=${secret(facts.readTokenFile)}`,
    POST: `PVEAPIToken=${facts.operateTokenId}=${secret(facts.operateTokenFile)}`,
  }
  const send = (method, path, query = {}) =>
    new Promise((done, fail) => {
      const text = new URLSearchParams(query).toString()
      const url = `${facts.endpoint}/api2/json${path}${text === '' ? '' : `?${text}`}`
      const headers = { authorization: tokens[method], 'content-length': 0 }
      const asked = request(url, { method, agent, headers }, (response) => {
        const chunks = []
        response.on('data', (chunk) => chunks.push(chunk))
        response.on('end', () => done(JSON.parse(Buffer.concat(chunks).toString('utf8') || '{}')))
      })
      asked.on('error', fail)
      asked.end()
    })
  return { send, close: () => agent.destroy() }
}

async function pool(items, width, work) {
  const queue = [...items]
  const worker = async () => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(item)
  }
  await Promise.all(Array.from({ length: width }, worker))
}

const pathOf = ({ path }) => path.replace(/^\/api2\/json/, '')

/** One guest, switched off and on again by others, started by us: how long before the call, and after the task. */
/** Guests that anybody may switch on and off. */
async function plainGuests(bare) {
  const listed = (await bare.send('GET', '/cluster/resources', { type: 'vm' })).data
  return listed.filter(
    ({ template, lock, hastate }) => !template && lock === undefined && hastate === undefined,
  )
}

async function single({ control, bare, home, rounds }) {
  const { vmid } = (await plainGuests(bare)).find(({ type }) => type === 'qemu')
  const before = []
  const after = []
  const reads = []
  const settled = []
  for (let round = 0; round < rounds; round++) {
    await control.change({ kind: 'power', vmid, to: 'off' })
    // The picture is fresh, so that the words alone are measured.
    await home.opened.syncer.sync('bench')
    const known = home.sent().length
    const calls = (await control.calls()).length
    const from = performance.timeOrigin + performance.now()
    const end = await home.carryOut(`start ${vmid}`)
    const call = (await control.calls()).slice(calls).find(({ method }) => method === 'POST')
    before.push(Date.parse(call.at) - from)
    // A VM's start takes two seconds in the simulator.
    after.push(end - Date.parse(call.at) - 2000)
    const mine = home.sent().slice(known)
    const at = mine.findIndex(({ method }) => method === 'POST')
    reads.push(
      await timed(() => pool(mine.slice(0, at), 4, (each) => bare.send('GET', pathOf(each), each.query))),
    )
    const last = mine.slice(at + 1).filter(({ path }) => !/tasks\/UPID.*(status|log)/.test(path))
    const status = mine.slice(at + 1).find(({ path }) => /tasks\/UPID.*status/.test(path))
    settled.push(
      await timed(async () => {
        await bare.send('GET', pathOf(status))
        await pool(last, 4, (each) => bare.send('GET', pathOf(each), each.query))
      }),
    )
  }
  return { before, after, reads, settled }
}

async function timed(work) {
  const from = performance.now()
  await work()
  return performance.now() - from
}

/** The same starts sent bare: two in flight per node, each followed to its end. */
async function bareBulk(bare, guests) {
  const nodes = [...new Set(guests.map(({ node }) => node))]
  return timed(() =>
    Promise.all(
      nodes.map((node) => {
        const tasks = []
        const mine = guests.filter((guest) => guest.node === node)
        return pool(mine, 2, async ({ type, vmid }) => {
          tasks.push((await bare.send('POST', `/nodes/${node}/${type}/${vmid}/status/start`)).data)
        }).then(() =>
          pool(tasks, 2, async (upid) => {
            while ((await bare.send('GET', `/nodes/${node}/tasks/${upid}/status`)).data.status === 'running')
              await wait(20)
          }),
        )
      }),
    ),
  )
}

async function bulk({ control, bare, home, rounds }) {
  await control.clock({ rate: 20 })
  const chosen = (await plainGuests(bare)).slice(0, BULK)
  const off = () => pool(chosen, 4, ({ vmid }) => control.change({ kind: 'power', vmid, to: 'off' }))
  const ours = []
  const plain = []
  for (let round = 0; round < rounds; round++) {
    await off()
    plain.push(await bareBulk(bare, chosen))
    await off()
    await home.opened.syncer.sync('bench')
    const words = ['start', ...chosen.map(({ vmid }) => String(vmid)), '--parallel', '50']
    ours.push(await timed(() => home.carryOut(words)))
  }
  return { ours, plain, count: chosen.length, nodes: new Set(chosen.map(({ node }) => node)).size }
}

const line = (name, time, base) =>
  console.log(
    `${name.padEnd(58)}${(time / base).toFixed(2).padStart(8)}x (${time.toFixed(0)} to ${base.toFixed(0)} ms)`,
  )

export async function run(args) {
  const quick = args.includes('--quick')
  const directory = mkdtempSync(join(tmpdir(), 'proxmox-mpc-bench-'))
  const simulator = await startSimulator(directory, 260)
  const { control, facts } = simulator
  const bare = bareClient(facts)
  const home = await openBenchHome(directory, facts)
  try {
    const rounds = quick ? 2 : 7
    console.log(`operations beside bare requests, medians of ${rounds} and ${quick ? 1 : 3}\n`)
    const { before, after, reads, settled } = await single({ control, bare, home, rounds })
    line('words to the first changing call, to the same reads', median(before), median(reads))
    line("task's end to the final card, to one look and the reads", median(after), median(settled))
    const { ours, plain, count, nodes } = await bulk({ control, bare, home, rounds: quick ? 1 : 3 })
    line(`start of ${count} guests on ${nodes} nodes, to the same calls bare`, median(ours), median(plain))
  } finally {
    await home.opened.close()
    bare.close()
    simulator.stop()
    await wait(300)
    rmSync(directory, { recursive: true, force: true })
  }
}
