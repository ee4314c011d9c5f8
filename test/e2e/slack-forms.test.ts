import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import { checkView } from '../fakes/slack/limits.js'
import type { StoredView } from '../fakes/slack/state.js'
import { OPS, PEOPLE, type SlackInside, startSlackInside } from '../support/slack-inside.js'

/** Forms on bad days: everything inside is slow, Slack lets none be opened, somebody has closed it meanwhile. */

const { alice, bob, dave, erin } = PEOPLE
const SLOW = 40_000

describe('forms', () => {
  let lab: SlackInside
  let delay = 0
  beforeAll(async () => {
    lab = await startSlackInside('socket', {
      slowly: () => new Promise((done) => setTimeout(done, delay)),
    })
  }, 60_000)
  afterAll(async () => {
    const left = lab.slack.violations()
    await lab.close()
    expect(left).toEqual([])
  })
  beforeEach(() => {
    delay = 0
    lab.setPolicy('')
  })

  const shown = (view: Pick<StoredView, 'blocks'>) => JSON.stringify(view.blocks)
  const inView = (user: string, text: string) =>
    lab.slack.until(
      () => lab.slack.viewsOf(user).find((view) => shown(view).includes(text)),
      `a form with ${text}`,
      20_000,
    )
  const told = (user: string, text: string) =>
    lab.slack.until(
      () => lab.slack.privateTo(user).find((each) => JSON.stringify(each.blocks).includes(text)),
      `told ${text}`,
      20_000,
    )
  /** A card with a plan that waits for approval. */
  const waiting = async (words: string) => {
    const before = lab.slack.messages(OPS).length
    await lab.slack.slash(alice, OPS, words)
    return lab.slack.until(() => lab.slack.messages(OPS)[before], 'its card')
  }
  const reasons = () =>
    lab.setPolicy(`policy:
  rules:
    - name: reasons
      when: { command: stop }
      require: { approvals: 1, reason: true }
`)

  it(
    'a form that a button opens names guest, number, node and plan, before anything is decided',
    async () => {
      reasons()
      await lab.control.change({ kind: 'power', vmid: 101, to: 'on' })
      const card = await waiting('stop 101')
      const digest = /\b[0-9a-f]{8}\b/.exec(JSON.stringify(card.blocks))?.[0]
      for (const button of ['Approve', 'Deny']) {
        const opened = await (await lab.slack.click(bob, card, button)).view()
        expect(checkView(opened.body)).toEqual([])
        const form = await inView(bob, 'lab/101 on pve')
        expect(shown(form)).toContain(`Plan ${digest}`)
        expect(form.body.title).toMatchObject({ text: expect.stringMatching(/^(Approve|Deny) op\d+$/) })
        await lab.slack.closeView(bob, form)
      }
    },
    SLOW,
  )

  it(
    'what was filled in before it says so stays',
    async () => {
      reasons()
      await lab.control.change({ kind: 'power', vmid: 102, to: 'on' })
      const card = await waiting('stop 102')
      delay = 300
      const form = await (await lab.slack.click(bob, card, 'Approve')).view()
      await inView(bob, 'lab/102')
      const sent = await lab.slack.submit(bob, form, { reason: 'the disk fails' })
      expect(sent.kind).toBe('closed')
    },
    SLOW,
  )

  it(
    'when everything inside is slow, all forms are acknowledged in time and answered in their place',
    async () => {
      reasons()
      await lab.control.change({ kind: 'power', vmid: 205, to: 'on' })
      const card = await waiting('stop 205')
      const decide = await (await lab.slack.click(bob, card, 'Approve')).view()
      await inView(bob, 'lab/205')
      const command = await (await lab.slack.slash(dave, OPS, 'why')).view()
      await lab.slack.suggest(dave, command, 'operation', 'op9999')
      await lab.slack.openHome(erin)
      const home = await lab.slack.until(() => lab.slack.homeOf(erin), 'App Home')
      const link = await (await lab.slack.click(erin, home, 'I have a code')).view()

      delay = 1300
      const sent = await Promise.all([
        lab.slack.submit(bob, decide, { reason: 'the disk fails' }),
        lab.slack.submit(dave, command, { operation: 'op9999' }),
        lab.slack.submit(erin, link, { code: 'aaaa-aaaa-aaaaa' }),
      ])
      // The link needs no more than one thing that is slow, and so may be in time.
      expect(sent.map(({ kind }) => kind).slice(0, 2)).toEqual(['updated', 'updated'])
      expect(['updated', 'errors']).toContain(sent[2].kind)
      await inView(bob, 'op')
      await inView(dave, 'op9999')
      delay = 0
      await lab.slack.until(
        () => lab.slack.message(OPS, card.ts)?.text.includes('verified'),
        'approved',
        20_000,
      )
    },
    SLOW,
  )

  it(
    'a late answer to a form that was closed comes in private',
    async () => {
      const form = await (await lab.slack.slash(dave, OPS, 'why')).view()
      await lab.slack.suggest(dave, form, 'operation', 'op8888')
      delay = 1300
      expect((await lab.slack.submit(dave, form, { operation: 'op8888' })).kind).toBe('updated')
      const [late] = lab.slack.viewsOf(dave)
      if (late !== undefined) await lab.slack.closeView(dave, late)

      await told(dave, 'op8888')
    },
    SLOW,
  )

  it('what exists on the console alone is answered, though there is no form for it', async () => {
    expect((await (await lab.slack.slash(alice, OPS, 'use')).answer()).text).not.toBe('')
  })

  it('where Slack lets no form be opened, what is missing is told', async () => {
    for (const words of ['stop', '']) {
      lab.slack.failNext('views.open', { error: 'expired_trigger_id' })
      const answer = await (await lab.slack.slash(alice, OPS, words)).answer()
      expect(answer.text).toContain(words === '' ? 'Nothing was asked' : 'needs more: guests')
    }
    await lab.slack.openHome(erin)
    const home = await lab.slack.until(() => lab.slack.homeOf(erin), 'App Home')
    lab.slack.failNext('views.open', { error: 'expired_trigger_id' })
    await lab.slack.click(erin, home, 'I have a code')
    await lab.slack.until(
      () => lab.slack.messages(`D${erin.slice(1)}`).find(({ text }) => text.includes('/pve link CODE')),
      'told',
    )
    reasons()
    await lab.control.change({ kind: 'power', vmid: 202, to: 'on' })
    const card = await waiting('stop 202')
    lab.slack.failNext('views.open', { error: 'expired_trigger_id' })
    const press = await lab.slack.click(bob, card, 'Approve')
    expect(JSON.stringify((await press.answer()).blocks)).toMatch(
      /\/pve approve op\d+ --plan [0-9a-f]{8} --reason TEXT/,
    )
  })

  it('an outsider sees a form, for which nobody has to be asked in time, with nothing in its lists', async () => {
    lab.slack.addUser({ id: 'UOUT', name: 'out', is_restricted: true })
    const form = await (await lab.slack.slash('UOUT', OPS, 'start')).view()

    expect(await lab.slack.suggest('UOUT', form, 'guests', '')).toEqual([])
    const list = await (await lab.slack.slash('UOUT', OPS, '')).view()
    expect(await lab.slack.suggest('UOUT', list, 'pve_command', '')).toEqual([])
  })
})

describe('whoever is too fast', () => {
  it(
    'is told so in buttons, forms and App Home as well',
    async () => {
      const lab = await startSlackInside('socket', { commandsPerMinute: 3 })
      try {
        const form = await (await lab.slack.slash(dave, OPS, 'why')).view()
        await lab.slack.suggest(dave, form, 'operation', 'op7')
        const sent = await lab.slack.submit(dave, form, { operation: 'op7' })
        expect(JSON.stringify(sent)).toContain('go on in')
        await lab.slack.openHome(dave)
        const home = await lab.slack.until(() => lab.slack.homeOf(dave), 'App Home')
        expect(JSON.stringify(home.body)).toContain('go on in')

        await lab.slack.slash(alice, OPS, 'stop 101')
        const card = await lab.slack.until(() => lab.slack.messages(OPS)[0], 'its card')
        const press = await lab.slack.click(alice, card, 'Approve')
        expect((await press.answer()).text).toContain('go on in')
        expect(lab.slack.violations()).toEqual([])
      } finally {
        await lab.close()
      }
    },
    SLOW,
  )
})
