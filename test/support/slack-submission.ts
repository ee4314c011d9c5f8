import { randomUUID } from 'node:crypto'
import type { ViewSubmitAction } from '@slack/bolt'
import type { Seen } from '../fakes/slack/human.js'
import { isObj, str, textOf } from '../fakes/slack/json.js'
import type { FakeSlack } from '../fakes/slack/server.js'
import type { StoredView } from '../fakes/slack/state.js'
import type { Values } from '../scenarios/driver.js'

/** A modal as it comes when it is sent off. The fake sends each form once; this is for bringing the same one twice. */
export function submission(slack: FakeSlack, view: StoredView, values: Values): Seen {
  const nothing = { submit: null, close: null, previous_view_id: null, external_id: '' }
  const team = { id: slack.teamId, domain: 'home' }
  const payload = {
    type: 'view_submission',
    team,
    user: { id: view.user, name: view.user.toLowerCase(), team_id: slack.teamId },
    api_app_id: slack.appId,
    token: 'legacy-verification-token',
    trigger_id: `again.${randomUUID()}`,
    view: {
      ...nothing,
      id: view.id,
      team_id: slack.teamId,
      type: view.type,
      blocks: [...view.blocks],
      private_metadata: view.private_metadata,
      callback_id: view.callback_id,
      state: { values: inputs(view, values) },
      hash: view.hash,
      title: { type: 'plain_text', text: textOf(view.body.title) },
      clear_on_close: false,
      notify_on_close: false,
      root_view_id: view.root,
      app_id: slack.appId,
      app_installed_team_id: slack.teamId,
      bot_id: slack.botId,
    },
    response_urls: [],
    is_enterprise_install: false,
  } satisfies ViewSubmitAction
  const shown = () => Promise.reject(new Error('what was brought twice shows nothing by itself'))
  return {
    delivery: { id: randomUUID(), kind: 'interactive', payload, accepts: true },
    outcome: { kind: 'acked', payload: undefined, afterMs: 0 },
    acked: true,
    trouble: undefined,
    answers: () => [],
    answer: shown,
    view: shown,
  }
}

function inputs(view: StoredView, values: Values): ViewSubmitAction['view']['state']['values'] {
  const filled = view.blocks.flatMap(({ block_id, element }) => {
    const name = isObj(element) ? (str(element.action_id) ?? '') : ''
    const value = values[name]
    if (!isObj(element) || name === '') return []
    const one = { type: 'plain_text_input', value: typeof value === 'string' ? value : null }
    return [[block_id, { [name]: one }] as const]
  })
  return Object.fromEntries(filled)
}
