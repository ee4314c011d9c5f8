import type { WebClient } from '@slack/web-api'
import type { SlackSettings } from '../../ports/slack-settings.js'
import type { ChatParts, ChatRun } from '../parts.js'

/** What the Slack surface needs of the inside. */
export type SlackParts = ChatParts & { readonly settings: SlackSettings }

/** The parts, with what there is only once the surface runs. */
export type SlackRun = SlackParts &
  ChatRun & {
    readonly client: WebClient
    /** The bot's own account; empty until Slack has told it. */
    readonly botUser: () => string
  }
