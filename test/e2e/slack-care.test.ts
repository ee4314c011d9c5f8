import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { slackChecks } from '../../src/chat/slack/doctor.js'
import type { SlackSettings } from '../../src/ports/slack-settings.js'
import { APPROVALS, OPS, PEOPLE, type SlackLab, startSlackLab } from '../support/slack-lab.js'

/** What whoever runs the home sees: doctor, a token that is refused, groups. */

const settings = ({ slack }: SlackLab): SlackSettings => ({
  mode: 'socket',
  botToken: slack.botToken,
  appToken: slack.appToken,
  signingSecret: null,
  host: '127.0.0.1',
  port: 0,
  groups: {},
  onlyGroups: [],
  commandsPerMinute: 30,
  apiUrl: slack.apiUrl,
})

describe('doctor slack', () => {
  let lab: SlackLab
  beforeAll(async () => {
    lab = await startSlackLab('socket')
  }, 60_000)
  afterAll(() => lab.close())
  const states = async () =>
    Object.fromEntries(
      (await slackChecks(settings(lab), lab.home.stores)).map((each) => [each.subject, each.state]),
    )

  it('finds that all is well', async () => {
    expect(await states()).toEqual({
      'slack: bot token': 'ok',
      'slack: scopes': 'ok',
      'slack: app token': 'ok',
      'slack: manifest': 'skipped',
      'slack: #ops': 'ok',
      'slack: #web': 'ok',
      'slack: #night': 'ok',
      'slack: #day': 'ok',
      'slack: #deep': 'ok',
      'slack: #approvals': 'ok',
      'slack: outbox': 'ok',
    })
  })

  it('names a scope that is missing, and a channel without the app, with what to click', async () => {
    lab.slack.revokeScope('files:write')
    lab.slack.setChannel(APPROVALS, { member: false })
    const checks = await slackChecks(settings(lab), lab.home.stores)
    const of = (subject: string) => checks.find((each) => each.subject === subject)

    expect(of('slack: scopes')).toMatchObject({
      state: 'failed',
      finding: expect.stringContaining('files:write'),
    })
    expect(of('slack: scopes')?.hint).toContain('Reinstall')
    expect(of('slack: #approvals')).toMatchObject({
      state: 'failed',
      hint: expect.stringContaining('/invite'),
    })
    lab.slack.grant('files:write')
    lab.slack.setChannel(APPROVALS, { member: true })
  })

  it('says of a wrong app token where there is another', async () => {
    const wrong = { ...settings(lab), appToken: 'xapp-wrong' }
    const checks = await slackChecks(wrong, lab.home.stores)
    expect(checks.find(({ subject }) => subject === 'slack: app token')).toMatchObject({ state: 'failed' })
  })

  it('a token that is revoked while it runs is told; operations go on without Slack', async () => {
    await lab.control.change({ kind: 'power', vmid: 101, to: 'off' })
    lab.slack.revokeToken()
    await lab.slack.event({ type: 'tokens_revoked', tokens: { oauth: [], bot: [lab.slack.botUserId] } })
    await lab.slack.until(() => lab.surface.health().state === 'refused', 'it is told')
    const caller = { surface: 'slack', account: PEOPLE.alice, as: null } as const
    const asked = await lab.home.road.ask({ caller, words: ['start', '101'], workspace: null })
    const number = asked.kind === 'operation' ? asked.report.number : 0
    const ended = await lab.home.road.follow(number, { caller, decisions: false })

    expect(ended.kind === 'operation' && ended.report.state).toBe('verified')
    expect((await states())['slack: bot token']).toBe('failed')
  }, 40_000)
})

describe('user groups', () => {
  it('let linked persons operate, give strangers nothing, and keep others out', async () => {
    const lab = await startSlackLab('socket', {
      settings: ['groups: { SOPS: operator }', 'only_groups: [SOPS, SREAD]'],
    })
    try {
      lab.slack.addGroup('SOPS', 'ops', [PEOPLE.dave, PEOPLE.erin])
      lab.slack.addGroup('SREAD', 'readers', [PEOPLE.bob])
      await lab.control.change({ kind: 'power', vmid: 101, to: 'off' })
      await lab.slack.slash(PEOPLE.dave, OPS, 'start 101')
      await lab.slack.until(
        () => lab.slack.messages(OPS).some(({ text }) => text.includes('verified')),
        'it runs',
        20_000,
      )
      const text = async (user: string) =>
        JSON.stringify((await (await lab.slack.slash(user, OPS, 'start 101')).answer()).blocks)

      expect(await text(PEOPLE.erin)).toContain('no_role')
      expect(await text(PEOPLE.bob)).toContain('no_role')
      expect(await text(PEOPLE.alice)).toContain('outsider')
      expect(lab.slack.violations()).toEqual([])
    } finally {
      await lab.close()
    }
  }, 60_000)
})
