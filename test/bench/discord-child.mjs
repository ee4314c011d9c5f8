// One of the two apps of the bench: `bare` only acknowledges, `ours` is the surface of a home whose cluster hangs.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Client, GatewayIntentBits, Routes } from 'discord.js'

const [kind, directory] = process.argv.slice(2)
const { DISCORD_API_URL: api, DISCORD_BOT: token, DISCORD_GUILD: guild } = process.env
const ending = new AbortController()
let ended = Promise.resolve()

process.on('message', (what) => {
  if (what === 'memory') {
    globalThis.gc?.()
    globalThis.gc?.()
    const { heapUsed, external } = process.memoryUsage()
    process.send({ heap: heapUsed + external })
  } else {
    ending.abort()
    ended.then(() => process.exit(0))
  }
})

async function bare() {
  const client = new Client({ intents: [GatewayIntentBits.Guilds], rest: { api } })
  client.on('interactionCreate', async (interaction) => {
    await interaction.deferReply({ flags: 64 })
    await interaction.editReply({ content: 'yes', allowedMentions: { parse: [] } })
  })
  const ready = new Promise((done) => client.once('clientReady', done))
  await client.login(token)
  await ready
  const whoami = { type: 1, name: 'whoami', description: 'who you are', options: [] }
  const body = [
    { name: 'workspace', description: 'bench', options: [whoami], contexts: [0], integration_types: [0] },
  ]
  await client.rest.put(Routes.applicationCommands(client.application.id), { body })
}

async function ours() {
  const packageRoot = fileURLToPath(new URL('../..', import.meta.url))
  const { openHome } = await import('../../dist/compose.js')
  const { homePaths } = await import('../../dist/config/home.js')
  const { chatSurfaces } = await import('../../dist/program/chat-surfaces.js')
  const { systemClock } = await import('../../dist/system/clock.js')
  const paths = homePaths(join(directory, 'home'))
  mkdirSync(paths.proxmox, { recursive: true })
  const reference = `'\${env:DISCORD_BOT}'`
  writeFileSync(
    paths.config,
    `version: 1
default: bench
workspaces:
  bench:
    clusters:
      bench:
        endpoints: ['https://127.0.0.1:9']
        tokens: { read: { id: 'mpc@pve!read', secret: ${reference} } }
discord: { bot_token: ${reference}, guild: '${guild}', commands_per_minute: 100000 }
`,
  )
  const home = await openHome(paths, {
    environment: process.env,
    clock: systemClock,
    user: 'bench',
    packageRoot,
    logLevel: 'silent',
    logTarget: null,
  })
  if (home.kind === 'refusal') throw new Error(home.message)
  const now = new Date()
  for (let n = 0; n < 50; n++) {
    const accounts = [{ surface: 'discord', id: String(700_000_000_000_001_000n + BigInt(n)) }]
    const grants = [{ role: 'reader', scope: { kind: 'everything' } }]
    await home.stores.people.change({ kind: 'add', name: `user-${n}`, accounts, grants }, null, now)
  }
  const { surfaces } = await chatSurfaces(home, process.env)
  ended = Promise.all(surfaces.map((surface) => surface.run(ending.signal))).then(() => home.close())
}

await (kind === 'bare' ? bare() : ours())
