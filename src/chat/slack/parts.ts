import type { WebClient } from '@slack/web-api'
import type { SlackSettings } from '../../ports/slack-settings.js'
import { type ChatParts, type ChatRun, drawingOf } from '../parts.js'
import type { SlackDrawing } from './blocks/card.js'

/** What the Slack surface needs of the inside. */
export type SlackParts = ChatParts & { readonly settings: SlackSettings }

/** The parts, with what there is only once the surface runs. */
export type SlackRun = SlackParts &
  ChatRun & {
    readonly client: WebClient
    /** The bot's own account; empty until Slack has told it. */
    readonly botUser: () => string
  }

/** How things are drawn in a workspace, with words as they are typed here. */
export function slackDrawing(
  run: Pick<SlackRun, 'workspaces' | 'clock' | 'typed'>,
  workspace: string | null,
): SlackDrawing {
  return { ...drawingOf(run, workspace), typed: run.typed }
}
