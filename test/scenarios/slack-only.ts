import { describe, expect, it } from '@jest/globals'
import type { SlackLab } from '../support/slack-lab.js'
import type { Stage } from './stage.js'

/** What only Slack has: the list of commands, App Home, mentions, signatures. */

const SLOW = 60_000

export function slackOnly(of: () => Stage & { readonly lab: SlackLab }): void {
  const text = (view: { readonly body: object } | undefined): string => JSON.stringify(view?.body ?? {})

  describe('in Slack', () => {
    it('a typo gets the nearest command', async () => {
      expect(await of().told('alice', 'statsu')).toMatch(/no command `statsu`.*status`/s)
      expect(await of().told('alice', 'frobnicate everything')).toContain('unknown_command')
    })

    it('nothing typed opens the list of what somebody may do, and a choice its form', async () => {
      const { lab, driver } = of()
      const alice = driver.account('alice')
      const list = await (await lab.slack.slash(alice, driver.channel('ops'), '')).view()
      const commands = await lab.slack.suggest(alice, list, 'pve_command', 'sh')
      expect(commands.map(({ value }) => value).slice(0, 2)).toEqual(['show', 'shutdown'])
      await lab.slack.click(alice, list, 'pve_command', { value: 'show' })
      const form = await driver.until(
        () => lab.slack.viewsOf(alice).find(({ callback_id }) => callback_id === 'pve_form'),
        'the form',
      )
      expect(text(form)).toContain('/pve show')
      await lab.slack.closeView(alice, form)

      const dave = driver.account('dave')
      const his = await (await lab.slack.slash(dave, driver.channel('ops'), '')).view()
      const offered = await lab.slack.suggest(dave, his, 'pve_command', 'sh')
      expect(offered.map(({ value }) => value)).not.toContain('shutdown')
      await lab.slack.closeView(dave, his)
    })

    it('a mention outside of any thread is answered in the channel, to whoever wrote it', async () => {
      const { lab, driver } = of()
      const seen = await lab.slack.mention(
        driver.account('dave'),
        driver.channel('ops'),
        `<@${lab.slack.botUserId}> whoami`,
      )
      const answer = await seen.answer(20_000)
      expect(answer.text).toContain('dave')
      expect(answer.thread_ts).toBeUndefined()
    })

    it(
      'App Home shows how the cluster is and what waits for this person, with buttons',
      async () => {
        const { lab, driver, asked, becomes, on } = of()
        const { own, number } = await asked('alice', `stop ${on()}`)
        const homeOf = async (name: string, holds: string) => {
          await lab.slack.openHome(driver.account(name))
          return driver.until(() => {
            const view = lab.slack.homeOf(driver.account(name))
            return text(view).includes(holds) ? view : null
          }, `${holds} in the home of ${name}`)
        }
        const hers = await homeOf('alice', 'quorate')
        expect(text(hers)).not.toContain(`Approve op${number}`)
        const his = await homeOf('bob', `Approve op${number}`)
        expect(text(his)).toContain('quorate')
        await lab.slack.click(driver.account('bob'), his, `Approve op${number}`)
        await becomes(own, 'verified')
        await lab.slack.click(driver.account('bob'), his, 'Refresh')
        await driver.until(
          () => !text(lab.slack.homeOf(driver.account('bob'))).includes(`Approve op${number}`),
          'nothing waits any more',
        )
      },
      SLOW,
    )

    it(
      'an account is linked in App Home; the code shows up nowhere',
      async () => {
        const { lab, driver, told } = of()
        driver.addPerson('hanna')
        const hanna = driver.account('hanna')
        await told('carol', 'person add hanna')
        const code = /link ([a-z0-9-]{10,})/.exec(await told('carol', 'person invite hanna'))?.[1] ?? ''
        await lab.slack.openHome(hanna)
        const home = await driver.until(() => lab.slack.homeOf(hanna), 'App Home')
        const form = await (await lab.slack.click(hanna, home, 'I have a code')).view()
        const wrong = await lab.slack.submit(hanna, form, { code: 'aaaa-aaaa-aaaaa' })
        expect(JSON.stringify(wrong)).toContain('code')
        const before = lab.slack.calls().length
        await lab.slack.submit(hanna, form, { code })
        await driver.until(
          () => driver.privately('hanna').some(({ text: said }) => said.includes('is hanna now')),
          'linked',
        )
        expect(JSON.stringify([lab.slack.calls().slice(before), lab.slack.acks()])).not.toContain(code)
      },
      SLOW,
    )

    it('what is not signed, or long ago, is not listened to', async () => {
      const { lab, driver } = of()
      if (driver.transport !== 'http') return
      const before = driver.privately('alice').length
      for (const tweak of [{ badSignature: true }, { ageSeconds: 400 }]) {
        const seen = await lab.slack.slash(driver.account('alice'), driver.channel('ops'), 'whoami', {
          tweak,
        })
        expect(seen.acked).toBe(false)
      }
      expect(driver.privately('alice')).toHaveLength(before)
    })
  })
}
