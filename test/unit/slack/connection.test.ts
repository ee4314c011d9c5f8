import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { connection } from '../../../src/chat/slack/connection.js'
import type { SlackParts } from '../../../src/chat/slack/parts.js'
import { systemClock } from '../../../src/system/clock.js'
import { type FakeSlack, startSlack } from '../../fakes/slack/server.js'

/** How the connection says it is. */

let slack: FakeSlack
const ending = { now: new AbortController() }
beforeEach(async () => {
  slack = await startSlack()
  ending.now = new AbortController()
})
afterEach(() => slack.stop())

/** Waits at most 20 ms for anything. */
const hasty: SlackParts['clock'] = {
  ...systemClock,
  sleep: (milliseconds, signal) => systemClock.sleep(Math.min(milliseconds, 20), signal),
}

function overHttp() {
  const silent = () => {}
  return connection({
    settings: {
      ...{ mode: 'http', botToken: slack.botToken, appToken: null, signingSecret: 's', host: '127.0.0.1' },
      ...{ port: 0, groups: {}, onlyGroups: [], commandsPerMinute: 30, apiUrl: slack.apiUrl },
    },
    clock: hasty,
    log: { info: silent, warn: silent, error: silent },
    onFault: () => '',
    coming: () => () => {},
  })
}

describe('over HTTP', () => {
  it('is disconnected while Slack does not answer, with why, and connected again after', async () => {
    const way = overHttp()
    const held = way.hold(ending.now.signal)
    await slack.until(() => way.health().state === 'connected', 'connected')
    await slack.outage()
    await slack.until(() => way.health().state !== 'connected', 'noticed')

    expect(way.health()).toMatchObject({
      state: 'disconnected',
      why: expect.stringContaining('does not answer'),
    })
    await slack.restore()
    await slack.until(() => way.health().state === 'connected', 'connected again')
    expect(way.own()).toEqual({ team: 'T0HOME', enterprise: null })
    ending.now.abort()
    await held
  })
})
