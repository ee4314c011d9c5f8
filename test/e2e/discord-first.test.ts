import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import {
  DISCORD_APPROVALS as APPROVALS,
  DISCORD_PEOPLE,
  type DiscordLab,
  DISCORD_OPS as OPS,
  startDiscordLab,
  type Way,
} from '../support/discord-lab.js'

/** The thinnest thread: a question and a guarded action, with the real discord.js and over HTTP. */

const { alice, bob } = DISCORD_PEOPLE

describe.each(['gateway', 'http'] satisfies readonly Way[])('Discord over %s', (way) => {
  let lab: DiscordLab
  beforeAll(async () => {
    lab = await startDiscordLab(way)
  }, 60_000)
  afterAll(async () => {
    const left = lab.discord.violations()
    await lab.close()
    expect([left, lab.faults]).toEqual([[], []])
  })

  it('answers a question in private', async () => {
    const seen = await lab.discord.slash(alice, OPS, 'pve status')
    const answer = await seen.answer(20_000)

    expect(JSON.stringify(answer.embeds)).toContain('quorate')
    expect(lab.discord.messages(OPS)).toEqual([])
  })

  it('from a word to a guarded action', async () => {
    await lab.discord.slash(alice, OPS, 'guest stop', { guests: 'web-01' })
    const card = await lab.discord.until(() => lab.discord.messages(APPROVALS).at(-1), 'the card')
    const own = await lab.discord.click(alice, card, 'Approve')
    const sureOwn = await own.answer()
    expect(JSON.stringify(sureOwn.embeds)).toContain('101')
    const refused = await lab.discord.click(alice, sureOwn, 'Yes, approve')
    expect(JSON.stringify((await refused.answer()).embeds)).toContain('own_plan')

    const asked = await (await lab.discord.click(bob, card, 'Approve')).answer()
    await lab.discord.click(bob, asked, 'Yes, approve')
    const done = await lab.discord.until(
      () => {
        const now = lab.discord.message(APPROVALS, card.id)
        return JSON.stringify(now?.embeds).includes('verified') ? now : null
      },
      'verified',
      20_000,
    )

    expect(done?.components).toEqual([])
    const posts = (await lab.control.calls()).filter(({ path }) => path.endsWith('/101/status/stop'))
    expect(posts).toHaveLength(1)
  }, 40_000)
})
