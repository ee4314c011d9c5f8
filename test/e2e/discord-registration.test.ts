import { afterEach, expect, it } from '@jest/globals'
import { discordChecks } from '../../src/chat/discord/doctor.js'
import type { DiscordSettings } from '../../src/ports/discord-settings.js'
import { registry } from '../../src/registry.js'
import { GUILD } from '../support/discord-driver.js'
import { type DiscordLab, startDiscordLab } from '../support/discord-lab.js'
import { openApiFaults } from '../support/discord-openapi.js'

/** The commands at Discord, and the app in its server. */

const SLOW = 60_000

let lab: DiscordLab
afterEach(async () => {
  expect(openApiFaults(lab.discord.calls())).toEqual([])
  await lab.close()
})

const settings = (): DiscordSettings => ({
  mode: 'gateway',
  botToken: lab.discord.token,
  guild: GUILD,
  publicKey: null,
  host: '127.0.0.1',
  port: 0,
  commands: 'global',
  roles: {},
  onlyRoles: [],
  commandsPerMinute: 30,
  apiUrl: lab.discord.apiUrl,
})
const checks = (commands = registry) =>
  discordChecks({ settings: settings(), stores: lab.home.stores, commands, workspaces: ['lab'] })
const found = async (subject: string) =>
  (await checks()).find((check) => check.subject === `discord: ${subject}`)
it(
  'doctor finds that all is well, and otherwise says what to click',
  async () => {
    lab = await startDiscordLab('gateway')
    expect((await checks()).filter(({ state }) => state !== 'ok')).toEqual([])

    expect(
      (await checks(registry.slice(1))).find(({ subject }) => subject === 'discord: commands'),
    ).toMatchObject({
      state: 'warning',
      finding: expect.stringContaining('help'),
    })
    lab.discord.removeMember(lab.discord.botId)
    expect(await found('server')).toMatchObject({
      state: 'failed',
      hint: expect.stringContaining(
        `client_id=${lab.discord.appId}&scope=bot+applications.commands&permissions=`,
      ),
    })
  },
  SLOW,
)

it(
  'commands are registered once, and not again when it starts anew',
  async () => {
    lab = await startDiscordLab('gateway')
    const puts = () => lab.discord.calls().filter(({ method }) => method === 'PUT').length
    const before = puts()
    await lab.restart()
    await lab.discord.until(() => lab.discord.connections() === 1, 'connected')

    expect([before, puts()]).toEqual([1, 1])
  },
  SLOW,
)
