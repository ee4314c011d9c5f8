import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { APPROVALS, OPS, PEOPLE, type SlackLab, startSlackLab, type Transport } from '../support/slack-lab.js'

describe.each(['socket', 'http'] satisfies readonly Transport[])('Slack over %s', (transport) => {
  let lab: SlackLab
  beforeAll(async () => {
    lab = await startSlackLab(transport)
  }, 60_000)
  afterAll(() => lab.close())

  it('answers a question in private', async () => {
    const seen = await lab.slack.slash(PEOPLE.alice, OPS, 'status')
    const answer = await seen.answer()

    expect(answer.text).toContain('lab: quorate')
    expect(lab.slack.violations()).toEqual([])
  })

  it('from a word to a guarded action', async () => {
    const { slack, control } = lab
    await slack.slash(PEOPLE.alice, OPS, 'stop 101')
    const card = await slack.until(() => slack.messages(APPROVALS)[0], 'the card for approval')
    const own = await slack.until(() => slack.messages(OPS)[0], 'the card where it was asked')
    expect(own.text).toContain('waiting')

    const self = await slack.click(PEOPLE.alice, card, 'Approve')
    expect((await self.answer()).text).toContain('yourself')
    await slack.click(PEOPLE.bob, card, 'Approve')

    await slack.until(() => slack.message(OPS, own.ts)?.text.includes('verified'), 'it ends', 15_000)
    await slack.until(() => slack.message(APPROVALS, card.ts)?.text.includes('verified'), 'the copy as well')
    expect((await control.calls()).map(({ path }) => path.replace(/^.*\/status\//, ''))).toEqual(['stop'])
    expect(slack.violations()).toEqual([])
  }, 40_000)
})
