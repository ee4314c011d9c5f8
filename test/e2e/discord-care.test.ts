import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { type Stage, stageOf } from '../scenarios/stage.js'
import { type DiscordLab, startDiscordLab } from '../support/discord-lab.js'

/** What whoever runs the home sees: doctor, a token that is refused, roles. */

describe('doctor discord', () => {
  let lab: DiscordLab
  let stage: Stage
  beforeAll(async () => {
    lab = await startDiscordLab('gateway')
    stage = stageOf(lab)
  }, 60_000)
  afterAll(() => lab.close())
  const checked = () => stage.told('carol', 'doctor discord')

  it('finds that all is well', async () => {
    const text = await checked()
    for (const subject of ['bot token', 'interactions', 'server', 'commands', '#ops', '#approvals', 'outbox'])
      expect(text).toContain(`discord: ${subject}`)
    expect(text).not.toMatch(/failed/)
  })

  it('names what the app lacks in a channel, and what to click', async () => {
    lab.discord.setPermissions(lab.driver.channel('approvals'), 1n << 10n)
    expect(await checked()).toMatch(/#approvals +failed +the app lacks Send/)
    lab.discord.setPermissions(lab.driver.channel('approvals'), null)
  })

  it('a token that is reset while it runs is told; operations go on without Discord', async () => {
    await lab.control.change({ kind: 'power', vmid: 101, to: 'off' })
    lab.discord.revokeToken()
    await lab.driver.until(() => lab.surface.health().state === 'refused', 'it is told')
    const caller = { surface: 'discord', account: lab.driver.account('alice'), as: null } as const
    const asked = await lab.home.road.ask({ caller, words: ['start', '101'], workspace: null })
    const number = asked.kind === 'operation' ? asked.report.number : 0
    const ended = await lab.home.road.follow(number, { caller, decisions: false })
    expect(ended.kind === 'operation' && ended.report.state).toBe('verified')

    const admin = { surface: 'discord', account: lab.driver.account('carol'), as: null } as const
    const told = await lab.home.road.ask({ caller: admin, words: ['doctor', 'discord'], workspace: null })
    expect(JSON.stringify(told)).toContain('bot token')
    expect(JSON.stringify(told)).toContain('failed')
  }, 40_000)
})

describe('roles of a server', () => {
  it('let linked persons operate, give strangers nothing, and keep others out', async () => {
    const [operators, readers] = ['700000000000000901', '700000000000000902']
    const lab = await startDiscordLab('gateway', {
      settings: [`roles: { '${operators}': operator }`, `only_roles: ['${operators}', '${readers}']`],
    })
    try {
      const { discord, driver } = lab
      const { asked, becomes, told } = stageOf(lab)
      discord.addRole({ id: operators, name: 'operators' })
      discord.addRole({ id: readers, name: 'readers' })
      for (const name of ['dave', 'erin']) discord.setRoles(driver.account(name), [operators])
      discord.setRoles(driver.account('bob'), [readers])
      await lab.control.change({ kind: 'power', vmid: 101, to: 'off' })
      await becomes((await asked('dave', 'start web-01')).own, 'verified')

      expect(await told('erin', 'start web-01')).toContain('no_role')
      expect(await told('bob', 'start web-01')).toContain('no_role')
      expect(await told('alice', 'start web-01')).toContain('outsider')
      expect(driver.takeViolations()).toEqual([])
    } finally {
      await lab.close()
    }
  }, 60_000)
})
