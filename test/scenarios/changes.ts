import { describe, expect } from '@jest/globals'
import { sideBySide } from './lanes.js'
import type { Stage } from './stage.js'

/** Changes from the word to the machine, in one message. */

export function changes(of: () => Stage): void {
  describe('changes', () => {
    sideBySide(
      of,
      {
        'what is routine runs at once, and its one message is edited to its end': async (stage) => {
          const { lab, driver, place, asked, becomes, off, vmid } = stage
          const guest = off()
          // Its message stands before it has ended, however busy the machine is.
          await lab.control.fault({ kind: 'task-slow', vmid: vmid(guest), seconds: 20, count: 1 })
          const { number, own } = await asked('alice', `start ${guest}`)
          const done = await becomes(own, 'verified')

          expect(done.edits).toBeGreaterThan(0)
          expect(done.buttons).toEqual([])
          const about = driver.messages(place).filter(({ text }) => text.includes(`op${number} `))
          expect(about.map(({ key }) => key)).toEqual([own.key])
        },
        'own confirmation, by whoever asked and nobody else': async ({
          driver,
          asked,
          becomes,
          hears,
          on,
          sent,
        }) => {
          const guest = on()
          const { own } = await asked('alice', `shutdown ${guest}`)
          await hears('bob', 'operator', () => driver.press('bob', own, 'Confirm'))
          expect(await sent(guest)).toEqual([])
          await driver.press('alice', own, 'Confirm')
          await becomes(own, 'verified')
          expect(await sent(guest)).toEqual(['shutdown'])
        },
        'several guests, one after the other: its message tells how far it is': async (stage) => {
          const { lab, driver, asked, becomes, off, vmid } = stage
          const guests = [off(), off(), off()]
          for (const guest of guests)
            await lab.control.fault({ kind: 'task-slow', vmid: vmid(guest), seconds: 30, count: 1 })
          const { own } = await asked('alice', `start ${guests.join(',')} --parallel 1`)
          const halfway = await driver.until(() => {
            const now = driver.now(own)
            const text = now?.text ?? ''
            return text.includes(': running') && text.includes('verified') ? now : null
          }, 'one is done and another is not')
          expect(halfway?.buttons).toEqual(['Stop'])
          const done = await becomes(own, 'verified')
          expect(done.edits).toBeGreaterThan(1)
        },
        'the first few are looked at before the others are begun': async ({
          lab,
          asked,
          becomes,
          off,
          vmid,
          sent,
        }) => {
          const guests = [off(), off(), off()]
          const [first = ''] = guests
          await lab.control.fault({ kind: 'task-fails', vmid: vmid(first), error: 'no space left', count: 1 })
          const { own } = await asked('alice', `start ${guests.join(',')} --canary 1`)
          await becomes(own, 'failed')
          expect(await Promise.all(guests.map(sent))).toEqual([['start'], [], []])
        },
        'stopped between two guests': async (stage) => {
          const { lab, driver, asked, becomes, off, vmid, sent } = stage
          const [first, second] = [off(), off()]
          await lab.control.fault({ kind: 'task-slow', vmid: vmid(first), seconds: 60, count: 1 })
          const { own } = await asked('alice', `start ${first},${second} --parallel 1`)
          await begun(stage, first)
          await driver.press('alice', await becomes(own, 'running'), 'Stop')
          await driver.until(
            () => /: (partial|cancelled|stopped)\b/.test(driver.now(own)?.text ?? ''),
            'it stopped',
          )
          expect([await sent(first), await sent(second)]).toEqual([['start'], []])
        },
        'its log comes below it when it fails': async ({ lab, driver, asked, becomes, off, vmid }) => {
          const guest = off()
          await lab.control.fault({
            kind: 'task-fails',
            vmid: vmid(guest),
            error: 'no space left on device',
            log: ['looking for room', 'there is none'],
            count: 1,
          })
          const { own } = await asked('alice', `start ${guest}`)
          await becomes(own, 'failed')
          const [log] = await driver.until(() => {
            const below = driver.below(own)
            return below.length > 0 ? below : null
          }, 'the end of its log')
          expect(log?.text).toContain('there is none')
          expect(log?.text).toContain('no space left on device')
        },
        'who waits is told for whom': async (stage) => {
          const { lab, asked, shows, becomes, off, vmid } = stage
          const guest = off()
          await lab.control.fault({ kind: 'task-slow', vmid: vmid(guest), seconds: 80, count: 1 })
          const first = await asked('alice', `start ${guest}`)
          await begun(stage, guest)
          const second = await asked('carol', `start ${guest}`)
          await shows(second.own, `${guest} is held by op${first.number}`)
          await becomes(first.own, 'verified')
          await becomes(second.own, 'verified')
        },
      },
      { anew: true },
    )
  })
}

/** Until something was sent for a guest. */
export async function begun({ sent }: Stage, guest: string): Promise<void> {
  for (const end = Date.now() + 30_000; (await sent(guest)).length === 0; ) {
    if (Date.now() > end) throw new Error(`nothing was sent for ${guest}`)
    await new Promise((done) => setTimeout(done, 20))
  }
}
