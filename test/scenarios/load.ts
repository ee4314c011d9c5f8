import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import type { ChatLab } from '../support/chat-lab.js'
import { begun } from './changes.js'
import type { Heard } from './driver.js'
import { prepare, type Stage, stageOf } from './stage.js'

/** Many people at once, while the cluster is at its slowest. */

const BULK = 200
const QUESTIONS = [
  ['dave', 'ls nodes'],
  ['bob', 'show web-01'],
  ['bea', 'whoami'],
  ['carol', 'help'],
  ['ben', 'approvals'],
] as const
// With 12 changes and 9 presses, 500.
const ASKED = 479
const PLACES = ['ops', 'web', 'night'] as const
const SLOW = 150_000

/** The guests of the other tests, and many of one tag. */
export async function prepareLoad(control: ChatLab['control']): Promise<void> {
  await prepare(control)
  for (let n = 0; n < BULK; n++)
    await control.change({
      kind: 'create',
      vmid: 7000 + n,
      name: `bulk-${n}`,
      node: 'pve2',
      tags: 'bulk',
      running: false,
    })
}

export function loadScenario(name: string, start: () => Promise<ChatLab>): void {
  describe(name, () => {
    let stage: Stage | null = null
    beforeAll(async () => {
      stage = stageOf(await start())
    }, SLOW)
    afterAll(() => stage?.lab.close())

    it(
      '500 at once, while Proxmox VE hangs and 200 guests are started: all are acknowledged in time, and answered',
      async () => {
        if (stage === null) throw new Error('it has not begun')
        // In a process of its own, as people have it: what is acknowledged late is late because of it alone.
        await stage.lab.apart()
        const { lab, driver, asked, becomes, on, off, sent } = stage
        const plans = await Promise.all(PLACES.map((place) => asked('alice', `stop ${on()}`, place)))
        const bulk = await asked('carol', 'start tag=bulk --parallel 4')
        await becomes(bulk.own, 'running')
        await lab.control.fault({ kind: 'slow', ms: 5_000, path: '.*', count: 4_000 })

        const guests = PLACES.flatMap((place) => [1, 2, 3, 4].map(() => ({ place, guest: off() })))
        const questions = Array.from({ length: ASKED }, (_, n) => {
          const [who, words] = QUESTIONS[n % QUESTIONS.length] ?? QUESTIONS[0]
          return driver.say(who, PLACES[n % PLACES.length] ?? 'ops', words)
        })
        const changes = guests.map(({ place, guest }) => driver.say('alice', place, `start ${guest}`))
        const presses = plans.flatMap(({ own }) =>
          ['bob', 'bea', 'ben'].map((who) => driver.press(who, own, 'Approve')),
        )
        const heard = await Promise.all([...questions, ...changes])
        await lab.control.clear()
        const pressed = await Promise.all(presses)
        // It need not come to its end: it was under way all the time.
        expect(driver.now(bulk.own)?.text).toContain(': running')
        await driver.say('carol', 'ops', `cancel op${bulk.number}`)
        expect([...heard, ...pressed].filter(({ acked }) => !acked)).toHaveLength(0)
        expect(driver.takeViolations()).toEqual([])

        const answered = await Promise.all(
          heard
            .slice(0, ASKED)
            .map((each: Heard) => each.answer(60_000).then(({ text }) => text.trim() !== '')),
        )
        expect(answered).not.toContain(false)
        for (const { own } of plans) await becomes(own, 'verified', 60_000)
        for (const { guest } of guests) {
          await begun(stage, guest)
          expect(await sent(guest)).toEqual(['start'])
        }
        expect(driver.takeViolations()).toEqual([])
      },
      SLOW,
    )
  })
}

/** A home in which 30 commands of one person are enough for a minute. */
export function floodScenario(name: string, start: () => Promise<ChatLab>): void {
  describe(name, () => {
    it(
      'too many commands of one person are told when they can go on, in private',
      async () => {
        const lab = await start()
        try {
          const { driver } = lab
          const heard = await Promise.all(
            Array.from({ length: 14 }, () => driver.say('dave', 'ops', 'whoami')),
          )
          const answers = await Promise.all(heard.map((each) => each.answer()))
          expect(answers.filter(({ text }) => text.includes('go on in'))).toHaveLength(4)
          expect(await stageOf(lab).told('bob', 'whoami')).toContain('bob')
          expect(driver.takeViolations()).toEqual([])
        } finally {
          await lab.close()
        }
      },
      SLOW,
    )
  })
}
