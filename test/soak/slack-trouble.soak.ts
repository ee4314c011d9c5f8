import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals'
import { slackChecks } from '../../src/chat/slack/doctor.js'
import type { SlackSettings } from '../../src/ports/slack-settings.js'
import { APPROVALS, OPS, PEOPLE, type SlackInside, startSlackInside } from '../support/slack-inside.js'
import { submission } from '../support/slack-submission.js'

/** What Slack, or somebody in it, changes, loses or brings again while something is under way. */

const { alice, bob, carol, dave } = PEOPLE
const SLOW = 60_000

let lab: SlackInside
const used = { on: 0, off: 0 }
const directOf = (user: string) => lab.slack.messages(`D${user.slice(1)}`)
const pause = (milliseconds: number) => new Promise((done) => setTimeout(done, milliseconds))

/** With guests that no other test touches. */
async function begin(...options: Parameters<typeof startSlackInside>): Promise<void> {
  lab = await startSlackInside(...options)
  lab.slack.addGroup('SALL', 'all', Object.values(PEOPLE))
  Object.assign(used, { on: 0, off: 0 })
  for (let n = 0; n < 10; n++)
    for (const running of [true, false]) {
      const vmid = (running ? 8000 : 8100) + n
      await lab.control.change({ kind: 'create', vmid, name: `t-${vmid}`, node: 'pve1', running })
    }
  await (await lab.slack.slash(carol, OPS, 'sync')).answer(20_000)
}

const guest = (running: boolean): number => (running ? 8000 + used.on++ : 8100 + used.off++)

async function asked(words: string, who: string = alice) {
  const before = lab.slack.messages(OPS).length
  await lab.slack.slash(who, OPS, words)
  const card = await lab.slack.until(() => lab.slack.messages(OPS)[before], 'its card', 20_000)
  return { card, number: Number(/op(\d+)/.exec(card.text)?.[1]) }
}

const states = async () =>
  (await lab.home.stores.operations.list({ limit: 100 })).map(({ id, state }) => [id, state])
const shows = (ts: string, text: string) =>
  lab.slack.until(() => lab.slack.message(OPS, ts)?.text.includes(text), text, 30_000)

describe('in one home', () => {
  beforeAll(async () => {
    await begin('socket')
  }, SLOW)
  afterEach(() => {
    expect(lab.slack.takeViolations()).toEqual([])
  })
  afterAll(() => lab.close())

  it(
    'a mention that is edited is carried out once',
    async () => {
      const vmid = guest(false)
      const said = await lab.slack.mention(alice, OPS, `<@${lab.slack.botUserId}> start ${vmid}`)
      await lab.slack.until(
        () => lab.slack.thread(OPS, said.message.ts).some(({ text }) => text.includes('verified')),
        'verified',
        30_000,
      )
      const before = await states()
      await lab.control.change({ kind: 'power', vmid, to: 'off' })
      const { event } = said.delivery.payload
      await lab.slack.event({ ...Object(event), edited: { user: alice, ts: '1795852999.000000' } })
      await lab.slack.until(
        () => lab.slack.privateTo(alice).some(({ text }) => text.includes('edited')),
        'it is told',
        10_000,
      )
      expect(await states()).toEqual(before)
    },
    SLOW,
  )

  it.each(['cant_update_message', 'edit_window_closed'])(
    'a card that cannot be edited any more (%s) gets one in its place',
    async (error) => {
      const vmid = guest(false)
      await lab.control.fault({ kind: 'task-slow', vmid, seconds: 60, count: 1 })
      const { card, number } = await asked(`start ${vmid}`)
      lab.slack.failNext('chat.update', { error })
      await lab.slack.until(
        () =>
          lab.slack
            .messages(OPS)
            .some(({ ts, text }) => ts > card.ts && text.includes(`op${number} `) && /verified/.test(text)),
        'a later card that is true',
        30_000,
      )
    },
    SLOW,
  )

  it(
    'a card that Slack does not take is told by its words alone',
    async () => {
      const vmid = guest(true)
      const { card } = await asked(`stop ${vmid}`)
      lab.slack.failNext('chat.update', { error: 'invalid_blocks' })
      await lab.control.fault({ kind: 'task-slow', vmid, seconds: 60, count: 1 })
      await lab.slack.click(bob, card, 'Approve')
      await shows(card.ts, 'verified')
    },
    SLOW,
  )

  it(
    'App Home shows what came of what was pressed there',
    async () => {
      const { number } = await asked(`stop ${guest(true)}`)
      await lab.slack.openHome(bob)
      const shown = () => JSON.stringify(lab.slack.homeOf(bob)?.body ?? null).includes(`Approve op${number}`)
      await lab.slack.until(shown, 'it waits in App Home', 20_000)
      const home = lab.slack.homeOf(bob)
      if (home === undefined) throw new Error('no App Home')
      await lab.slack.click(bob, home, `Approve op${number}`)
      await lab.slack.until(() => !shown(), 'its button is gone', 20_000)
    },
    SLOW,
  )

  it('an error in a field names commands as they are typed here', async () => {
    const form = await (await lab.slack.slash(dave, OPS, 'why')).view()
    await lab.slack.suggest(dave, form, 'operation', 'op999')
    const sent = await lab.slack.submit(dave, form, { operation: 'op999' })
    expect(JSON.stringify(sent)).toContain('/pve approvals')
  })

  it(
    'forms and buttons of another version are told to be so',
    async () => {
      const form = await (await lab.slack.slash(dave, OPS, 'why')).view()
      const sent = submission(lab.slack, form, { operation: 'op1' })
      const { payload } = sent.delivery
      for (const patch of [
        { private_metadata: '{"v":2}' },
        { private_metadata: String(form.private_metadata).replace('"why"', '"wherefore"') },
        { callback_id: 'pve_form_old' },
        { callback_id: 'decide', private_metadata: '{}' },
      ]) {
        const view = { ...Object(payload.view), ...patch }
        const delivery = { ...sent.delivery, payload: { ...payload, trigger_id: `t${Math.random()}`, view } }
        const { outcome } = await lab.slack.again({ ...sent, delivery })
        expect(JSON.stringify(outcome)).toContain('another version')
      }
      const { card } = await asked(`stop ${guest(true)}`)
      const pressed = await lab.slack.click(dave, card, 'Deny')
      const [action] = [pressed.delivery.payload.actions].flat()
      for (const patch of [{ value: 'v2:approve:1:abcdefab' }, { action_id: 'home_old' }]) {
        const actions = [{ ...Object(action), ...patch }]
        const again = { ...pressed.delivery.payload, trigger_id: `t${Math.random()}`, actions }
        await lab.slack.again({ ...pressed, delivery: { ...pressed.delivery, payload: again } })
      }
      await lab.slack.until(
        () => lab.slack.privateTo(dave).some(({ text }) => text.includes('another version')),
        'it is told',
        10_000,
      )
    },
    SLOW,
  )

  it(
    'a card whose thread is gone stands in the channel',
    async () => {
      const vmid = guest(false)
      const before = lab.slack.messages(OPS).length
      lab.slack.failNext('chat.postMessage', { error: 'thread_not_found' })
      await lab.slack.mention(alice, OPS, `<@${lab.slack.botUserId}> start ${vmid}`)
      await lab.slack.until(
        () =>
          lab.slack
            .messages(OPS)
            .slice(before)
            .some(({ text }) => text.includes(': verified')),
        'it stands there',
        30_000,
      )
    },
    SLOW,
  )

  it(
    'what hangs below a card is said once, also where its files cannot be sent',
    async () => {
      const vmid = guest(false)
      const log = Array.from({ length: 200 }, (_, n) => `line ${n} ${'x'.repeat(60)}`)
      await lab.control.fault({ kind: 'task-fails', vmid, error: 'boom', log, count: 1 })
      for (let n = 0; n < 3; n++) lab.slack.failNext('files.getUploadURLExternal', { error: 'missing_scope' })
      const { card } = await asked(`start ${vmid}`)
      await shows(card.ts, 'failed')
      await lab.slack.until(() => lab.slack.thread(OPS, card.ts).length > 0, 'its end is told', 20_000)
      await pause(5000)
      const said = lab.slack.thread(OPS, card.ts).filter(({ text }) => text.includes('how its tasks ended'))
      expect(said).toHaveLength(1)
    },
    SLOW,
  )

  it(
    'an answer that Slack does not take at its address comes in the conversation with the app',
    async () => {
      const real = globalThis.fetch
      let refusals = 0
      globalThis.fetch = async (...call) => {
        const [url] = call
        if (!String(url).includes('/respond/') || refusals > 0) return real(...call)
        refusals += 1
        return new Response('no', { status: 500 })
      }
      try {
        const before = directOf(dave).length
        await lab.slack.slash(dave, OPS, 'whoami')
        await lab.slack.until(() => directOf(dave).length > before, 'it is told', 10_000)
        expect(refusals).toBe(1)
      } finally {
        globalThis.fetch = real
      }
    },
    SLOW,
  )
})

describe('user groups', () => {
  const settings = (): SlackSettings => ({
    ...{ mode: 'socket', host: '127.0.0.1', port: 0, signingSecret: null, commandsPerMinute: 30 },
    ...{ botToken: lab.slack.botToken, appToken: lab.slack.appToken, apiUrl: lab.slack.apiUrl },
    ...{ groups: { SGONE: 'operator' }, onlyGroups: ['SALL'] },
  })

  it(
    'whoever is taken out, or made a guest, approves nothing; a group that is gone locks out nobody',
    async () => {
      await begin('socket', { onlyGroups: ['SALL'], groups: { SGONE: 'operator' } })
      try {
        lab.slack.addGroup('SALL', 'all', Object.values(PEOPLE))
        await (await lab.slack.slash(bob, OPS, 'whoami')).answer(20_000)
        const vmid = guest(true)
        const { card, number } = await asked(`stop ${vmid}`)
        const [copy] = lab.slack.messages(APPROVALS)
        await pause(3100)
        lab.slack.addGroup('SALL', 'all', [alice, carol])
        await lab.slack.click(bob, copy ?? card, 'Approve')
        await lab.slack.until(
          () => lab.slack.privateTo(bob).some(({ text }) => text.includes('user groups')),
          'it is told',
          10_000,
        )
        lab.slack.addGroup('SALL', 'all', Object.values(PEOPLE))
        lab.slack.addUser({ id: bob, name: 'bob', is_restricted: true })
        await pause(3100)
        await lab.slack.click(bob, copy ?? card, 'Approve')
        await lab.slack.until(
          () => lab.slack.privateTo(bob).some(({ text }) => text.includes('Guests')),
          'it is told',
          10_000,
        )
        expect(await states()).toContainEqual([number, 'waiting'])
        const checks = await slackChecks(settings(), lab.home.stores)
        expect(checks).toContainEqual(
          expect.objectContaining({ subject: 'slack: group SGONE', state: 'failed' }),
        )
      } finally {
        await lab.close()
      }
    },
    SLOW,
  )
})
