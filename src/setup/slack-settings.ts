import type { SlackConfig } from '../config/chat.js'
import { type Environment, readSecret } from '../config/secrets.js'
import { isRefusal, type Refusal } from '../core/refusal.js'
import type { SlackSettings } from '../ports/slack-settings.js'

/** What the config says about Slack, with the secrets it refers to; `secret_missing` where one is not there. */
export function slackSettings(
  config: SlackConfig,
  home: string,
  environment: Environment,
): { readonly kind: 'settings'; readonly settings: SlackSettings } | Refusal {
  const bot = readSecret(config.bot_token, home, environment)
  if (isRefusal(bot)) return bot
  const reference = config.mode === 'socket' ? config.app_token : config.signing_secret
  const second = readSecret(reference ?? '', home, environment)
  if (isRefusal(second)) return second
  return {
    kind: 'settings',
    settings: {
      mode: config.mode,
      botToken: bot.value,
      appToken: config.mode === 'socket' ? second.value : null,
      signingSecret: config.mode === 'http' ? second.value : null,
      host: config.host,
      port: config.port,
      groups: config.groups,
      onlyGroups: config.only_groups,
      commandsPerMinute: config.commands_per_minute,
      apiUrl: environment.SLACK_API_URL ?? null,
    },
  }
}
