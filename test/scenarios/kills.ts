import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import type { ChatLab } from '../support/chat-lab.js'
import { begun } from './changes.js'
import { type Stage, stageOf } from './stage.js'

/** The program is killed, as by a power cut, and begun again: decided once, sent once, and all cards come to be true. */

/** Processes wait for each other as long as they must; here that is short, and the simulator's proxy as well. */
export const BRIEF = {
  more: 'timing: { proxy_timeout: 300ms, lease: 600ms }',
  simulator: { proxyTimeoutMs: 300 },
} as const

const SLOW = 150_000
/** A killed process is believed to deliver for 15 s more. */
const CARDS_MS = 60_000

export function killScenario(name: string, start: () => Promise<ChatLab>): void {
  describe(name, () => {
    let stage: Stage | null = null
    const of = (): Stage => {
      if (stage === null) throw new Error('it has not begun')
      return stage
    }
    beforeAll(async () => {
      stage = stageOf(await start())
    }, SLOW)
    afterAll(() => stage?.lab.close())

    it(
      'killed in the middle of an approval and of an operation',
      async () => {
        const { lab, driver, asked, becomes, shows, told, on, off, vmid, sent } = of()
        const first = await lab.apart()
        const [guest, shared, slow] = [on(), on('twice'), off()]
        const waiting = await asked('alice', `stop ${guest}`)
        const half = await asked('alice', `stop ${shared}`, 'web')
        const form = await (await driver.press('bob', half.own, 'Approve')).form()
        await driver.fill('bob', form, { reason: 'half of it' })
        await shows(half.own, 'half of it')
        const done = off()
        const said = await driver.say('alice', 'approvals', `start ${done}`)
        await begun(of(), done)
        await lab.control.fault({ kind: 'task-slow', vmid: vmid(slow), seconds: 60, count: 1 })
        const running = await asked('alice', `start ${slow}`, 'night')
        await begun(of(), slow)
        await first.kill()

        await lab.apart()
        const card = await waiting.approval()
        await driver.press('bob', card, 'Approve')
        const other = await (await driver.press('carol', half.own, 'Approve')).form()
        await driver.fill('carol', other, { reason: 'the other half' })
        const ended = [waiting.own, card, half.own, running.own].map((each) =>
          becomes(each, 'verified', CARDS_MS),
        )
        for (const { buttons } of await Promise.all(ended)) expect(buttons).toEqual([])
        await said.again()
        expect(await told('carol', 'audit verify')).toMatch(/\d+-[0-9a-f]{64}/)
        expect(await Promise.all([guest, shared].map(sent))).toEqual([['stop'], ['stop']])
        expect(await Promise.all([slow, done].map(sent))).toEqual([['start'], ['start']])
        expect(driver.takeViolations()).toEqual([])
      },
      SLOW,
    )

    it(
      'killed while decisions fall and changes are asked for; what people do again counts once',
      async () => {
        const { lab, driver, asked, becomes, told, on, off, sent } = of()
        const first = await lab.apart()
        const places = ['ops', 'web', 'night'] as const
        const plans = await Promise.all(
          places.map(async (place) => {
            const guest = on()
            return { guest, ...(await asked('alice', `stop ${guest}`, place)) }
          }),
        )
        const guest = off()
        const said = [
          ...plans.map(({ number }) => driver.say('bob', 'approvals', `approve op${number}`)),
          driver.say('alice', 'ops', `start ${guest}`),
        ]
        await Promise.race([said[1], new Promise((done) => setTimeout(done, 500))])
        await first.kill()
        await Promise.allSettled(said)
        // Some of it was on its way to a process that was no more.
        driver.takeViolations()

        await lab.apart()
        for (const { number } of plans) await driver.say('bob', 'approvals', `approve op${number}`)
        await told('alice', `why op${plans[0]?.number}`)
        for (const { own } of plans) await becomes(own, 'verified', CARDS_MS)
        if ((await sent(guest)).length === 0) await driver.say('alice', 'ops', `start ${guest}`)
        await begun(of(), guest)
        expect(await Promise.all([...plans.map((plan) => sent(plan.guest)), sent(guest)])).toEqual([
          ...plans.map(() => ['stop']),
          ['start'],
        ])
        expect(await told('carol', 'audit verify')).toMatch(/\d+-[0-9a-f]{64}/)
        expect(driver.takeViolations()).toEqual([])
      },
      SLOW,
    )
  })
}
