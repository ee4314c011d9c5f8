import { describe, expect } from '@jest/globals'
import type { Message } from './driver.js'
import { sideBySide } from './lanes.js'
import type { Stage } from './stage.js'

/** What another person has to agree to. */

export function decisions(of: () => Stage): void {
  describe('decisions', () => {
    sideBySide(
      of,
      {
        'from a word, by another person, to the machine': async (stage) => {
          const { approver, driver, asked, becomes, hears, on, sent } = stage
          const guest = on()
          const { own, approval } = await asked('alice', `stop ${guest}`)
          const card = await approval()
          expect(own.text).toContain('another person')
          await hears('alice', 'yourself', () => driver.press('alice', card, 'Approve'))
          expect(await sent(guest)).toEqual([])
          await driver.press(approver, card, 'Approve')

          const ended = await Promise.all([becomes(own, 'verified'), becomes(card, 'verified')])
          for (const { text, buttons } of ended) {
            expect(text).toContain(approver)
            expect(buttons).toEqual([])
          }
          expect(await sent(guest)).toEqual(['stop'])
        },
        'two persons with reasons, in forms; later ones are answered in private': async (stage) => {
          const { approver, driver, asked, becomes, shows, hears, on, sent } = stage
          const guest = on('twice')
          const { own } = await asked('alice', `stop ${guest}`)
          const agree = async (who: string, card: Message, reason: string) => {
            const form = await (await driver.press(who, card, 'Approve')).form()
            expect(form.fields).toEqual(['reason'])
            return driver.fill(who, form, { reason })
          }
          await agree(approver, own, 'the disk fails')
          const once = await shows(own, 'the disk fails')
          expect(once.text).toContain(': waiting')
          expect(await (await agree(approver, own, 'once more')).told()).toContain('decided')
          await agree('carol', own, 'agreed')
          const done = await becomes(own, 'verified')
          expect(done.text).toContain('agreed')
          expect(done.buttons).toEqual([])

          expect(await toldLate(driver, 'carol', once)).toContain('over')
          await hears(approver, 'over', () => driver.press(approver, once, 'Cancel', { late: true }))
          expect(await sent(guest)).toEqual(['stop'])
        },
        'a name that has to be typed, wrong first': async ({
          approver,
          driver,
          asked,
          becomes,
          on,
          sent,
        }) => {
          const guest = on('named')
          const { own } = await asked('alice', `reset ${guest}`)
          const form = await (await driver.press(approver, own, 'Approve')).form()
          expect(form.fields).toEqual(['typed'])
          const wrong = await driver.fill(approver, form, { typed: 'another' })
          expect(await wrong.told()).toContain('not')
          expect(await sent(guest)).toEqual([])
          await driver.fill(approver, await wrong.retry(), { typed: guest })
          await becomes(own, 'verified')
          expect(await sent(guest)).toEqual(['reset'])
        },
        'a denial ends it, and everybody sees who and why': async ({
          approver,
          driver,
          asked,
          becomes,
          on,
          sent,
        }) => {
          const guest = on()
          const { own } = await asked('alice', `stop ${guest}`)
          const form = await (await driver.press(approver, own, 'Deny')).form()
          await driver.fill(approver, form, { reason: 'not now' })
          const ended = await becomes(own, 'denied')
          expect(ended.text).toContain(approver)
          expect(ended.text).toContain('not now')
          expect(ended.buttons).toEqual([])
          expect(await sent(guest)).toEqual([])
        },
        'what changed since is stale, and nothing is sent': async ({
          approver,
          lab,
          driver,
          asked,
          becomes,
          on,
          vmid,
          sent,
        }) => {
          const guest = on()
          const { own } = await asked('alice', `stop ${guest}`)
          await lab.control.change({
            kind: 'config',
            vmid: vmid(guest),
            set: { description: 'edited meanwhile' },
          })
          await driver.press(approver, own, 'Approve')
          expect((await becomes(own, 'stale')).text).toContain('changed since')
          expect(await sent(guest)).toEqual([])
        },
        'an undecided plan expires on its own, and its buttons go': async (stage) => {
          const { approver, driver, asked, becomes, hears, on, sent } = stage
          const guest = on('brief')
          const { own } = await asked('alice', `stop ${guest}`)
          expect((await becomes(own, 'expired')).buttons).toEqual([])
          await hears(approver, 'expired', () => driver.press(approver, own, 'Approve', { late: true }))
          expect(await sent(guest)).toEqual([])
        },
        'withdrawn by whoever asked; who is late is told': async ({
          approver,
          driver,
          asked,
          becomes,
          hears,
          on,
          sent,
        }) => {
          const guest = on()
          const { own } = await asked('alice', `stop ${guest}`)
          await driver.press('alice', own, 'Cancel')
          await becomes(own, 'cancelled')
          await hears(approver, 'cancelled', () => driver.press(approver, own, 'Approve', { late: true }))
          expect(await sent(guest)).toEqual([])
        },
        'two at the same moment: it is sent once, and both are answered': async (stage) => {
          const { approver, driver, asked, becomes, on, sent } = stage
          const guest = on()
          const { own } = await asked('alice', `stop ${guest}`)
          const pressed = await Promise.all(
            [approver, 'carol'].map((who) => driver.press(who, own, 'Approve')),
          )
          expect(pressed.map(({ acked }) => acked)).toEqual([true, true])
          await becomes(own, 'verified')
          expect(await sent(guest)).toEqual(['stop'])
        },
      },
      { places: ['ops', 'web', 'night'], anew: true },
    )
  })
}

/** What somebody is told who agrees to what is over already: in a form, where one comes first, or at once. */
async function toldLate(driver: Stage['driver'], who: string, card: Message): Promise<string> {
  const late = await driver.press(who, card, 'Approve', { late: true })
  const inForm = late.form().then(async (form) => (await driver.fill(who, form, { reason: 'late' })).told())
  return Promise.any([inForm, late.answer().then(({ text }) => text)])
}
