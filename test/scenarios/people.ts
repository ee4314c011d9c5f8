import { describe, expect } from '@jest/globals'
import type { Message } from './driver.js'
import { sideBySide } from './lanes.js'
import { numberIn, type Stage } from './stage.js'

/** Who may do what, and where. */

export function people(of: () => Stage): void {
  describe('who and where', () => {
    sideBySide(of, {
      'an account that belongs to nobody may do nothing, and is told how to get in': async ({ told }) => {
        expect(await told('erin', 'ls')).toMatch(/tells you the code.*link/s)
        expect(await told('erin', 'whoami')).toMatch(/nobody/i)
      },
      'guests, bots and people of other teams may do nothing': async ({ driver, told }) => {
        for (const { person, place } of driver.outsiders())
          expect([person, await told(person, 'whoami', place)]).toEqual([
            person,
            expect.stringContaining('outsider'),
          ])
      },
      'a place that is bound to nothing says how to bind it; an admin does': async ({ driver, told }) => {
        driver.addPlace('free')
        expect(await told('alice', 'ls', 'free')).toContain('bound to no workspace')
        expect(await told('alice', 'workspace bind lab', 'free')).toContain('admin')
        expect(await told('carol', 'workspace bind lab', 'free')).toContain('lab')
        expect(await told('alice', 'ls nodes', 'free')).toContain('pve1')
      },
      'where the app may not post, a change is refused when it is typed': async ({
        driver,
        told,
        off,
        sent,
      }) => {
        driver.addPlace('alone', { mayPost: false })
        const guest = off()
        await told('carol', 'workspace bind lab', 'alone')
        expect(await told('alice', `start ${guest}`, 'alone')).toContain('channel_refused')
        expect(await told('alice', 'ls nodes', 'alone')).toContain('pve1')
        expect(await sent(guest)).toEqual([])
      },
      'what takes back or goes on is refused there as well': async (stage) => {
        const { driver, told, asked, becomes, off, sent } = stage
        driver.addPlace('aside', { mayPost: false })
        const guest = off()
        await told('carol', 'workspace bind lab', 'aside')
        const { number, own } = await asked('alice', `start ${guest}`)
        await becomes(own, 'verified')
        for (const verb of ['undo', 'continue'])
          expect(await told('alice', `${verb} op${number}`, 'aside')).toContain('channel_refused')
        expect(await sent(guest)).toEqual(['start'])
      },
      'no role, no change': async ({ told, on }) => {
        expect(await told('dave', `stop ${on()}`)).toContain('no_role')
      },
      'a role for one guest is none for another': async ({ driver, told, asked, becomes, off }) => {
        const [own, other] = [off(), off()]
        driver.addPerson('olga')
        await told('carol', 'person add olga')
        await told('carol', `grant add olga operator guest=${own}`)
        await joined({ told }, 'olga')

        expect(await told('olga', `start ${other}`)).toMatch(/no_role|unknown_guest/)
        await becomes((await asked('olga', `start ${own}`)).own, 'verified')
      },
      'a code is shown once, to one, and goes only once': async ({ driver, told }) => {
        driver.addPerson('nina')
        driver.addPerson('nosy')
        await told('carol', 'person add nina')
        const code = await joined({ told }, 'nina')

        expect(await told('nosy', `link ${code}`)).toContain('link_wrong')
        expect(await told('nina', 'whoami')).toContain('nina')
        const others = ['alice', 'bob', 'dave', 'nina', 'nosy'].flatMap((who) => driver.privately(who))
        const places = ['ops', 'web', 'night', 'approvals'].flatMap((place) => driver.messages(place))
        const showing = ({ text }: Message) => text.includes(code)
        expect([...others, ...places].filter(showing)).toEqual([])
        expect(await told('carol', 'audit log --limit 200')).not.toContain(code)
      },
      'a press of somebody who may not is answered to them alone': async ({ driver, hears, asked, on }) => {
        const { number, own } = await asked('alice', `stop ${on()}`)
        await hears('dave', 'no_role', () => driver.press('dave', own, 'Approve'))
        await hears('erin', 'no_role', () => driver.press('erin', own, 'Approve'))
        expect(numberIn(driver.now(own)?.text ?? '')).toBe(number)
        expect(driver.now(own)?.text).toContain(': waiting')
        await driver.press('alice', own, 'Cancel')
      },
    })
  })
}

/** Somebody's account becomes theirs, by the code that carol was shown. */
async function joined({ told }: Pick<Stage, 'told'>, name: string): Promise<string> {
  const code = /link ([a-z0-9-]{10,})/.exec(await told('carol', `person invite ${name}`))?.[1] ?? ''
  expect(await told(name, `link ${code}`)).toContain(`is ${name} now`)
  return code
}
