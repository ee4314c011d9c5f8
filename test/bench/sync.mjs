// What a sync costs beside a bare download and parse of the same answers: same cluster, same endpoints, same
// concurrency, one run. Times are noisy on a shared machine, so only ratios are printed as results.
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const child = fileURLToPath(new URL('./sync-child.mjs', import.meta.url))
const program = fileURLToPath(new URL('../../bin/proxmox-mpc.mjs', import.meta.url))

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN

/** Runs a part in a process of its own, so that its peak memory is its own. */
function part(name, simulator, rounds) {
  const directory = mkdtempSync(join(tmpdir(), 'proxmox-mpc-bench-'))
  try {
    const input = JSON.stringify({ name, directory, rounds, ...simulator })
    const done = spawnSync(process.execPath, [child], { input, encoding: 'utf8', maxBuffer: 1 << 26 })
    if (done.status !== 0) throw new Error(`${name}: ${done.stderr}`)
    return JSON.parse(done.stdout)
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

/** The simulator runs beside, so that its work is not counted as ours. */
async function withSimulator(guests, use) {
  const directory = mkdtempSync(join(tmpdir(), 'proxmox-mpc-bench-sim-'))
  const process_ = spawn(process.execPath, [child], { stdio: ['pipe', 'pipe', 'inherit'] })
  process_.stdin.end(JSON.stringify({ name: 'simulate', guests, directory }))
  try {
    const line = await new Promise((done, fail) => {
      let text = ''
      process_.stdout.on('data', (chunk) => {
        text += chunk
        if (text.includes('\n')) done(text.slice(0, text.indexOf('\n')))
      })
      process_.on('exit', (code) => fail(new Error(`the simulator ended with ${code}`)))
    })
    return await use(JSON.parse(line))
  } finally {
    process_.removeAllListeners('exit')
    process_.kill()
    rmSync(directory, { recursive: true, force: true })
  }
}

const MEBIBYTE = 1024 * 1024
const cell = (text, width) => String(text).padStart(width)

export async function run(args) {
  const quick = args.includes('--quick')
  const sizes = quick ? [100] : [100, 1000, 10_000]
  const rounds = quick ? 3 : 9
  console.log(
    `sync beside download and parse of the same endpoints, medians of ${rounds} (milliseconds in brackets)\n`,
  )
  console.log(
    `${cell('guests', 8)}${cell('download', 14)}${cell('first', 18)}${cell('unchanged', 18)}${cell('1 % changed', 18)}${cell('peak over bare', 18)}`,
  )
  for (const guests of sizes) {
    await withSimulator(guests, async (simulator) => {
      const download = median(part('download', simulator, rounds).times)
      const first = median(part('first', simulator, rounds).times)
      const unchanged = median(part('unchanged', simulator, rounds).times)
      const changed = median(part('changed', simulator, rounds).times)
      const bare = part('bare', simulator, 1).peak
      const peak = Math.max(part('first', simulator, 1).peak, part('unchanged', simulator, 1).peak)
      const ratio = (time) => cell(`${(time / download).toFixed(2)}x (${time.toFixed(0)})`, 18)
      const memory = cell(`+${((peak - bare) / MEBIBYTE).toFixed(0)} MiB`, 18)
      console.log(
        `${cell(guests, 8)}${cell(`1x (${download.toFixed(0)})`, 14)}${ratio(first)}${ratio(unchanged)}${ratio(changed)}${memory}`,
      )
    })
  }
  console.log('\nstart-up beside a bare `node -e 0`, medians of whole processes')
  const start = (...words) =>
    median(
      Array.from({ length: quick ? 3 : 7 }, () => {
        const from = performance.now()
        spawnSync(process.execPath, words, { stdio: 'ignore' })
        return performance.now() - from
      }),
    )
  const bare = start('-e', '0')
  const home = mkdtempSync(join(tmpdir(), 'proxmox-mpc-bench-home-'))
  for (const words of [['--version'], ['exec', '--home', home, '--', 'help']]) {
    const time = start(program, ...words)
    console.log(
      `  ${words
        .filter((word) => word !== home)
        .join(' ')
        .padEnd(26)}${(time / bare).toFixed(2)}x (${time.toFixed(0)} to ${bare.toFixed(0)})`,
    )
  }
  rmSync(home, { recursive: true, force: true })
}
