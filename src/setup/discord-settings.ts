import type { DiscordConfig } from '../config/chat.js'
import { type Environment, readSecret } from '../config/secrets.js'
import { isRefusal, type Refusal } from '../core/refusal.js'
import type { DiscordSettings } from '../ports/discord-settings.js'

/** What the config says about Discord, with the secret it refers to; `secret_missing` where it is not there. */
export function discordSettings(
  config: DiscordConfig,
  home: string,
  environment: Environment,
): { readonly kind: 'settings'; readonly settings: DiscordSettings } | Refusal {
  const bot = readSecret(config.bot_token, home, environment)
  if (isRefusal(bot)) return bot
  return {
    kind: 'settings',
    settings: {
      mode: config.mode,
      botToken: bot.value,
      guild: config.guild,
      publicKey: config.public_key ?? null,
      host: config.host,
      port: config.port,
      commands: config.commands,
      roles: config.roles,
      onlyRoles: config.only_roles,
      commandsPerMinute: config.commands_per_minute,
      apiUrl: environment.DISCORD_API_URL ?? null,
    },
  }
}
