import { describe, expect } from '@jest/globals'
import { sideBySide } from './lanes.js'
import type { Stage } from './stage.js'

/** What is asked for in forms, and what is offered in them. */

export function forms(of: () => Stage): void {
  describe('forms', () => {
    // One after the other: somebody has one form at a time.
    sideBySide(
      of,
      {
        'a command without what it needs opens its form, and an error in it can be mended': async (stage) => {
          const { driver, place, told } = stage
          const form = await (await driver.say('carol', place, 'person add')).form()
          expect(form.fields).toContain('name')
          const wrong = await driver.fill('carol', form, { name: 'no such: name!' })
          expect(await wrong.told()).toMatch(/letters|digits/)
          const right = await driver.fill('carol', await wrong.retry(), { name: 'mende' })
          expect(await right.told()).toContain('mende is known now')
          expect(await told('dave', 'person ls')).toContain('mende')
        },
        'a code may be typed into a form': async ({ driver, place, told }) => {
          driver.addPerson('fritz')
          await told('carol', 'person add fritz')
          const code = /link ([a-z0-9-]{10,})/.exec(await told('carol', 'person invite fritz'))?.[1] ?? ''
          const form = await (await driver.say('fritz', place, 'link')).form()
          const wrong = await driver.fill('fritz', form, { code: 'aaaa-aaaa-aaaaa' })
          expect(await wrong.told()).toMatch(/code/)
          const right = await driver.fill('fritz', await wrong.retry(), { code })
          expect(await right.told()).toContain('is fritz now')
        },
        'what is picked from lists goes the one road': async ({ driver, place, becomes, off, sent }) => {
          const guest = off()
          const before = driver.messages(place).map(({ key }) => key)
          await driver.pick('alice', place, 'start', { guests: [guest] })
          const card = await driver.until(
            () =>
              driver.messages(place).find(({ key, text }) => !before.includes(key) && text.includes(guest)),
            'its card',
          )
          await becomes(card, 'verified')
          expect(await sent(guest)).toEqual(['start'])
        },
        'what is picked wrong is refused where it was picked': async ({ driver, place }) => {
          const wrong = await driver.pick('dave', place, 'why', { operation: 'op99999' })
          expect(await wrong.told()).toContain('op99999')
        },
        'lists offer what fits, told with what somebody knows it by': async ({ driver, place }) => {
          const [first, ...more] = await driver.offers('alice', place, 'show', 'what', 'web')
          expect(first?.text).toMatch(/web-01/)
          expect(first?.text).toMatch(/101/)
          expect(more.map(({ text }) => text).join()).toContain('web-02')
          expect(await driver.offers('dave', place, 'show', 'what', '205')).toEqual([
            expect.objectContaining({ text: expect.stringContaining('ct-cron') }),
          ])
        },
        'lists offer only what somebody may act on': async ({ driver, place, told }) => {
          driver.addPerson('otto')
          await told('carol', 'person add otto')
          await told('carol', 'grant add otto operator guest=web-02')
          const code = /link ([a-z0-9-]{10,})/.exec(await told('carol', 'person invite otto'))?.[1] ?? ''
          await told('otto', `link ${code}`)

          const offered = await driver.offers('otto', place, 'stop', 'guests', 'web')
          expect(offered.map(({ text }) => text).join()).toContain('web-02')
          expect(offered.map(({ text }) => text).join()).not.toContain('web-01')
          expect(await driver.offers('dave', place, 'stop', 'guests', 'web')).toEqual([])
          expect(await driver.offers('erin', place, 'show', 'what', 'web')).toEqual([])
        },
        'what was used last comes first': async ({ driver, place }) => {
          await (await driver.pick('bob', place, 'show', { what: 'web-02' })).told()
          const offered = await driver.offers('bob', place, 'show', 'what', 'web')
          expect(offered[0]?.value).toContain('web-02')
        },
        'people and operations are offered as well': async ({ driver, place, asked, on }) => {
          const { number, own } = await asked('alice', `stop ${on()}`)
          const people = await driver.offers('carol', place, 'person invite', 'name', 'bo')
          expect(people.map(({ value }) => value)).toContain('bob')
          const operations = await driver.offers('alice', place, 'why', 'operation', `op${number}`)
          expect(operations.map(({ value }) => value)).toContain(`op${number}`)
          await driver.press('alice', own, 'Cancel')
        },
      },
      { places: ['ops'] },
    )
  })
}
