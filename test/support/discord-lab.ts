import { type DiscordOptions, type FakeDiscord, startDiscord } from '../fakes/discord/server.js'
import { type ChatLab, type ChatLabOptions, freePort, startChatLab } from './chat-lab.js'
import { discordDriver, GUILD } from './discord-driver.js'

export type Way = 'gateway' | 'http'
export type DiscordLab = ChatLab & { readonly discord: FakeDiscord }

export type DiscordLabOptions = ChatLabOptions & {
  readonly discord?: DiscordOptions
  /** Further lines of the `discord:` block. */
  readonly settings?: readonly string[]
}

/** A home whose people talk to it in Discord. */
export async function startDiscordLab(way: Way, options: DiscordLabOptions = {}): Promise<DiscordLab> {
  const discord = await startDiscord(options.discord)
  discord.addGuild({ id: GUILD, name: 'lab' })
  const port = await freePort()
  if (way === 'http') discord.deliverTo(`http://127.0.0.1:${port}/discord/interactions`)
  const settings = [
    `mode: ${way}`,
    `bot_token: '\${file:discord-bot}'`,
    `guild: '${GUILD}'`,
    ...(way === 'http' ? [`public_key: '${discord.publicKey}'`] : []),
    `port: ${port}`,
    ...(options.settings ?? ['commands_per_minute: 30000']),
  ]
  const lab = await startChatLab(
    {
      driver: discordDriver(discord, way),
      config: `discord:\n${settings.map((line) => `  ${line}`).join('\n')}`,
      secrets: { 'discord-bot': discord.token },
      environment: { DISCORD_API_URL: discord.apiUrl },
      ready: async () => {
        if (way === 'gateway') await discord.until(() => discord.connections() === 1, 'the gateway')
        await discord.until(() => discord.registered().length > 0, 'its commands')
      },
      stop: () => discord.stop(),
    },
    options,
  )
  return Object.assign(lab, { discord })
}
