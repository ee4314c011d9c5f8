import { describe, expect } from '@jest/globals'
import type { ChatLab } from '../support/chat-lab.js'
import { sideBySide } from './lanes.js'
import type { Stage } from './stage.js'

/** Names, notes, tags, logs and reasons that want to be more than text: they are shown, and nothing of them is alive. */

/** What notifies, links or formats, in one chat or the other; the platforms' fakes find what of it is alive. */
const TRICKS = [
  '<!channel>',
  '<!here|here>',
  '<@UALICE>',
  '<#COPS>',
  '<https://evil.example/a|the wiki>',
  '@everyone',
  '@here',
  '<@700000000000000011>',
  '<@&700000000000000001>',
  '<#700000000000001001>',
  '[the wiki](https://evil.example/b)',
  '||hidden||',
  '**loud**',
  '*bold*',
  '_slanted_',
  '~~gone~~',
  '</pve status:123>',
] as const
const RIGHT_TO_LEFT = '\u202eevil\u202c \u2067مرحبا\u2069'
const EVIL = `${TRICKS.join(' ')} ${RIGHT_TO_LEFT}`
/** In a name that can be shown in one line. */
const NAME = '<!channel> @everyone [x](https://evil.example/b) *b* <@UALICE>'
const VMID = 3301
const OFF = 3302

/** The guests of these tests, before the cluster is read. */
export async function prepareHostile(control: ChatLab['control']): Promise<void> {
  await control.change({
    kind: 'create',
    vmid: VMID,
    name: NAME,
    node: 'pve1',
    running: true,
    tags: '<!here>;@here;*t*',
  })
  await control.change({ kind: 'create', vmid: OFF, name: 'quiet', node: 'pve1', running: false })
  await control.change({ kind: 'config', vmid: OFF, set: { description: EVIL } })
}

export function hostile(of: () => Stage): void {
  describe('text from outside', () => {
    sideBySide(of, {
      'in notes is shown': async ({ driver, told }) => {
        driver.untrusted(...TRICKS)
        const text = await told('dave', 'show quiet')
        for (const trick of TRICKS) expect(text).toContain(trick)
        expect(text).toContain('مرحبا')
        expect(text).not.toMatch(/[\u202a-\u202e\u2066\u2067]/)
      },
      'that is very long is begun, and whole in a file': async ({ lab, told, filed, off, vmid }) => {
        const guest = off()
        const long = `${EVIL} `.repeat(Math.ceil(10_000 / EVIL.length))
        await lab.control.change({ kind: 'config', vmid: vmid(guest), set: { description: long } })
        const file = await filed('carol', /\.txt$/, async () => {
          expect(await told('carol', `show ${guest}`)).toContain('@everyone')
        })
        expect(file.bytes.toString().split('@everyone').length).toBeGreaterThan(20)
      },
      'in names and tags is shown, and offered': async ({ driver, place, told }) => {
        const text = await told('dave', `show ${VMID}`)
        expect(text).toContain(NAME)
        for (const tag of ['<!here>', '@here', '*t*']) expect(text).toContain(tag)
        expect(await told('dave', 'ls --limit 400')).toMatch(/table\.csv|<!channel>/)
        const offered = await driver.offers('alice', place, 'show', 'what', String(VMID))
        expect(offered[0]?.text).toContain('@everyone')
      },
      'in a name stands on the card of a change, in its question and in its end': async (stage) => {
        const { driver, asked, becomes } = stage
        const { own, approval } = await asked('alice', `stop ${VMID}`)
        expect(own.text).toContain(NAME)
        await driver.press('bob', await approval(), 'Approve')
        expect((await becomes(own, 'verified')).text).toContain(NAME)
      },
      'in logs of tasks is shown below the card': async ({ lab, driver, asked, becomes, off, vmid }) => {
        const guest = off()
        const log = Array.from({ length: 40 }, (_, n) => `${n} ${EVIL}`)
        await lab.control.fault({ kind: 'task-fails', vmid: vmid(guest), error: EVIL, log, count: 1 })
        const { own } = await asked('alice', `start ${guest}`)
        expect((await becomes(own, 'failed')).text).toContain('@everyone')
        const [below] = await driver.until(() => {
          const all = driver.below(own)
          return all.length > 0 ? all : null
        }, 'the end of its log')
        for (const trick of TRICKS) expect(below?.text).toContain(trick)
      },
      'in reasons is shown to all': async ({ approver, driver, asked, becomes, shows, on }) => {
        const tricks = TRICKS.filter((trick) => !/[`']/.test(trick))
        const { own } = await asked('alice', `stop ${on()} --reason '${tricks.join(' ')}'`)
        for (const trick of tricks) await shows(own, trick)
        const form = await (await driver.press(approver, own, 'Deny')).form()
        await driver.fill(approver, form, { reason: EVIL })
        const { text } = await becomes(own, 'denied')
        for (const trick of TRICKS) expect(text.split(trick).length).toBeGreaterThan(2)
      },
      'in what is typed wrong is said back': async ({ told }) => {
        const text = await told('dave', "show '<!channel>@everyone*x*'")
        expect(text).toContain('@everyone')
      },
    })
  })
}
