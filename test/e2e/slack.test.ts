import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import { checkBlocks, checkView } from '../fakes/slack/limits.js'
import type { StoredMessage } from '../fakes/slack/state.js'
import { APPROVALS, OPS, PEOPLE, type SlackLab, startSlackLab, type Transport } from '../support/slack-lab.js'

/** What people do in Slack, with the real Bolt on both of its roads, a real home and a simulated cluster. */

const { alice, bob, carol, dave, erin } = PEOPLE
const SLOW = 40_000

describe.each(['socket', 'http'] satisfies readonly Transport[])('Slack over %s', (transport) => {
  let lab: SlackLab
  beforeAll(async () => {
    lab = await startSlackLab(transport)
    lab.slack.addChannel({ id: 'CFREE', name: 'free' })
    lab.slack.addChannel({ id: 'CALONE', name: 'alone', member: false })
  }, 60_000)
  afterAll(async () => {
    const left = lab.slack.violations()
    await lab.close()
    expect(left).toEqual([])
  })
  beforeEach(() => lab.setPolicy(''))

  const posts = async () =>
    (await lab.control.calls()).map(({ path }) => path.replace(/^.*\/(\d+)\/status\//, '$1 '))
  const told = async (user: string, words: string, channel: string = OPS) =>
    (await (await lab.slack.slash(user, channel, words)).answer()).text
  const newest = (channel: string): StoredMessage | undefined => lab.slack.messages(channel).at(-1)
  const now = (message: StoredMessage) => lab.slack.message(message.channel, message.ts)
  const shows = (message: StoredMessage, text: string) =>
    lab.slack.until(() => (now(message)?.text.includes(text) === true ? now(message) : null), text, 20_000)
  /** Asks for a change, and gives its card where it was asked and where it is to be approved. */
  const asked = async (user: string, words: string) => {
    const before = { ops: lab.slack.messages(OPS).length, approvals: lab.slack.messages(APPROVALS).length }
    await lab.slack.slash(user, OPS, words)
    const own = await lab.slack.until(
      () => (lab.slack.messages(OPS).length > before.ops ? newest(OPS) : null),
      'its card',
    )
    const approval = () =>
      lab.slack.until(
        () => (lab.slack.messages(APPROVALS).length > before.approvals ? newest(APPROVALS) : null),
        'its card for approval',
      )
    return { own, approval }
  }
  const power = (vmid: number, to: 'on' | 'off') => lab.control.change({ kind: 'power', vmid, to })
  const textOf = (message: { readonly blocks: readonly object[] }) => JSON.stringify(message.blocks)

  describe('questions', () => {
    it.each([
      ['help', 'commands'],
      ['status', 'quorate'],
      ['ls', 'guests'],
      ['ls nodes', 'nodes'],
      ['show 101', '101'],
      ['history', ''],
      ['diff', ''],
      ['task ls', 'task'],
      ['doctor pve', ''],
      ['approvals', ''],
      ['whoami', 'alice'],
      ['workspace ls', 'workspace'],
      ['sync', ''],
    ])('`%s` is answered in private, within what Slack takes', async (words, says) => {
      const answer = await (await lab.slack.slash(alice, OPS, words)).answer(20_000)

      expect(answer.text.toLowerCase()).toContain(says)
      expect(checkBlocks(answer.blocks, 'message')).toEqual([])
    })

    it('a typo gets the nearest command', async () => {
      expect(await told(alice, 'statsu')).toContain('no command')
      const answer = await (await lab.slack.slash(alice, OPS, 'statsu')).answer()
      expect(textOf(answer)).toContain('status')
    })

    it(
      'a chart comes as a picture into the conversation with whoever asked',
      async () => {
        const before = lab.slack.files().length
        const answer = await (await lab.slack.slash(alice, OPS, 'metrics 101')).answer()
        const file = await lab.slack.until(() => lab.slack.files()[before], 'the picture', 20_000)

        expect(answer.text).toContain('web-01')
        expect(file.name).toMatch(/^chart(-1)?\.png$/)
        expect(file.bytes.subarray(1, 4).toString()).toBe('PNG')
      },
      SLOW,
    )

    it(
      'what does not fit is a file',
      async () => {
        for (let vmid = 6000; vmid < 6100; vmid++)
          await lab.control.change({
            kind: 'create',
            vmid,
            guestKind: 'lxc',
            name: `many-${vmid}`,
            node: 'pve1',
            running: false,
          })
        const before = lab.slack.files().length
        await told(alice, 'sync')
        await told(alice, 'ls')
        const file = await lab.slack.until(
          () =>
            lab.slack
              .files()
              .slice(before)
              .find(({ name }) => name === 'table.csv'),
          'the file',
          20_000,
        )

        expect(file.bytes.toString().split('\n').length).toBeGreaterThan(100)
      },
      SLOW,
    )
  })

  describe('who and where', () => {
    it('an account that belongs to nobody may do nothing, and is told how to get in', async () => {
      const answer = await (await lab.slack.slash(erin, OPS, 'ls')).answer()
      expect(textOf(answer)).toContain('link CODE')
    })

    it('guests, bots and people of other workspaces may do nothing', async () => {
      lab.slack.addUser({ id: 'UGUEST', name: 'guest', is_restricted: true })
      lab.slack.addUser({ id: 'UBOT', name: 'robot', is_bot: true })
      for (const user of ['UGUEST', 'UBOT'])
        expect(textOf(await (await lab.slack.slash(user, OPS, 'ls')).answer())).toContain('outsider')
    })

    it('a channel that is bound to nothing says how to bind it; an admin does', async () => {
      expect(await told(alice, 'ls', 'CFREE')).toContain('bound to no workspace')
      expect(await told(alice, 'workspace bind lab', 'CFREE')).toContain('admin')
      expect(await told(carol, 'workspace bind lab', 'CFREE')).toContain('lab')
      expect(await told(alice, 'ls nodes', 'CFREE')).toContain('nodes')
      await told(carol, 'workspace unbind', 'CFREE')
    })

    it('where the app may not post a change is refused when it is typed', async () => {
      await told(carol, 'workspace bind lab', 'CALONE')
      const answer = await (await lab.slack.slash(alice, 'CALONE', 'stop 101')).answer()

      expect(textOf(answer)).toContain('/invite')
      expect(await told(alice, 'ls nodes', 'CALONE')).toContain('nodes')
      await told(carol, 'workspace unbind', 'CALONE')
    })

    it('no role, no change', async () => {
      expect(textOf(await (await lab.slack.slash(dave, OPS, 'stop 101')).answer())).toContain('no_role')
    })

    it(
      'an account is linked by its code, which shows up nowhere',
      async () => {
        const stores = lab.home.stores
        const person = await stores.people.byName('carol')
        const invited = await lab.home.road.ask({
          caller: { surface: 'slack', account: carol, as: null },
          words: ['person', 'add', 'erin'],
          workspace: null,
        })
        expect([person?.name, invited.kind]).toEqual(['carol', 'card'])
        const code = /link ([a-z0-9-]+)/.exec(
          JSON.stringify(
            await lab.home.road.ask({
              caller: { surface: 'slack', account: carol, as: null },
              words: ['person', 'invite', 'erin'],
              workspace: null,
            }),
          ),
        )?.[1]
        await lab.slack.openHome(erin)
        const home = await lab.slack.until(() => lab.slack.homeOf(erin), 'App Home')
        const form = await (await lab.slack.click(erin, home, 'I have a code')).view()
        const wrong = await lab.slack.submit(erin, form, { code: 'aaaa-aaaa-aaaaa' })
        expect(JSON.stringify(wrong)).toContain('code')
        await lab.slack.submit(erin, form, { code: code ?? '' })
        await lab.slack.until(
          async () => (await stores.people.byName('erin'))?.accounts.length === 1,
          'linked',
        )

        const said = [...lab.slack.calls(), ...lab.slack.messages(OPS), ...lab.slack.acks()]
        expect(JSON.stringify(said)).not.toContain(code)
        const log = await stores.audit.list({ limit: 1000 })
        expect(JSON.stringify(log)).not.toContain(code)
      },
      SLOW,
    )
  })

  describe('changes', () => {
    it(
      'what is routine runs at once, and its one message is edited to its end',
      async () => {
        const { own } = await asked(alice, 'start 104')
        const done = await shows(own, 'verified')

        expect(done.edits).toBeGreaterThan(0)
        expect(lab.slack.messages(OPS).filter(({ text }) => text.includes('start win11'))).toHaveLength(1)
      },
      SLOW,
    )

    it(
      'own confirmation by button, only by whoever asked',
      async () => {
        const { own } = await asked(alice, 'shutdown 102')
        const other = await lab.slack.click(bob, own, 'Confirm')
        expect((await other.answer()).text).toContain('operator')
        await lab.slack.click(alice, own, 'Confirm')
        await shows(own, 'verified')
      },
      SLOW,
    )

    it(
      'two persons with reasons, in forms; late clicks are answered in private',
      async () => {
        lab.setPolicy(`policy:
  rules:
    - name: production
      when: { command: stop }
      require: { approvals: 2, reason: true }
`)
        const carolToo = await lab.home.stores.people.byName('carol')
        expect(carolToo).not.toBeNull()
        const { approval } = await asked(alice, 'stop 101')
        const card = await approval()
        const form = await (await lab.slack.click(bob, card, 'Approve')).view()
        const empty = await lab.slack.submit(bob, form, { reason: 'the disk fails' })
        expect(JSON.stringify(empty)).not.toContain('errors')
        await lab.slack.until(
          () => textOf(now(card) ?? card).includes('the disk fails'),
          'his word on the card',
        )
        const twice = await (await lab.slack.click(bob, card, 'Approve')).view()
        await lab.slack.submit(bob, twice, { reason: 'once more' })
        await lab.slack.until(
          () => lab.slack.privateTo(bob).some(({ text }) => text.includes('decided')),
          'a private word',
        )
        const second = await (await lab.slack.click(carol, card, 'Approve')).view()
        await lab.slack.submit(carol, second, { reason: 'agreed' })
        const done = await shows(card, 'verified')
        expect(textOf(done)).not.toContain('"button"')

        const late = await lab.slack.click(carol, card, 'Approve', { stale: card })
        const view = await late.view()
        await lab.slack.submit(carol, view, { reason: 'late' })
        await lab.slack.until(
          () => lab.slack.privateTo(carol).some(({ text }) => text.includes('over')),
          'told that it is over',
        )
        expect((await posts()).filter((post) => post === '101 stop')).toHaveLength(1)
      },
      SLOW,
    )

    it(
      'a typed name is asked for where the policy says so',
      async () => {
        lab.setPolicy(`policy:
  rules:
    - name: typed
      when: { command: reset }
      require: { confirm: typed }
`)
        await power(101, 'on')
        const { approval } = await asked(alice, 'reset 101')
        const card = await approval()
        const form = await (await lab.slack.click(bob, card, 'Approve')).view()
        const wrong = await lab.slack.submit(bob, form, { typed: 'another' })
        expect(JSON.stringify(wrong)).toContain('not')
        await lab.slack.submit(bob, form, { typed: 'web-01' })
        await shows(card, 'verified')
      },
      SLOW,
    )

    it(
      'a denial ends it, and everybody sees who and why',
      async () => {
        const { own, approval } = await asked(alice, 'stop 202')
        const card = await approval()
        const form = await (await lab.slack.click(bob, card, 'Deny')).view()
        await lab.slack.submit(bob, form, { reason: 'not now' })
        expect(textOf(await shows(card, 'denied'))).toContain('not now')
        await shows(own, 'denied')
      },
      SLOW,
    )

    it(
      'what changed since is stale, and nothing is sent',
      async () => {
        const { own, approval } = await asked(alice, 'stop 205')
        const card = await approval()
        await lab.control.change({ kind: 'config', vmid: 205, set: { description: 'edited meanwhile' } })
        await lab.slack.click(bob, card, 'Approve')

        expect(textOf(await shows(own, 'stale'))).toContain('changed since')
        await shows(card, 'stale')
        expect((await posts()).filter((post) => post.startsWith('205'))).toEqual([])
      },
      SLOW,
    )

    it(
      'an undecided plan expires on its own, and its buttons go',
      async () => {
        lab.setPolicy('policy: { ttl: 3s }\n')
        const { own, approval } = await asked(alice, 'stop 205')
        const card = await approval()

        for (const message of [own, card])
          expect(textOf(await shows(message, 'expired'))).not.toContain('"button"')
        const late = await lab.slack.click(bob, card, 'Approve', { stale: card })
        expect((await late.answer()).text).toContain('expired')
      },
      SLOW,
    )

    it(
      'its log comes into its thread when it fails',
      async () => {
        await lab.control.fault({ kind: 'task-fails', vmid: 204, error: 'no space left on device', count: 1 })
        const { own } = await asked(alice, 'start 204')
        await shows(own, 'failed')
        const thread = await lab.slack.until(
          () => lab.slack.thread(OPS, own.ts)[0],
          'the end of its log',
          20_000,
        )
        expect(textOf(thread)).toContain('no space left on device')
      },
      SLOW,
    )
  })

  describe('forms', () => {
    it(
      'nothing typed opens the list of commands, a choice its form, and an error stands in its field',
      async () => {
        const list = await (await lab.slack.slash(alice, OPS, '')).view()
        expect(checkView(list.body)).toEqual([])
        const commands = await lab.slack.suggest(alice, list, 'pve_command', 'sh')
        expect(commands.slice(0, 1)).toMatchObject([{ value: 'show' }])
        await lab.slack.click(alice, list, 'pve_command', { value: 'show' })
        const form = await lab.slack.until(
          () => lab.slack.viewsOf(alice).find(({ callback_id }) => callback_id === 'pve_form'),
          'the form',
        )
        expect(checkView(form.body)).toEqual([])
        const offered = await lab.slack.suggest(alice, form, 'what', 'web')
        expect(JSON.stringify(offered)).toContain('web-01')
      },
      SLOW,
    )

    it(
      'a command without what it needs opens its form, and the form sends it the one road',
      async () => {
        const form = await (await lab.slack.slash(alice, OPS, 'start')).view()
        const offered = await lab.slack.suggest(alice, form, 'guests', 'ct-wiki')
        expect(offered.length).toBeGreaterThan(0)
        const before = lab.slack.messages(OPS).length
        const [first] = offered
        await lab.slack.submit(alice, form, { guests: [first?.value ?? ''] })
        await lab.slack.until(() => lab.slack.messages(OPS).length > before, 'its card', 20_000)
      },
      SLOW,
    )

    it(
      'a refusal is shown in the field that it is about',
      async () => {
        const form = await (await lab.slack.slash(alice, OPS, 'why')).view()
        await lab.slack.suggest(alice, form, 'operation', 'op9999')
        const sent = await lab.slack.submit(alice, form, { operation: 'op9999' })
        expect(JSON.stringify(sent)).toContain('op9999')
      },
      SLOW,
    )
  })

  it(
    'in a thread a mention is answered there, in private',
    async () => {
      const root = lab.slack.say(alice, OPS, 'look at this')
      await lab.slack.mention(alice, OPS, `<@${lab.slack.botUserId}> ls nodes`, root.ts)
      const answer = await lab.slack.until(
        () => lab.slack.privateTo(alice).find(({ thread_ts }) => thread_ts === root.ts),
        'an answer in the thread',
      )
      expect(answer.text).toContain('nodes')
    },
    SLOW,
  )

  it(
    'App Home shows what waits for this person, with buttons',
    async () => {
      const { own, approval } = await asked(alice, 'stop 205')
      await approval()
      await lab.slack.openHome(bob)
      const home = await lab.slack.until(() => {
        const view = lab.slack.homeOf(bob)
        return view !== undefined && JSON.stringify(view.body).includes('Approve') ? view : null
      }, 'his buttons')
      expect(checkView(home.body)).toEqual([])
      expect(JSON.stringify(home.body)).toContain('quorate')
      await lab.slack.openHome(alice)
      const hers = await lab.slack.until(() => lab.slack.homeOf(alice), 'her home')
      expect(JSON.stringify(hers.body)).not.toContain('Approve op')
      const approve = /"(op:approve:\d+)"/.exec(JSON.stringify(home.body))?.[1] ?? ''
      await lab.slack.click(bob, home, approve)
      await shows(own, 'verified')
    },
    SLOW,
  )

  describe('bad days', () => {
    it(
      '429: a card waits as long as Slack says, and comes',
      async () => {
        await power(101, 'off')
        lab.slack.failNext('chat.postMessage', { status: 429, retryAfter: 2 })
        const { own } = await asked(alice, 'start 101')
        await shows(own, 'verified')
      },
      SLOW,
    )

    it('an outage: the operation goes on, and its cards catch up', async () => {
      await power(101, 'on')
      const { own, approval } = await asked(alice, 'stop 101')
      const card = await approval()
      await lab.slack.click(bob, card, 'Approve')
      await lab.slack.outage()
      const id = Number(/op(\d+)/.exec(own.text)?.[1])
      const ended = async () => (await lab.home.stores.operations.get(id))?.state === 'verified'
      for (let tries = 0; tries < 200 && !(await ended()); tries++)
        await new Promise((done) => setTimeout(done, 50))
      expect(await ended()).toBe(true)
      await lab.slack.restore()
      await shows(own, 'verified')
      await shows(card, 'verified')
    }, 90_000)

    it(
      'a click that is delivered twice counts once',
      async () => {
        await power(101, 'on')
        const { approval } = await asked(alice, 'stop 101')
        const card = await approval()
        const calls = (await posts()).length
        const click = await lab.slack.click(bob, card, 'Approve')
        await lab.slack.again(click)
        await shows(card, 'verified')
        expect((await posts()).length).toBe(calls + 1)
      },
      SLOW,
    )

    it(
      'a card that the store does not know is answered and adopted by its click',
      async () => {
        await power(101, 'on')
        const { own, approval } = await asked(alice, 'stop 101')
        const card = await approval()
        await lab.forget(card)
        await lab.slack.click(bob, card, 'Approve')
        await shows(own, 'verified')
        await lab.slack.until(
          () => /verified|newer/i.test(now(card)?.text ?? ''),
          'it tells the truth',
          20_000,
        )
        expect(textOf(now(card) ?? card)).not.toContain('"button"')
      },
      SLOW,
    )

    it(
      'ended and started again in the middle of an approval',
      async () => {
        await power(101, 'on')
        const { own, approval } = await asked(alice, 'stop 101')
        const card = await approval()
        await lab.restart()
        await lab.slack.click(bob, card, 'Approve')
        await shows(own, 'verified')
        await shows(card, 'verified')
      },
      SLOW,
    )

    it('ended and started again in the middle of an operation', async () => {
      await power(101, 'off')
      await lab.control.fault({ kind: 'task-slow', vmid: 101, seconds: 60, count: 1 })
      const { own } = await asked(alice, 'start 101')
      await shows(own, 'running')
      await lab.restart()
      await shows(own, 'verified')
    }, 60_000)

    it(
      'text from outside notifies nobody and breaks nothing',
      async () => {
        const evil = '<!channel> <@UALICE> *bold* <https://x.example|y> `x` \u202eabc'
        lab.slack.untrusted('<!channel>')
        lab.slack.untrusted('<https://x.example|y>')
        await lab.control.change({ kind: 'config', vmid: 101, set: { description: evil.repeat(200) } })
        const answer = await (await lab.slack.slash(alice, OPS, 'show 101')).answer(20_000)
        expect(checkBlocks(answer.blocks, 'message')).toEqual([])
        expect(lab.slack.violations()).toEqual([])
      },
      SLOW,
    )

    if (transport === 'socket')
      it(
        'a socket that Slack replaces is replaced without a gap',
        async () => {
          const opened = () => lab.slack.calls('apps.connections.open').length
          const once = opened()
          lab.slack.requestRefresh()
          await lab.slack.until(() => opened() === once + 2 && lab.slack.connections() === 2, 'new sockets')
          expect(await told(alice, 'ls nodes')).toContain('nodes')
          lab.slack.dropSockets()
          await lab.slack.until(() => opened() === once + 4 && lab.slack.connections() === 2, 'once more')
          expect(await told(alice, 'ls nodes')).toContain('nodes')
        },
        SLOW,
      )
    else
      it(
        'what is not signed, or long ago, is not listened to',
        async () => {
          const before = lab.slack.privateTo(alice).length
          for (const tweak of [{ badSignature: true }, { ageSeconds: 400 }]) {
            const seen = await lab.slack.slash(alice, OPS, 'ls nodes', { tweak })
            expect(seen.acked).toBe(false)
          }
          expect(lab.slack.privateTo(alice)).toHaveLength(before)
        },
        SLOW,
      )
  })
})

describe('too many commands of one person', () => {
  it(
    'are told when they can go on, in private',
    async () => {
      const lab = await startSlackLab('socket', { commandsPerMinute: 30 })
      try {
        const answers = await Promise.all(
          Array.from({ length: 14 }, () =>
            lab.slack.slash(dave, OPS, 'whoami').then((seen) => seen.answer()),
          ),
        )
        expect(answers.filter(({ text }) => text.includes('go on in'))).toHaveLength(4)
        expect(lab.slack.violations()).toEqual([])
      } finally {
        await lab.close()
      }
    },
    SLOW,
  )
})
