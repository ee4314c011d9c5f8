// One part of the sync bench in a process of its own: reads what to do from stdin, prints times and peak memory.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const task = JSON.parse(readFileSync(0, 'utf8'))
const TOKEN = 'mpc@pve!read'
const clock = { now: () => new Date(), monotonic: () => performance.now(), sleep: () => Promise.resolve() }
const onFault = (error) => {
  throw error
}

const parts = {
  async simulate() {
    const { startSimulator } = await import('../../dist/simulator/server.js')
    const simulator = await startSimulator({ guests: task.guests, nodes: 8, seed: 7 })
    process.stdout.write(
      `${JSON.stringify({
        endpoint: simulator.endpoint,
        fingerprint: simulator.fingerprint,
        secret: simulator.tokens[TOKEN],
        ca: simulator.caPem,
        controlUrl: simulator.controlUrl,
      })}\n`,
    )
  },

  /** What the program weighs when it has opened a home and read nothing. */
  async bare() {
    const { stores, cluster } = await open(0)
    await stores.close()
    await cluster.close()
    return []
  },

  async download() {
    const paths = await pathsOfASync()
    const { Pool } = await import('undici')
    // The program asks one host for at most two things at a time.
    const pool = new Pool(task.endpoint, {
      connections: 2,
      connect: { ca: task.ca, servername: 'localhost' },
    })
    const headers = { authorization: `PVEAPIToken=${TOKEN}=${task.secret}`, 'accept-encoding': 'gzip' }
    const { gunzipSync } = await import('node:zlib')
    const get = async (path) => {
      const answer = await pool.request({ path, method: 'GET', headers })
      const bytes = Buffer.from(await answer.body.arrayBuffer())
      return JSON.parse(answer.headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes)
    }
    const times = await repeat(async () => {
      await Promise.all(paths.first.map(get))
      await Promise.all(paths.second.map(get))
    })
    await pool.close()
    return times
  },

  async first() {
    const homes = []
    for (let i = 0; i < task.rounds + 1; i++) homes.push(await open(i))
    const times = []
    for (const home of homes) times.push(await timed(() => synced(home)))
    for (const home of homes) await close(home)
    return times.slice(task.rounds > 1 ? 1 : 0)
  },

  async unchanged() {
    const home = await open(0)
    await synced(home)
    const times = await repeat(() => synced(home))
    await close(home)
    return times
  },

  async changed() {
    const home = await open(0)
    await synced(home)
    const times = []
    for (let i = 0; i < task.rounds; i++) {
      await post('/changes', { kind: 'random-changes', percent: 1, seed: i })
      times.push(await timed(() => synced(home)))
    }
    await close(home)
    return times
  },
}

async function post(path, body) {
  const answer = await fetch(`${task.controlUrl}${path}`, { method: 'POST', body: JSON.stringify(body) })
  if (!answer.ok) throw new Error(`${path}: ${await answer.text()}`)
}

async function connect(observe) {
  const { pveConnector } = await import('../../dist/pve/connector.js')
  const connector = pveConnector({ clock, random: Math.random, ...(observe ? { observe } : {}) })
  const tls = { kind: 'pin', fingerprint: task.fingerprint, publicKey: null }
  return connector.connect({
    name: 'lab',
    endpoints: [task.endpoint],
    tls,
    token: { id: TOKEN, secret: task.secret },
    operateToken: null,
  })
}

async function open(number) {
  const { openStores } = await import('../../dist/store/open.js')
  const { syncer } = await import('../../dist/jobs/sync.js')
  const stores = await openStores({
    path: join(task.directory, `state-${number}.db`),
    migrationsDir: new URL('../../prisma/migrations', import.meta.url).pathname,
    clock,
  })
  await stores.workspaces.ensure([{ name: 'lab', clusters: ['lab'] }])
  const cluster = await connect()
  return { stores, cluster, syncer: syncer({ stores, pve: () => cluster, clock, onFault }) }
}

async function close(home) {
  await home.cluster.close()
  await home.stores.close()
}

async function synced(home) {
  const outcome = await home.syncer.sync('lab')
  if (outcome.kind !== 'synced') throw new Error(outcome.refusal.message)
}

/** The requests of an unchanged sync, in its two waves: what comes before the resources, and what comes with them. */
async function pathsOfASync() {
  const seen = []
  const cluster = await connect((request) => seen.push(request))
  await cluster.inventory.read({ isKnown: () => true, tasksSince: null })
  await cluster.close()
  const paths = seen.map(
    ({ path, query }) => `${path}${Object.keys(query).length > 0 ? `?${new URLSearchParams(query)}` : ''}`,
  )
  const from = paths.findIndex((path) => path.includes('/cluster/resources'))
  return { first: paths.slice(0, from), second: paths.slice(from) }
}

async function timed(work) {
  const from = performance.now()
  await work()
  return performance.now() - from
}

/** Once to warm up (unless memory is what counts), then the rounds that count. */
async function repeat(work) {
  if (task.rounds > 1) await work()
  const times = []
  for (let i = 0; i < task.rounds; i++) times.push(await timed(work))
  return times
}

const times = await parts[task.name]()
if (task.name !== 'simulate') {
  process.stdout.write(JSON.stringify({ times, peak: process.resourceUsage().maxRSS * 1024 }))
  process.exit(0)
}
