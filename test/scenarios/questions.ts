import { describe, expect } from '@jest/globals'
import { sideBySide } from './lanes.js'
import type { Stage } from './stage.js'

/** Questions are answered in private, whole, and to whoever asked. */

export function questions(of: () => Stage): void {
  describe('questions', () => {
    sideBySide(of, {
      'of several people at once are answered to each alone': async ({ driver }) => {
        const looked = { alice: 'ct-dns', bob: 'ct-cron', carol: 'ct-monitoring', dave: 'ct-wiki' }
        const answers = await Promise.all(
          Object.entries(looked).map(async ([who, guest], at) => {
            const heard = await driver.say(who, at % 2 === 0 ? 'ops' : 'web', `show ${guest}`)
            return { who, guest, answer: await heard.answer() }
          }),
        )

        for (const { who, guest, answer } of answers) {
          expect(answer.text).toContain(guest)
          const others = Object.keys(looked).filter((other) => other !== who)
          for (const other of others)
            expect(driver.privately(other).filter(({ key }) => key === answer.key)).toEqual([])
          for (const place of ['ops', 'web'])
            expect(driver.messages(place).filter(({ text }) => text.includes(guest))).toEqual([])
        }
      },
      'a chart comes as a picture to whoever asked': async ({ driver, place, filed }) => {
        const file = await filed('bob', /^chart(-1)?\.png$/, async () => {
          const answer = await (await driver.say('bob', place, 'metrics web-01')).answer()
          expect(answer.text).toContain('web-01')
        })
        expect(file.bytes.subarray(1, 4).toString()).toBe('PNG')
      },
      'what does not fit is a file': async ({ told, filed }) => {
        const file = await filed('alice', /^table\.csv$/, async () => {
          expect(await told('alice', 'ls')).toContain('table.csv')
        })
        expect(file.bytes.toString().split('\n').length).toBeGreaterThan(100)
      },
      'a guest that nobody knows gets the nearest one': async ({ told }) => {
        expect(await told('dave', 'show wbe-01')).toMatch(/web-01/)
      },
      'help shows what somebody may do, and no more': async ({ told }) => {
        expect(await told('alice', 'help')).toMatch(/shutdown/)
        const readers = await told('dave', 'help')
        expect(readers).toContain('status')
        expect(readers).not.toMatch(/shutdown/)
        expect(readers).toContain('need a role')
      },
      'a plan that is refused shows to nobody else': async ({ driver, place, told, on }) => {
        const guest = on('never')
        expect(await told('alice', `stop ${guest}`)).toContain('it holds the archive')
        expect(driver.messages(place).filter(({ text }) => text.includes(guest))).toEqual([])
      },
      'what is so already is said in private, and nothing is sent': async ({ told, on, sent }) => {
        const guest = on()
        expect(await told('alice', `start ${guest}`)).toMatch(/already/)
        expect(await sent(guest)).toEqual([])
      },
    })
  })
}
