import { slackManifest } from '../../src/chat/derive/slack-manifest.js'
import { registry } from '../../src/registry.js'
import { type FakeSlack, type SlackOptions, startSlack } from '../fakes/slack/server.js'
import { type ChatLab, type ChatLabOptions, freePort, startChatLab } from './chat-lab.js'
import { slackDriver } from './slack-driver.js'

export type Transport = 'socket' | 'http'
export type SlackLab = ChatLab & { readonly slack: FakeSlack }

export const PEOPLE = { alice: 'UALICE', bob: 'UBOB', carol: 'UCAROL', dave: 'UDAVE', erin: 'UERIN' } as const
export const OPS = 'COPS'
export const APPROVALS = 'CAPPROVALS'

export type SlackLabOptions = ChatLabOptions & {
  readonly slack?: SlackOptions
  /** Further lines of the `slack:` block. */
  readonly settings?: readonly string[]
}

/** A home whose people talk to it in Slack. */
export async function startSlackLab(transport: Transport, options: SlackLabOptions = {}): Promise<SlackLab> {
  // Made from the manifest that we give out, with no scope and no tab besides.
  const manifest = slackManifest(registry, { mode: transport, url: 'https://pve.example.org' })
  const slack = await startSlack({ manifest, ...options.slack })
  const port = await freePort()
  if (transport === 'http') slack.deliverTo(`http://127.0.0.1:${port}/slack/events`)
  const settings = [
    `mode: ${transport}`,
    `bot_token: '\${file:slack-bot}'`,
    transport === 'http' ? `signing_secret: '\${file:slack-signing}'` : `app_token: '\${file:slack-app}'`,
    `port: ${port}`,
    ...(options.settings ?? ['commands_per_minute: 30000']),
  ]
  const lab = await startChatLab(
    {
      driver: slackDriver(slack, transport),
      config: `slack:\n${settings.map((line) => `  ${line}`).join('\n')}`,
      secrets: {
        'slack-bot': slack.botToken,
        'slack-app': slack.appToken,
        'slack-signing': slack.signingSecret,
      },
      environment: { SLACK_API_URL: slack.apiUrl },
      ready: async () => {
        if (transport === 'socket') await slack.until(() => slack.connections() === 2, 'two sockets')
      },
      stop: () => slack.stop(),
    },
    options,
  )
  return Object.assign(lab, { slack })
}
