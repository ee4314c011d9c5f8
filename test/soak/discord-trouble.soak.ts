import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals'
import { prepare, type Stage, stageOf } from '../scenarios/stage.js'
import { type DiscordLab, startDiscordLab } from '../support/discord-lab.js'

/** What Discord, or somebody in it, takes away or loses while something is under way. */

const POST = 'POST /channels/:channel/messages'
const CALLBACK = 'POST /interactions/:id/:token/callback'
const ANSWER = 'PATCH /webhooks/:app/:token/messages/:message'
const [VIEW, SEND, EMBED, ATTACH, START_THREADS] = [10n, 11n, 14n, 15n, 35n].map((bit) => 1n << bit)
const SLOW = 60_000

let lab: DiscordLab
let stage: Stage

/** One home for what stands in a block, each of whose tests breaks no rule of Discord. */
function labOf(way: 'gateway' | 'http'): void {
  beforeAll(async () => {
    lab = await startDiscordLab(way, { prepare })
    stage = stageOf(lab)
  }, SLOW)
  afterEach(() => {
    lab.takeFaults()
    expect(lab.driver.takeViolations()).toEqual([])
  })
  afterAll(() => lab.close())
}

describe.each(['gateway', 'http'] as const)('over %s', (way) => {
  labOf(way)

  it(
    'a token that was refused once is tried again',
    async () => {
      lab.discord.failNext(POST, { status: 401 })
      const { own } = await stage.asked('alice', `start ${stage.off()}`)
      await stage.becomes(own, 'verified')
    },
    SLOW,
  )

  it(
    'an answer that came too late comes as a direct message, and nothing can be pressed there',
    async () => {
      const { discord, driver } = lab
      await stage.asked('alice', `stop ${stage.on()}`)
      const before = driver.privately('bob').map(({ key }) => key)
      discord.failNext(ANSWER, { code: 50027 })
      await driver.say('bob', 'ops', 'approvals')
      const direct = await driver.until(
        () => driver.privately('bob').find(({ key, text }) => !before.includes(key) && text.includes('op')),
        'a direct message',
      )
      expect(direct.buttons).toEqual([])
    },
    SLOW,
  )

  it('an answer that overtakes its acknowledgement is given again', async () => {
    lab.discord.failNext(ANSWER, { code: 10015 })
    expect(await stage.told('dave', 'whoami')).toContain('dave')
  })

  it('a form of another version is told to be so', async () => {
    const { discord, driver } = lab
    const asked = await discord.slash(driver.account('carol'), driver.channel('ops'), 'workspace freeze')
    const older = { ...(await asked.modal()), custom_id: 'fill:gone' }
    const seen = await discord.submit(driver.account('carol'), older, { reason: 'x' })
    expect(JSON.stringify(await seen.answer())).toContain('another version')
  })
})

describe('threads', () => {
  labOf('gateway')

  const failing = async () => {
    const guest = stage.off()
    const log = ['one', 'two', 'three']
    await lab.control.fault({ kind: 'task-fails', vmid: stage.vmid(guest), error: 'boom', log, count: 1 })
    return guest
  }
  const sayIn = async (words: string, guest: string) => {
    const thread = await lab.driver.beginThread('alice', 'ops')
    await lab.driver.sayIn('alice', thread, `${words} ${guest}`)
    const card = await lab.driver.until(
      () => lab.driver.inThread(thread).find(({ text }) => text.includes(guest)),
      'its card in the thread',
    )
    return { thread, card }
  }
  const logs = () => lab.driver.messages('ops').filter(({ text }) => text.includes('how its tasks ended'))

  it('an acknowledgement that Discord took, and whose answer was lost, counts', async () => {
    const guest = stage.off()
    lab.discord.failNext(CALLBACK, { hangUp: 'after' })
    const { own } = await stage.asked('alice', `start ${guest}`)
    await stage.becomes(own, 'verified')
    expect(await stage.sent(guest)).toEqual(['start'])
    expect(lab.driver.takeViolations()).toEqual(['command guest: answered twice'])
  })

  it(
    'one that is archived is opened again for what is to be shown',
    async () => {
      const guest = stage.on()
      const { thread, card } = await sayIn('stop', guest)
      const other = await lab.driver.until(
        () => lab.driver.messages('approvals').find(({ text }) => text.includes(guest)),
        'its card for approval',
      )
      lab.discord.setChannel(thread.key, { archived: true })
      await lab.driver.press('bob', other, 'Approve')
      for (const each of [card, other]) expect((await stage.becomes(each, 'verified')).buttons).toEqual([])
    },
    SLOW,
  )

  it(
    'of one that was deleted the channel gets what was to stand in it, and others are not held up',
    async () => {
      const { thread, card } = await sayIn('start', await failing())
      lab.discord.failNext(POST, { status: 500 })
      await stage.becomes(card, 'failed')
      await lab.driver.until(() => lab.takeFaults().length > 0, 'it was not posted')
      lab.discord.deleteChannel(thread.key)
      await lab.driver.until(() => logs().length > 0, 'it stands in the channel', 20_000)

      const { own } = await stage.asked('alice', `start ${await failing()}`)
      await stage.becomes(own, 'failed')
      await lab.driver.until(() => lab.driver.below(own).length > 0, 'the next one hangs below its card')
    },
    SLOW,
  )

  it(
    'where the app may not write in them the channel gets it, and doctor says so',
    async () => {
      const may = [VIEW, SEND, EMBED, ATTACH, START_THREADS].reduce<bigint>(
        (sum, bit) => sum | (bit ?? 0n),
        0n,
      )
      const before = logs().length
      lab.discord.setPermissions(lab.driver.channel('ops'), may)
      const { own } = await stage.asked('alice', `start ${await failing()}`)
      await stage.becomes(own, 'failed')
      await lab.driver.until(() => logs().length > before, 'it stands in the channel')
      expect(await stage.told('carol', 'doctor discord')).toMatch(
        /#ops +warning +the app lacks Send\s+Messages in Threads/,
      )
      lab.discord.setPermissions(lab.driver.channel('ops'), null)
    },
    SLOW,
  )
})
