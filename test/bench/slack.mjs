// What our Slack surface costs beside a bare Bolt app that only acknowledges: times to the acknowledgement as Slack sees
// them, and memory after many commands. Slack is a fake in this process; each app runs in a process of its own.
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { at, fake } from './fakes.mjs'

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

const AT_ONCE = 500

/** Those that were told with the acknowledgement that too much is asked at once. */
const busy = (slack) => slack.acks().filter(({ payload }) => payload?.text !== undefined).length

/** Waits until everything so far is answered: what is under way is no leak. */
async function drained(slack) {
  while (slack.responses().length + busy(slack) < slack.acks().length) await wait(200)
}

/** @param {readonly string[]} options */
export async function run(options) {
  const quick = options.includes('--quick')
  const count = quick ? 100 : 1000
  const many = quick ? [100, 200] : [2000, 20_000]
  const directory = mkdtempSync(join(tmpdir(), 'proxmox-mpc-bench-'))
  const { startSlack } = await fake('slack')
  const results = {}
  try {
    for (const kind of ['bare', 'ours']) {
      const slack = await startSlack()
      slack.addChannel({ id: 'C1', name: 'ops' })
      for (let n = 0; n < 50; n++) slack.addUser({ id: `U${n}`, name: `user-${n}` })
      const running = await app(kind, slack, directory)
      await times(slack, 50, 10)
      await drained(slack)
      const took = await times(slack, count, 10)
      const refused = busy(slack)
      await drained(slack)
      const memory = []
      if (kind === 'ours') {
        let done = 0
        for (const until of many) {
          let atWork = 0
          // As many at a time as the surface takes on, so that each of them is answered.
          for (; done < until; done += Math.min(AT_ONCE, until - done)) {
            await times(slack, Math.min(AT_ONCE, until - done), 20)
            atWork = await running.memory()
            await drained(slack)
          }
          memory.push({ after: until, atWork, drained: await running.memory() })
        }
      }
      results[kind] = { took, memory, refused, busy: busy(slack) }
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
  const mib = (bytes) => `${(bytes / 2 ** 20).toFixed(1)} MiB`
  console.log(`\ntold that too much is asked at once: ${ours.refused} of these, ${ours.busy} of all`)
  for (const { after, atWork, drained: rest } of ours.memory)
    console.log(
      `memory after ${after} commands: ${mib(rest)} once all are answered (${mib(atWork)} while at it)`,
    )
  const [few, lots] = ours.memory
  console.log(`ratio: ${(lots.drained / few.drained).toFixed(2)}x`)
}
