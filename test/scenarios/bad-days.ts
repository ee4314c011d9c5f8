import { afterEach, describe, expect, it } from '@jest/globals'
import { begun } from './changes.js'
import type { Stage } from './stage.js'

/** Days on which the platform itself is in trouble. */

const SLOW = 90_000

export function badDays(of: () => Stage): void {
  describe('bad days', () => {
    afterEach(() => of().driver.restore())

    it(
      'too many messages: a card waits as long as it is told to, and comes',
      async () => {
        const { lab, driver, asked, becomes, off } = of()
        driver.limitNext(2)
        const { own } = await asked('alice', `start ${off()}`)
        await becomes(own, 'verified')
        expect(lab.takeFaults()).not.toEqual([])
      },
      SLOW,
    )

    it(
      'an outage: what was decided goes on, and all cards catch up',
      async () => {
        const { lab, driver, asked, becomes, on, vmid, sent } = of()
        const guest = on()
        await lab.control.fault({ kind: 'task-slow', vmid: vmid(guest), seconds: 40, count: 1 })
        const { number, own, approval } = await asked('alice', `stop ${guest}`)
        const card = await approval()
        await driver.press('bob', card, 'Approve')
        await begun(of(), guest)
        await driver.outage()
        const state = async () => (await lab.home.stores.operations.get(number))?.state
        while ((await state()) !== 'verified') await new Promise((done) => setTimeout(done, 20))
        await driver.restore()
        for (const each of [own, card]) expect((await becomes(each, 'verified', 60_000)).buttons).toEqual([])
        await lab.ready()
        expect(await sent(guest)).toEqual(['stop'])
        lab.takeFaults()
      },
      SLOW,
    )

    it(
      'it is down when the home is served, and comes back',
      async () => {
        const { lab, driver, asked, becomes, told, on } = of()
        const { own } = await asked('alice', `stop ${on()}`)
        await lab.end()
        await driver.outage()
        await lab.begin({ reachable: false })
        const { number } = { number: Number(/op(\d+)/.exec(own.text)?.[1]) }
        const bob = (await lab.home.stores.people.byName('bob'))?.accounts[0]
        const caller = { surface: driver.platform, account: bob?.id ?? '', as: null }
        const decided = await lab.home.road.ask({ caller, words: `approve op${number}`, workspace: 'lab' })
        expect(decided.kind).toBe('operation')
        await driver.restore()
        await lab.ready()
        await becomes(own, 'verified', 60_000)
        expect(await told('dave', 'whoami')).toContain('dave')
        lab.takeFaults()
      },
      SLOW,
    )

    it(
      'connections that end are made anew, and nothing is lost',
      async () => {
        const { lab, driver, told } = of()
        for (const { name, go } of driver.breaks) {
          await go()
          expect([name, await told('alice', 'ls nodes')]).toEqual([name, expect.stringContaining('pve1')])
        }
        lab.takeFaults()
      },
      SLOW,
    )
  })
}
