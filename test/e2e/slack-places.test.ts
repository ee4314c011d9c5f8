import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { slackManifest } from '../../src/chat/derive/slack-manifest.js'
import { registry } from '../../src/registry.js'
import { OPS, PEOPLE, type SlackInside, startSlackInside } from '../support/slack-inside.js'

/** Who may speak, where a change may be asked for, and how files reach one person alone. */

const { alice, bob, carol, dave } = PEOPLE
const SLOW = 40_000

describe('places', () => {
  let lab: SlackInside
  beforeAll(async () => {
    lab = await startSlackInside('socket')
    lab.slack.addChannel({
      id: 'DBETWEEN',
      name: 'directmessage',
      member: false,
      private: true,
      members: [alice, bob],
    })
    lab.slack.addChannel({ id: 'CQUIET', name: 'quiet', member: false })
  }, 60_000)
  afterAll(async () => {
    const left = lab.slack.violations()
    await lab.close()
    expect(left).toEqual([])
  })

  const told = async (user: string, words: string, channel: string = OPS) => {
    const { text, blocks } = await (await lab.slack.slash(user, channel, words)).answer(20_000)
    return `${text} ${JSON.stringify(blocks)}`
  }
  const operations = async () => (await lab.home.stores.operations.list({ limit: 100 })).length

  it('people of another Slack may do nothing, also where a channel is shared with them', async () => {
    lab.slack.addUser({ id: 'UABROAD', name: 'abroad', team: 'T0OTHER' })

    expect(await told('UABROAD', 'whoami')).toContain('another Slack')
  })

  it('a change between two people is refused: nobody would see its card', async () => {
    await lab.control.change({ kind: 'power', vmid: 101, to: 'off' })
    const before = await operations()

    expect(await told(alice, 'start 101', 'DBETWEEN')).toContain('channel_refused')
    expect(await operations()).toBe(before)
    expect(await told(alice, 'whoami', 'DBETWEEN')).toContain('alice')
  })

  it(
    'in the conversation with the app itself it is carried out, and its card is there',
    async () => {
      await lab.control.change({ kind: 'power', vmid: 101, to: 'off' })
      await lab.slack.openHome(alice)
      const own = `D${alice.slice(1)}`
      await lab.slack.slash(alice, own, 'start 101')
      await lab.slack.until(
        () => lab.slack.messages(own).some(({ text }) => text.includes('verified')),
        'its card',
        20_000,
      )
    },
    SLOW,
  )

  it(
    'what takes back or goes on shows a card, and is refused where it would be seen by nobody',
    async () => {
      const carol = await lab.home.stores.people.byName('carol')
      const actor = {
        personId: carol?.id ?? 0,
        person: 'carol',
        account: 'slack:UCAROL',
        realPersonId: null,
        realPerson: null,
      }
      const binding = { channel: 'CQUIET', name: 'quiet', workspace: 'lab', approvals: false } as const
      await lab.home.stores.bindings.bind({ surface: 'slack', ...binding }, actor, new Date())
      await lab.control.change({ kind: 'power', vmid: 102, to: 'off' })
      await lab.slack.slash(alice, OPS, 'start 102')
      const card = await lab.slack.until(
        () => lab.slack.messages(OPS).find(({ text }) => text.includes('verified')),
        'it is over',
        20_000,
      )
      const before = await operations()

      for (const verb of ['undo', 'continue'])
        expect(await told(alice, `${verb} ${/op\d+/.exec(card.text)?.[0]}`, 'CQUIET')).toContain('/invite')
      expect(await operations()).toBe(before)
    },
    SLOW,
  )

  it('a channel that was picked by its name in a mention is that channel', async () => {
    lab.slack.addChannel({ id: 'CPICKED', name: 'picked' })
    const words = `<@${lab.slack.botUserId}> workspace bind lab --channel <#CPICKED|picked>`
    await lab.slack.mention(carol, OPS, words)
    await lab.slack.until(
      () => lab.slack.privateTo(carol).find(({ text }) => text.includes('#picked is bound now')),
      'bound',
    )

    expect(await lab.home.stores.bindings.of('slack', 'CPICKED')).toMatchObject({
      name: 'picked',
      workspace: 'lab',
    })
  })

  it(
    'files that a private answer promises outlive an outage',
    async () => {
      lab.slack.failNext('chat.postMessage', { status: 429, retryAfter: 1 })
      lab.slack.failNext('files.getUploadURLExternal', { status: 503 })
      const before = lab.slack.files().length
      await told(dave, 'metrics 205')
      const file = await lab.slack.until(() => lab.slack.files()[before], 'the picture', 20_000)

      expect(file.name).toMatch(/^chart/)
      expect(file.channel).toBe(`D${dave.slice(1)}`)
      expect(file.thread_ts).toBeDefined()
    },
    SLOW,
  )
})

describe('an app that was made without its messages tab', () => {
  it(
    'says in private that the files wait, and why',
    async () => {
      const manifest = JSON.parse(
        JSON.stringify(slackManifest(registry, { mode: 'socket' })).replace(
          '"messages_tab_enabled":true',
          '"messages_tab_enabled":false',
        ),
      )
      const lab = await startSlackInside('socket', { slack: { manifest } })
      try {
        const seen = await lab.slack.slash(dave, OPS, 'metrics 101')
        await lab.slack.until(
          () =>
            seen.answers().some((each) => JSON.stringify(each.blocks).includes('messages_tab_disabled')) ||
            null,
          'told why',
          20_000,
        )
        expect(lab.slack.files()).toEqual([])
        expect(await lab.home.stores.outbox.waiting('slack')).toMatchObject({ waiting: 1 })
      } finally {
        await lab.close()
      }
    },
    SLOW,
  )
})
