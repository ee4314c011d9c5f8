import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import type { Heard, Message } from './driver.js'
import { sideBySide } from './lanes.js'
import { type Asked, numberIn, type Stage } from './stage.js'

/** What is delivered twice, said in a thread, or met by a new beginning. */

const SLOW = 60_000

export function delivery(of: () => Stage): void {
  describe('delivery', () => {
    sideBySide(
      of,
      {
        'what is asked in a thread is answered there': async ({ driver, place, off }) => {
          const thread = await driver.beginThread('alice', place)
          const answer = await (await driver.sayIn('alice', thread, 'ls nodes')).answer()
          expect(answer.text).toContain('pve1')
          const guest = off()
          await driver.sayIn('alice', thread, `start ${guest}`)
          const card = await driver.until(
            () => driver.inThread(thread).find(({ text }) => text.includes(guest)),
            'its card in the thread',
          )
          await driver.until(() => driver.now(card)?.text.includes(': verified'), 'verified')
          expect(driver.messages(place).filter(({ text }) => text.includes(guest))).toEqual([])
        },
        'a command that comes twice is carried out once': async ({
          driver,
          place,
          becomes,
          asked: _,
          off,
          sent,
        }) => {
          const guest = off()
          const before = driver.messages(place).map(({ key }) => key)
          const heard = await driver.say('alice', place, `start ${guest}`)
          await heard.again()
          const cards = () =>
            driver
              .messages(place)
              .filter(
                ({ key, text }) => !before.includes(key) && text.includes(guest) && numberIn(text) !== null,
              )
          const card = await driver.until(() => cards()[0], 'its card')
          await becomes(card, 'verified')
          expect(cards()).toHaveLength(1)
          expect(await sent(guest)).toEqual(['start'])
        },
        'a command in a thread that comes twice is carried out once': async ({
          driver,
          place,
          off,
          sent,
        }) => {
          const guest = off()
          const thread = await driver.beginThread('alice', place)
          await (await driver.sayIn('alice', thread, `start ${guest}`)).again()
          const cards = () => driver.inThread(thread).filter(({ text }) => text.includes(guest))
          await driver.until(() => cards()[0]?.text.includes(': verified'), 'verified')
          expect(cards()).toHaveLength(1)
          expect(await sent(guest)).toEqual(['start'])
        },
        'a press that comes twice counts once': async ({ driver, asked, becomes, on, sent }) => {
          const guest = on()
          const { own } = await asked('alice', `stop ${guest}`)
          await (await driver.press('bob', own, 'Approve')).again()
          await becomes(own, 'verified')
          expect(await sent(guest)).toEqual(['stop'])
        },
        'a form that comes twice counts once': async ({ driver, asked, becomes, shows, on, sent }) => {
          const guest = on('twice')
          const { own } = await asked('alice', `stop ${guest}`)
          const form = await (await driver.press('bob', own, 'Approve')).form()
          await driver.fillTwice('bob', form, { reason: 'twice the same' })
          const once = await shows(own, 'twice the same')
          expect(once.text.split('twice the same')).toHaveLength(2)
          expect(once.text).toContain(': waiting')
          const other = await (await driver.press('carol', own, 'Approve')).form()
          await driver.fill('carol', other, { reason: 'agreed' })
          await becomes(own, 'verified')
          expect(await sent(guest)).toEqual(['stop'])
        },
        'a card that the store does not know is answered, and adopted by its press': async (stage) => {
          const { lab, driver, asked, becomes, on, sent } = stage
          const guest = on()
          const { number, own, approval } = await asked('alice', `stop ${guest}`)
          const card = await approval()
          await lab.forget(card)
          await driver.press('bob', card, 'Approve')
          await becomes(own, 'verified')
          await driver.until(
            () => /verified|newer/i.test(driver.now(card)?.text ?? 'verified'),
            `what becomes of the card of op${number}`,
          )
          expect(driver.now(card)?.buttons ?? []).toEqual([])
          expect(await sent(guest)).toEqual(['stop'])
        },
      },
      { anew: true },
    )
  })

  describe('ended and begun again', () => {
    type Before = {
      readonly waiting: Asked
      readonly guest: string
      readonly running: Asked
      readonly slow: string
      readonly said: Heard
      readonly once: string
      readonly pressed: { readonly heard: Heard; readonly guest: string; readonly card: Message }
    }
    let before: Before | null = null
    const then = (): Before => {
      if (before === null) throw new Error('it has not begun')
      return before
    }
    beforeAll(async () => {
      const { lab, driver, place, asked, becomes, on, off, vmid } = of()
      const [guest, slow, once, agreed] = [on(), off(), off(), on()]
      const waiting = await asked('alice', `stop ${guest}`)
      const own = (await asked('alice', `stop ${agreed}`, 'web')).own
      const heard = await driver.press('bob', own, 'Approve')
      const said = await driver.say('alice', 'night', `start ${once}`)
      await lab.control.fault({ kind: 'task-slow', vmid: vmid(slow), seconds: 60, count: 1 })
      const running = await asked('alice', `start ${slow}`, place)
      await becomes(running.own, 'running')
      await becomes(own, 'verified')
      before = { waiting, guest, running, slow, said, once, pressed: { heard, guest: agreed, card: own } }
      await lab.restart()
    }, SLOW)
    afterAll(() => {
      before = null
    })

    it(
      'what waited can be decided, and what ran goes on to its end',
      async () => {
        const { driver, becomes, sent } = of()
        const { waiting, guest, running, slow } = then()
        await driver.press('bob', await waiting.approval(), 'Approve')
        for (const card of [waiting.own, await waiting.approval(), running.own])
          expect((await becomes(card, 'verified')).buttons).toEqual([])
        expect([await sent(guest), await sent(slow)]).toEqual([['stop'], ['start']])
      },
      SLOW,
    )

    it(
      'what comes again now is not carried out again',
      async () => {
        const { driver, told, sent } = of()
        const { said, once, pressed } = then()
        const cards = driver.messages('night').length
        await said.again()
        await pressed.heard.again()
        // Whatever came before this answer was looked at.
        await told('alice', 'approvals')
        expect(driver.messages('night')).toHaveLength(cards)
        expect([await sent(once), await sent(pressed.guest)]).toEqual([['start'], ['stop']])
      },
      SLOW,
    )
  })
}
