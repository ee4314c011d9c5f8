// What our Slack surface costs beside a bare Bolt app that only acknowledges: times to the acknowledgement as Slack sees
// them, and memory after many commands. Slack is a fake in this process; each app runs in a process of its own.
import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { transformSync } from '@swc/core'

const packageRoot = fileURLToPath(new URL('../..', import.meta.url))

/** The fake is TypeScript of the tests; here it is made plain JavaScript. */
async function fakeSlack() {
  const from = join(packageRoot, 'test/fakes/slack')
  const to = join(packageRoot, 'node_modules/.cache/proxmox-mpc/fakes')
  mkdirSync(to, { recursive: true })
  for (const name of readdirSync(from)) {
    const { code } = transformSync(readFileSync(join(from, name), 'utf8'), {
      filename: name,
      jsc: { parser: { syntax: 'typescript' }, target: 'es2023' },
      module: { type: 'es6' },
    })
    writeFileSync(join(to, name.replace(/\.ts$/, '.js')), code)
  }
  return import(pathToFileURL(join(to, 'server.js')).href)
}

const at = (sorted, share) =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN

async function app(kind, slack, directory) {
  const child = spawn(
    process.execPath,
    ['--expose-gc', fileURLToPath(new URL('./slack-child.mjs', import.meta.url)), kind, directory],
    {
      env: {
        ...process.env,
        SLACK_API_URL: slack.apiUrl,
        SLACK_BOT: slack.botToken,
        SLACK_APP: slack.appToken,
      },
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    },
  )
  const ended = new Promise((done) => child.once('exit', done))
  const memory = () =>
    new Promise((done) => {
      child.once('message', ({ heap }) => done(heap))
      child.send('memory')
    })
  await slack.until(() => slack.connections() > 0, 'a connection', 30_000)
  return {
    memory,
    stop: async () => {
      child.send('end')
      await ended
    },
  }
}

async function times(slack, count, width) {
  const took = []
  for (let done = 0; done < count; done += width) {
    const some = await Promise.all(
      Array.from({ length: width }, (_, n) => slack.slash(`U${(done + n) % 50}`, 'C1', 'whoami')),
    )
    for (const { outcome } of some) {
      if (outcome.kind !== 'acked') throw new Error(`not acknowledged: ${outcome.why}`)
      took.push(outcome.afterMs)
    }
  }
  return took.sort((a, b) => a - b)
}

/** @param {readonly string[]} options */
export async function run(options) {
  const quick = options.includes('--quick')
  const count = quick ? 100 : 1000
  const many = quick ? [100, 200] : [2000, 20_000]
  const directory = mkdtempSync(join(tmpdir(), 'proxmox-mpc-bench-'))
  const { startSlack } = await fakeSlack()
  const results = {}
  try {
    for (const kind of ['bare', 'ours']) {
      const slack = await startSlack()
      slack.addChannel({ id: 'C1', name: 'ops' })
      for (let n = 0; n < 50; n++) slack.addUser({ id: `U${n}`, name: `user-${n}` })
      const running = await app(kind, slack, directory)
      await times(slack, 50, 10)
      const took = await times(slack, count, 10)
      const memory = []
      if (kind === 'ours') {
        let done = 0
        for (const until of many) {
          await times(slack, until - done, 20)
          done = until
          memory.push(await running.memory())
        }
      }
      results[kind] = { took, memory }
      await running.stop()
      await slack.stop()
    }
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
  const { bare, ours } = results
  console.log(
    `acknowledgements of ${count} commands, 10 at a time, beside a bare Bolt app that only acknowledges\n`,
  )
  console.log('             bare      ours     ratio')
  for (const [name, share] of [
    ['p50', 0.5],
    ['p95', 0.95],
    ['p99', 0.99],
  ]) {
    const [one, other] = [at(bare.took, share), at(ours.took, share)]
    console.log(
      `  ${name}  ${one.toFixed(1).padStart(7)} ms${other.toFixed(1).padStart(7)} ms${(other / one).toFixed(2).padStart(8)}x`,
    )
  }
  const [few, lots] = ours.memory
  console.log(
    `\nmemory after ${many[0]} commands ${(few / 2 ** 20).toFixed(1)} MiB, after ${many[1]} ${(lots / 2 ** 20).toFixed(1)} MiB: ${(lots / few).toFixed(2)}x`,
  )
}
