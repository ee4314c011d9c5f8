import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { WebClient } from '@slack/web-api'
import { type OwnSlack, slackPeople } from '../../../src/chat/slack/people.js'
import { type FakeSlack, startSlack } from '../../fakes/slack/server.js'

/** Who somebody in Slack is, as far as Slack itself tells. */

let slack: FakeSlack
let now = 0
beforeEach(async () => {
  slack = await startSlack({ enterprise: 'E0HOUSE' })
  slack.addChannel({ id: 'CSHARED', name: 'shared' })
  slack.addUser({ id: 'UOWN', name: 'own' })
  slack.addUser({ id: 'UORG', name: 'org', team: 'E0HOUSE' })
  slack.addUser({ id: 'UABROAD', name: 'abroad', team: 'T0OTHER' })
  slack.addUser({ id: 'UGUEST', name: 'guest', is_restricted: true })
})
afterEach(() => slack.stop())

const people = (own: () => OwnSlack | null) =>
  slackPeople(
    new WebClient(slack.botToken, { slackApiUrl: slack.apiUrl, retryConfig: { retries: 0 } }),
    own,
    { groups: {}, onlyGroups: [] },
    { monotonic: () => now },
  )
const at = (team: string, enterprise: string | null) => () => ({ team, enterprise })

describe('who is a member', () => {
  it.each([
    ['UOWN', 'T0HOME', null, true],
    ['UORG', 'T0HOME', 'E0HOUSE', true],
    ['UORG', 'T0HOME', null, false],
    ['UABROAD', 'T0HOME', 'E0HOUSE', false],
    ['UGUEST', 'T0HOME', null, false],
  ] as const)('%s in %s of %s: %s', async (user, team, enterprise, member) => {
    const found = await people(at(team, enterprise)).caller(user)

    expect(found.kind === 'caller').toBe(member)
  })

  it('Slack itself calls nobody a stranger with whom a channel is shared', async () => {
    const client = new WebClient(slack.botToken, { slackApiUrl: slack.apiUrl })
    const { user } = await client.users.info({ user: 'UABROAD' })

    expect(user).toMatchObject({ is_stranger: false, team_id: 'T0OTHER' })
  })

  it('is not known while Slack has not told which Slack this is, and that is not kept', async () => {
    let own: OwnSlack | null = null
    const asked = people(() => own)
    await expect(asked.caller('UOWN')).rejects.toThrow('has not told')
    own = { team: 'T0HOME', enterprise: null }

    expect(await asked.caller('UOWN')).toMatchObject({ kind: 'caller' })
  })
})

describe("the app's own conversation with somebody", () => {
  it('is asked for once a day', async () => {
    const { conversation } = people(at('T0HOME', null))
    expect([await conversation('UOWN'), await conversation('UOWN')]).toEqual(['DOWN', 'DOWN'])
    now += 25 * 3_600_000
    await conversation('UOWN')

    expect(slack.calls('conversations.open')).toHaveLength(2)
  })
})
