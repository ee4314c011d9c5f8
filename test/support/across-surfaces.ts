import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { type FakeDiscord, startDiscord } from '../fakes/discord/server.js'
import { type FakeSlack, startSlack } from '../fakes/slack/server.js'
import { type Lab, startLab, TOKEN } from './lab.js'
import { CANARY, exec, keepOutput, PROGRAM, run } from './program.js'

/**
 * One home, with the real Bolt, the real discord.js and the console: asked for in Discord, seen everywhere, refused to the same
 * person's other account, approved on the console. Between any two steps the program is
 * ended by a signal and started again.
 */

const GUILD = '700000000000000001'
const OPS = '700000000000000021'
const APPROVALS = '700000000000000022'
const ALICE = { discord: '700000000000000011', slack: 'UALICE' } as const
const OPERATE = 'mpc@pve!operate'
const SLACK_APPROVALS = 'CAPPROVE'

let lab: Lab
let discord: FakeDiscord
let slack: FakeSlack
let serving: ChildProcess | null = null

const secretOf = (name: string, value: string): string => {
  const path = join(lab.home, name)
  writeFileSync(path, value, { mode: 0o600 })
  return `\${file:${path}}`
}

function configure(): void {
  appendFileSync(
    join(lab.home, '.proxmox/config.yml'),
    `
timing: { proxy_timeout: 2s, lease: 4s }
slack:
  bot_token: ${secretOf('slack-bot', slack.botToken)}
  app_token: ${secretOf('slack-app', slack.appToken)}
discord:
  bot_token: ${secretOf('discord-bot', discord.token)}
  guild: '${GUILD}'
`,
  )
}

async function serve(): Promise<void> {
  const child = spawn(process.execPath, [PROGRAM, 'serve', '--home', lab.home, '--port', '0'], {
    env: { ...process.env, SLACK_API_URL: slack.apiUrl, DISCORD_API_URL: discord.apiUrl },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  child.stdout.on('data', (text) => keepOutput(String(text)))
  child.stderr.on('data', (text) => keepOutput(String(text)))
  serving = child
  await discord.until(() => discord.connections() > 0 && discord.registered().length > 0, 'Discord', 30_000)
  await slack.until(() => slack.connections() === 2, 'Slack', 30_000)
}

async function ended(signal: NodeJS.Signals): Promise<void> {
  const child = serving
  if (child === null || child.exitCode !== null) return
  child.kill(signal)
  await once(child, 'exit')
  await discord.until(() => discord.connections() === 0, 'Discord sees it gone')
  await slack.until(() => slack.connections() === 0, 'Slack sees it gone')
}

async function console_(...words: string[]) {
  const ran = await exec(lab.home, ...words)
  if (ran.status !== 0) throw new Error(`${words.join(' ')}: ${JSON.stringify(ran.answer)}`)
  return ran.answer
}

async function codeFor(person: string): Promise<string> {
  const code = /link ([a-z0-9-]+)/.exec(JSON.stringify(await console_('person', 'invite', person)))?.[1]
  if (code === undefined) throw new Error('no code')
  return code
}

const textOf = (message: unknown): string => JSON.stringify(message ?? null)
/** What a card says of the operation, wherever it is drawn. */
const words = (message: unknown): string =>
  /op1 stop web-01: [a-z]+/.exec(textOf(message).replaceAll('\\\\', ''))?.[0] ?? ''

/** Registers the scenario as a test. */
export function acrossSurfaces(signal: NodeJS.Signals): void {
  beforeAll(async () => {
    lab = await startLab({ tokens: { [TOKEN]: CANARY, [OPERATE]: CANARY } })
    await lab.control.clock({ rate: 20 })
    discord = await startDiscord()
    discord.addGuild({ id: GUILD, name: 'lab' })
    discord.addChannel({ id: OPS, name: 'ops' })
    discord.addChannel({ id: APPROVALS, name: 'approvals' })
    discord.addUser({ id: ALICE.discord, name: 'alice' })
    slack = await startSlack()
    slack.addChannel({ id: SLACK_APPROVALS, name: 'approvals' })
    slack.addUser({ id: ALICE.slack, name: 'alice' })
  }, 60_000)

  afterAll(async () => {
    await ended('SIGKILL')
    await discord.stop()
    await slack.stop()
    await lab.simulator.close()
  })

  it(
    `one plan, three surfaces, two persons, and ${signal} between any two steps`,
    () => scenario(signal),
    240_000,
  )
}

async function scenario(signal: NodeJS.Signals): Promise<void> {
  const again = async (): Promise<void> => {
    await ended(signal)
    await serve()
  }

  const operate = ['--operate-token-id', OPERATE, '--operate-token-secret-file', lab.secretFile]
  const made = await lab.init('--fingerprint', lab.simulator.fingerprint, ...operate, '--no-solo')
  expect(made).toMatchObject({ status: 0 })
  configure()
  expect(readFileSync(join(lab.home, '.proxmox/config.yml'), 'utf8')).not.toContain(discord.token)
  await console_('person', 'add', 'alice')
  await console_('grant', 'add', 'alice', 'operator')
  await console_('grant', 'add', 'alice', 'approver')
  await console_('workspace', 'bind', 'lab', '--channel', OPS, '--surface', 'discord')
  await console_('workspace', 'bind', 'lab', '--channel', APPROVALS, '--surface', 'discord', '--approvals')
  await console_('workspace', 'bind', 'lab', '--channel', SLACK_APPROVALS, '--approvals')
  await serve()

  // Two accounts become one person.
  const linked = await discord.slash(ALICE.discord, discord.openDm(ALICE.discord), 'pve link', {
    code: await codeFor('alice'),
  })
  expect(textOf((await linked.answer()).embeds)).toContain('alice')
  const second = await slack.slash(ALICE.slack, SLACK_APPROVALS, `link ${await codeFor('alice')}`)
  expect((await second.answer()).text).toContain('alice')
  const whoami = await slack.slash(ALICE.slack, SLACK_APPROVALS, 'whoami')
  const own = textOf((await whoami.answer()).blocks)
  for (const account of ['discord', 'slack']) expect(own).toContain(account)
  await again()

  // Asked for in Discord.
  const asked = await discord.slash(ALICE.discord, OPS, 'guest stop', { guests: 'web-01' })
  expect(textOf(await asked.answer(20_000))).toContain('its card is in this channel')
  const inOps = await discord.until(() => discord.messages(OPS).at(-1), 'its card', 30_000)
  const inApprovals = await discord.until(() => discord.messages(APPROVALS).at(-1), 'its card', 30_000)
  const inSlack = await slack.until(() => slack.messages(SLACK_APPROVALS).at(-1), 'its card', 30_000)
  expect([inOps, inApprovals, inSlack].map(words)).toEqual(Array(3).fill('op1 stop web-01: waiting'))
  await again()

  // Seen on the console.
  expect(textOf((await console_('approvals')).card)).toContain('op1')
  await again()

  // The requester's other account is the same person.
  const click = await slack.click(ALICE.slack, inSlack, 'Approve')
  expect(textOf((await click.answer(20_000)).blocks)).toContain('same_person')
  await again()

  // Approved on the console, by whoever owns the home; carried out by the one that serves.
  const approved = await run(['exec', '--home', lab.home, '--json', '--wait', '--', 'approve', 'op1'])
  expect(approved.status).toBe(0)
  expect(JSON.parse(approved.stdout)).toMatchObject({ operation: { id: 'op1', state: 'verified' } })
  await again()

  const shown = (): readonly string[] => [
    words(discord.message(OPS, inOps.id)),
    words(discord.message(APPROVALS, inApprovals.id)),
    words(slack.message(SLACK_APPROVALS, inSlack.ts)),
  ]
  const same = Array(3).fill('op1 stop web-01: verified')
  await discord.until(
    () =>
      words(discord.message(OPS, inOps.id)).endsWith('verified') &&
      words(discord.message(APPROVALS, inApprovals.id)).endsWith('verified'),
    'both cards in Discord',
    40_000,
  )
  await slack.until(
    () => words(slack.message(SLACK_APPROVALS, inSlack.ts)).endsWith('verified'),
    'the card in Slack',
    40_000,
  )
  expect(shown()).toEqual(same)
  expect(words((await console_('why', 'op1')).card)).toBe('op1 stop web-01: verified')
  for (const channel of [OPS, APPROVALS]) expect(discord.messages(channel)).toHaveLength(1)
  const posts = (await lab.control.calls()).filter(({ path }) => path.endsWith('/101/status/stop'))
  expect(posts).toHaveLength(1)
  expect([discord.violations(), slack.violations()]).toEqual([[], []])
  expect((await console_('audit', 'verify')).ok).toBe(true)
}
