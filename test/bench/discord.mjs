// What our Discord surface costs beside a bare discord.js client that only acknowledges: times to the acknowledgement as
// Discord sees them, and memory after many commands. Discord is a fake in this process; each app runs in one of its own.
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { at, fake } from './fakes.mjs'

const GUILD = '700000000000000001'
const CHANNEL = '700000000000000021'
const person = (n) => String(700_000_000_000_001_000n + BigInt(n))

async function app(kind, discord, directory) {
  const child = spawn(
    process.execPath,
    ['--expose-gc', fileURLToPath(new URL('./discord-child.mjs', import.meta.url)), kind, directory],
    {
      env: {
        ...process.env,
        DISCORD_API_URL: discord.apiUrl,
        DISCORD_BOT: discord.token,
        DISCORD_GUILD: GUILD,
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
  await discord.until(
    () => discord.connections() > 0 && discord.registered().length > 0,
    'a connection',
    30_000,
  )
  return {
    memory,
    stop: async () => {
      child.send('end')
      await ended
    },
  }
}

/** Times to the first answers; with `answered`, waits for the last ones too, so that nothing of it is still under way. */
async function times(discord, count, width, answered) {
  const took = []
  for (let done = 0; done < count; done += width) {
    const some = await Promise.all(
      Array.from({ length: width }, async (_, n) => {
        const from = performance.now()
        const seen = await discord.slash(person((done + n) % 50), CHANNEL, 'workspace whoami')
        return { seen, afterMs: performance.now() - from }
      }),
    )
    for (const { seen, afterMs } of some) {
      if (!seen.acked) throw new Error(`not acknowledged: ${JSON.stringify(seen.outcome)}`)
      took.push(afterMs)
    }
    if (answered) await Promise.all(some.map(({ seen }) => seen.answer(60_000)))
  }
  return took.sort((a, b) => a - b)
}

/** @param {readonly string[]} options */
export async function run(options) {
  const quick = options.includes('--quick')
  const count = quick ? 100 : 1000
  const many = quick ? [100, 200] : [2000, 20_000]
  const directory = mkdtempSync(join(tmpdir(), 'proxmox-mpc-bench-'))
  const { startDiscord } = await fake('discord')
  const results = {}
  try {
    for (const kind of ['bare', 'ours']) {
      const discord = await startDiscord({ rates: { global: [1_000_000, 1000], each: [1_000_000, 1000] } })
      discord.addGuild({ id: GUILD, name: 'bench' })
      discord.addChannel({ id: CHANNEL, name: 'ops' })
      for (let n = 0; n < 50; n++) discord.addUser({ id: person(n), name: `user-${n}` })
      const running = await app(kind, discord, directory)
      try {
        await times(discord, 50, 10, true)
        const took = await times(discord, count, 10, false)
        const memory = []
        if (kind === 'ours') {
          let done = 0
          for (const until of many) {
            await times(discord, until - done, 20, true)
            done = until
            memory.push(await running.memory())
          }
        }
        results[kind] = { took, memory }
      } finally {
        await running.stop()
        await discord.stop()
      }
    }
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
  const { bare, ours } = results
  console.log(
    `acknowledgements of ${count} commands, 10 at a time, beside a bare discord.js client that only acknowledges\n`,
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
