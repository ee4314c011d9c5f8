import { describe, expect, it } from '@jest/globals'
import { discordCommands } from '../../src/chat/derive/discord-commands.js'
import { registry } from '../../src/registry.js'
import type { DiscordLab } from '../support/discord-lab.js'
import { openApiFaults } from '../support/discord-openapi.js'
import type { Stage } from './stage.js'

/** What only Discord has: sessions, tokens that die, permissions in channels, registered commands. */

const SLOW = 60_000
const QUARTER_HOUR_MS = 15 * 60_000
const POST = 'POST /channels/:channel/messages'
const CALLBACK = 'POST /interactions/:id/:token/callback'
const VIEW_ALONE = 1n << 10n

export function discordOnly(of: () => Stage & { readonly lab: DiscordLab }): void {
  const overGateway = () => of().driver.transport === 'gateway'

  describe('in Discord', () => {
    it(
      'what is said while the gateway is broken is heard when the session goes on',
      async () => {
        const { lab, driver } = of()
        if (!overGateway()) return
        const { discord } = lab
        const before = { identifies: discord.identifies().length, resumes: discord.resumes().length }
        discord.dropGateway()
        const heard = await driver.say('dave', 'ops', 'whoami')
        expect((await heard.answer(30_000)).text).toContain('dave')
        expect(discord.resumes().length).toBe(before.resumes + 1)
        expect(discord.resumes().at(-1)).toMatchObject({ ok: true })
        expect(discord.identifies()).toHaveLength(before.identifies)
        lab.takeFaults()
      },
      SLOW,
    )

    it(
      'a session that is not valid any more is begun anew',
      async () => {
        const { lab, driver, told } = of()
        if (!overGateway()) return
        const { discord } = lab
        for (const resumable of [true, false]) {
          const before = discord.identifies().length + discord.resumes().length
          discord.invalidateSession(resumable)
          await driver.until(
            () =>
              discord.identifies().length + discord.resumes().length > before && discord.connections() === 1,
            'a session',
            30_000,
          )
          expect(await told('dave', 'whoami')).toContain('dave')
        }
        lab.takeFaults()
      },
      SLOW,
    )

    it(
      'what Discord did not get acknowledged in time is not done',
      async () => {
        const { lab, driver, place, told, off, sent } = of()
        // Over HTTP the acknowledgement is the response.
        if (!overGateway()) return
        const guest = off()
        lab.discord.failNext(CALLBACK, { code: 10062 })
        const heard = await driver.say('alice', place, `start ${guest}`)
        expect(heard.acked).toBe(false)
        await told('alice', 'approvals')
        expect(await sent(guest)).toEqual([])
        expect(driver.takeViolations()).toEqual(['command guest: not answered within 3000 ms'])
        lab.takeFaults()
      },
      SLOW,
    )

    it(
      'an answer that is ready after the fifteen minutes comes as a direct message',
      async () => {
        const { lab, driver, place } = of()
        await lab.control.fault({ kind: 'slow', ms: 1_500, path: '/rrddata', method: 'GET', count: 1 })
        const heard = await driver.say('bea', place, 'metrics web-02 day')
        expect(heard.acked).toBe(true)
        const before = driver.privately('bea').map(({ key }) => key)
        lab.discord.advance(QUARTER_HOUR_MS + 1_000)
        const late = await driver.until(
          () =>
            driver.privately('bea').find(({ key, text }) => !before.includes(key) && text.includes('web-02')),
          'a direct message',
        )
        expect(late.text).toContain('memory')
        driver.takeViolations()
      },
      SLOW,
    )

    it(
      'a card is edited as long as its operation takes',
      async () => {
        const { lab, driver, asked, becomes, on } = of()
        const { own, approval } = await asked('alice', `stop ${on()}`)
        const card = await approval()
        lab.discord.advance(QUARTER_HOUR_MS + 1_000)
        await driver.press('bob', card, 'Approve')
        for (const each of [own, card]) expect((await becomes(each, 'verified')).buttons).toEqual([])
      },
      SLOW,
    )

    it(
      'a right to post that is taken away in the middle holds up nothing, and its card catches up',
      async () => {
        const { lab, driver, place, asked, becomes, on, sent } = of()
        const guest = on()
        const { own, approval } = await asked('alice', `stop ${guest}`)
        const card = await approval()
        lab.discord.setPermissions(driver.channel(place), 0n)
        await driver.press('bob', card, 'Approve')
        await becomes(card, 'verified')
        expect(await sent(guest)).toEqual(['stop'])
        expect(driver.now(own)?.text).toContain(': waiting')
        lab.discord.setPermissions(driver.channel(place), null)
        await becomes(own, 'verified', 50_000)
        lab.takeFaults()
      },
      SLOW,
    )

    it('where it may not post any more a change is refused, and told what to click', async () => {
      const { lab, driver, told, off, sent } = of()
      const guest = off()
      lab.discord.setPermissions(driver.channel('night'), VIEW_ALONE)
      expect(await told('alice', `start ${guest}`, 'night')).toMatch(/lacks Send Messages.*Permissions/s)
      lab.discord.setPermissions(driver.channel('night'), null)
      expect(await sent(guest)).toEqual([])
    })

    it(
      'too many at once, said of one channel or of all: messages wait, and come',
      async () => {
        const { lab, asked, becomes, off } = of()
        lab.discord.failNext(POST, { status: 429, retryAfter: 1, global: true })
        const { own } = await asked('alice', `start ${off()}`)
        await becomes(own, 'verified')
        lab.takeFaults()
      },
      SLOW,
    )

    it(
      'a message whose sending was not confirmed stands there once, and comes to be true',
      async () => {
        const { lab, driver, place, asked, becomes, off, vmid, sent } = of()
        for (let tries = 1; ; tries++) {
          await quiet(lab)
          const guest = off()
          // It has ended when the message is tried again.
          await lab.control.fault({ kind: 'task-slow', vmid: vmid(guest), seconds: 20, count: 1 })
          lab.discord.failNext(POST, { hangUp: 'after' })
          const { own } = await asked('alice', `start ${guest}`)
          const done = await becomes(own, 'verified')
          expect(driver.messages(place).filter(({ text }) => text.includes(guest))).toHaveLength(1)
          expect(await sent(guest)).toEqual(['start'])
          if (lab.takeFaults().length > 0 && done.edits > 0) break
          // Another message met the fault, or it had ended already.
          expect(tries).toBeLessThan(5)
        }
      },
      SLOW,
    )

    it('a command of an older version is told from what there is', async () => {
      const { lab, driver } = of()
      const { discord } = lab
      const known = discordCommands(registry)
      const older = known.map((command) =>
        command.name === 'pve'
          ? {
              ...command,
              options: [
                { type: 1, name: 'gone', description: 'What there was before' },
                ...(command.options ?? []).slice(1),
              ],
            }
          : command,
      )
      const put = (commands: readonly object[]) =>
        fetch(`${discord.apiUrl}/v10/applications/${discord.appId}/commands`, {
          method: 'PUT',
          headers: { authorization: `Bot ${discord.token}`, 'content-type': 'application/json' },
          body: JSON.stringify(commands),
        })
      expect((await put(older)).status).toBe(200)
      const seen = await discord.slash(driver.account('dave'), driver.channel('ops'), 'pve gone')
      expect(JSON.stringify((await seen.answer()).embeds)).toContain('unknown_command')
      expect((await put(known)).status).toBe(200)
    })

    it('in direct messages there is linking, and nothing else', async () => {
      const { lab, driver, told } = of()
      driver.addPerson('dora')
      await told('carol', 'person add dora')
      const code = /link ([a-z0-9-]{10,})/.exec(await told('carol', 'person invite dora'))?.[1] ?? ''
      const dora = driver.account('dora')
      const dm = lab.discord.openDm(dora)
      const other = await lab.discord.slash(dora, dm, 'pve status')
      expect(JSON.stringify((await other.answer()).embeds)).toContain('channel_refused')
      const linked = await lab.discord.slash(dora, dm, 'pve link', { code })
      expect(JSON.stringify((await linked.answer()).embeds)).toContain('is dora now')
    })

    it('what is not signed, or long ago, is not listened to', async () => {
      const { lab, driver } = of()
      if (overGateway()) return
      expect(await lab.discord.ping()).toMatchObject({ status: 200, body: { type: 1 } })
      for (const tweak of [{ badSignature: true }, { ageSeconds: 400 }]) {
        expect(await lab.discord.ping(tweak)).toMatchObject({ status: 401 })
        const seen = await lab.discord.slash(
          driver.account('dave'),
          driver.channel('ops'),
          'pve status',
          {},
          tweak,
        )
        expect(seen.acked).toBe(false)
        expect(seen.answers()).toEqual([])
      }
    })

    it(
      'all that was sent is as Discord describes it',
      () => {
        expect(openApiFaults(of().lab.discord.calls())).toEqual([])
      },
      SLOW,
    )
  })
}

/** Until nothing has waited to be said for a moment: what hangs below cards comes after them. */
async function quiet({ home }: DiscordLab): Promise<void> {
  for (let looks = 0; looks < 15; looks++) {
    if ((await home.stores.outbox.waiting('discord')).waiting > 0) looks = 0
    await new Promise((done) => setTimeout(done, 50))
  }
}
