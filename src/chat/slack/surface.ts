import type { BlockAction, ButtonAction, ExternalSelectAction } from '@slack/bolt'
import type { ChatSurface } from '../../ports/surface.js'
import { messageBudget } from '../budget.js'
import { delivery } from '../delivery.js'
import { ending } from '../ending.js'
import { backlog, idleWithin, quiet } from '../pace.js'
import { rateLimit } from '../rate-limit.js'
import { recent } from '../recent.js'
import { isDirect } from './channels.js'
import { clickHandler, decideFormHandler } from './clicks.js'
import { commandHandler, mentionHandler, type Talk } from './commands.js'
import { type Connection, connection } from './connection.js'
import { DECIDE_FORM } from './decide-form.js'
import { CHOOSE_ACTION, FORM_VIEW } from './form.js'
import { chooseHandler, optionsHandler, submitHandler } from './forms.js'
import {
  homeHandler,
  LINK,
  LINK_FORM,
  linkFormHandler,
  linkHandler,
  REFRESH,
  refreshHandler,
} from './home.js'
import type { SlackParts, SlackRun } from './parts.js'
import { slackPeople } from './people.js'
import { slackTransport } from './transport.js'
import { typedOnSlack } from './typed.js'
import { unknownForm } from './unknown-form.js'

/** Slack's tiers, with some room left: chat.update is tier 3, chat.postMessage one per second and channel. */
const LIMITS = { perMinute: { post: 60, edit: 40 }, betweenPosts: 1000 } as const

export type SlackSurface = ChatSurface & {
  /** Where requests are taken in HTTP mode, once they are. */
  readonly port: () => number | null
}

/** Slack as a surface of a home: the same words, the same road. */
export function slackSurface(parts: SlackParts): SlackSurface {
  const { commandsPerMinute: perMinute } = parts.settings
  const { coming, turn } = quiet(parts.clock)
  const link = connection({ ...parts, coming })
  const { client, botUser } = link
  const budget = messageBudget(LIMITS, parts.clock)
  const typed = typedOnSlack(parts.commands)
  const transport = slackTransport({ ...parts, client, typed })
  const end = ending()
  const mail = delivery({ ...parts, transport, budget })
  const run: SlackRun = {
    ...parts,
    surface: 'slack',
    platform: 'Slack',
    isDirect,
    typed,
    kick: mail.kick,
    ending: end,
    client,
    botUser,
  }
  const talk: Talk = {
    run,
    people: slackPeople(client, link.own, parts.settings, parts.clock),
    limit: rateLimit(() => parts.clock.monotonic(), { perMinute, burst: Math.ceil(perMinute / 3) }),
    backlog: backlog(),
    recent: recent(),
    turn,
  }
  listen(link, talk)
  return {
    health: link.health,
    port: link.port,
    run: async (signal) => {
      if (signal.aborted) end.begin()
      else signal.addEventListener('abort', end.begin, { once: true })
      await Promise.all([link.hold(signal), mail.run(signal)])
      // Whoever waits for an answer is told, and what ended meanwhile is shown as it is, before we go; not at any price.
      await Promise.all([mail.last(LAST_MS), idleWithin(LAST_MS, parts.clock, talk.backlog)])
      link.end()
    },
  }
}

/** Slack may not answer at all while we end. */
const LAST_MS = 5000

/** Fields of forms, and what was in messages and views of another version. */
const NONE_OF_OURS = /^(?!op:|pve_command$|home_refresh$|home_link$)/
const NO_FORM_OF_OURS = /^(?!pve_form$|decide$|link$)/

/** Every kind of thing that Slack sends has a listener, so that nothing waits for an acknowledgement in vain. */
function listen(link: Connection, talk: Talk): void {
  const { app } = link
  const { onFault } = talk.run
  app.error(async (error) => {
    onFault(error)
  })
  app.command(/.*/, commandHandler(talk))
  app.event('app_mention', mentionHandler(talk))
  app.event('app_home_opened', homeHandler(talk))
  app.event('tokens_revoked', async () => link.refused('its tokens were revoked'))
  app.event('app_uninstalled', async () => link.refused('it was uninstalled'))
  app.action<BlockAction<ButtonAction>>(/^op:/, clickHandler(talk))
  app.action<BlockAction<ExternalSelectAction>>(CHOOSE_ACTION, chooseHandler(talk))
  app.action<BlockAction<ButtonAction>>(REFRESH, refreshHandler(talk))
  app.action<BlockAction<ButtonAction>>(LINK, linkHandler(talk))
  app.action(NONE_OF_OURS, async ({ ack }) => ack())
  app.options(/.*/, optionsHandler(talk))
  app.view(FORM_VIEW, submitHandler(talk))
  app.view(DECIDE_FORM, decideFormHandler(talk))
  app.view(LINK_FORM, linkFormHandler(talk))
  app.view(NO_FORM_OF_OURS, unknownForm)
  app.view({ callback_id: /.*/, type: 'view_closed' }, async ({ ack }) => ack())
  app.shortcut(/.*/, async ({ ack }) => ack())
}
