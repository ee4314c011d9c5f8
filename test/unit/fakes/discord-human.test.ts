import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import type { FakeDiscord } from '../../fakes/discord/server.js'
import { ANN, BEN, OPS, ROLE, smallApp } from '../../fakes/discord/small-app.js'
import { MAY } from '../../fakes/discord/world.js'

// What Discord's client lets people do, and what not.

const app = smallApp()
const { act, answer, call, defer, posted } = app

beforeEach(app.begin)
afterEach(app.end)

describe('what the client does not let people do', () => {
  const slash =
    (options: Parameters<FakeDiscord['slash']>[3], command = 'guest') =>
    async () =>
      app.discord.slash(ANN, OPS, command, options)

  it.each([
    ['an unknown command', {}, 'nope', 'no command /nope'],
    ['an unknown sub-command', {}, 'guest nope', 'no command /guest nope'],
    ['an unknown option', { nope: 1 }, 'guest', 'no option nope'],
    ['a missing option', {}, 'must', 'is required'],
    ['a short text', { name: 'x' }, 'guest', 'too short'],
    ['a long text', { name: 'xxxxxx' }, 'guest', 'too long'],
    ['a number for a text', { name: 5 }, 'guest', 'is no text'],
    ['a text for a number', { wait: '5' }, 'guest', 'is no number'],
    ['a broken number', { wait: 1.5 }, 'guest', 'no whole number'],
    ['a number out of range', { wait: 10 }, 'guest', 'out of its range'],
    ['no choice', { how: 'rudely' }, 'guest', 'no such choice'],
    ['no yes or no', { now: 'yes' }, 'guest', 'no yes or no'],
    ['no id', { who: 'ann' }, 'guest', 'is no id'],
    ['nobody', { who: '1' }, 'guest', 'is not here'],
    ['for admins', {}, 'admin', 'is not offered'],
    ['for managers', {}, 'manage', 'is not offered'],
  ])('%s', async (_, options, command, why) => {
    await expect(slash(options, command)).rejects.toThrow(why)
    expect(app.heard).toEqual([])
  })

  it('lets them do the rest', async () => {
    act(defer)
    app.discord.addRole({ id: ROLE, name: 'ops', permissions: MAY.manageGuild })
    app.discord.setRoles(ANN, [ROLE])
    const options = {
      name: 'web',
      wait: 9,
      how: 'Gently',
      now: true,
      who: ANN,
      role: ROLE,
      where: OPS,
      share: 0.5,
    }
    await app.discord.slash(ANN, OPS, 'guest', options)
    expect(app.heard[0]?.data).toMatchObject({
      options: [
        { name: 'name', value: 'web' },
        { name: 'wait', value: 9 },
        { name: 'how', value: 'gently' },
        { name: 'now', value: true },
        { name: 'who', value: ANN },
        { name: 'role', value: ROLE },
        { name: 'where', value: OPS },
        { name: 'share', value: 0.5 },
      ],
      resolved: { users: { [ANN]: {} }, roles: { [ROLE]: {} }, channels: { [OPS]: {} } },
    })
    expect((await app.discord.slash(ANN, OPS, 'manage')).acked).toBe(true)
    app.discord.setRoles(ANN, [])
    app.discord.addRole({ id: '5000000000000000002', name: 'admins', permissions: MAY.administrator })
    app.discord.setRoles(ANN, ['5000000000000000002'])
    expect((await app.discord.slash(ANN, OPS, 'admin')).acked).toBe(true)
  })

  it('offers a command only where it is for', async () => {
    await expect(async () => app.discord.slash(ANN, app.discord.openDm(ANN), 'guest')).rejects.toThrow(
      'not offered in direct',
    )
    await call('PUT', `/applications/${app.discord.appId}/commands`, [
      { name: 'dm', description: 'D', contexts: [1] },
    ])
    await expect(async () => app.discord.slash(ANN, OPS, 'dm')).rejects.toThrow('not offered in guilds')
  })

  it('asks for choices only where there is an autocomplete', async () => {
    await expect(async () => app.discord.complete(ANN, OPS, 'guest', { how: 'x' }, 'how')).rejects.toThrow(
      'asks nobody',
    )
    act((of) => answer(of, { type: 8, data: { choices: [{ name: 'five', value: 5 }] } }))
    const seen = await app.discord.complete(ANN, OPS, 'guest', { wait: 5, name: 'web' }, 'wait')
    expect(app.heard[0]?.data).toMatchObject({
      options: [{ name: 'name' }, { name: 'wait', value: '5', focused: true }],
    })
    expect(seen.choices()).toEqual([{ name: 'five', value: 5 }])
  })

  it('shows channels only to who may see them', async () => {
    app.discord.setChannel(OPS, { viewers: [BEN] })
    await expect(slash({}, 'admin')).rejects.toThrow('does not see the channel')
    await expect(async () => app.discord.slash('4', OPS, 'guest')).rejects.toThrow('no such person')
    app.discord.addChannel({ id: '3000000000000000005', name: 'open' })
    app.discord.removeMember(ANN)
    await expect(async () => app.discord.say(ANN, '3000000000000000005', 'x')).rejects.toThrow('does not see')
  })

  it('lets nobody click what is not there, is a link, or is chosen wrongly', async () => {
    const link = { type: 2, style: 5, label: 'Docs', url: 'https://docs.example' }
    const options = [
      { label: 'One', value: '1' },
      { label: 'Two', value: '2' },
    ]
    const select = { type: 3, custom_id: 'pick', options }
    const off = { ...select, custom_id: 'off', disabled: true }
    const components = [[link], [select], [off]].map((row) => ({ type: 1, components: row }))
    const id = await posted({ content: 'x', components })
    const shown = app.discord.message(OPS, id)
    if (shown === undefined) throw new Error('nothing shown')
    await expect(async () => app.discord.click(ANN, shown, 'nope')).rejects.toThrow('there is: Docs, pick')
    await expect(async () => app.discord.click(ANN, shown, 'Docs')).rejects.toThrow('is a link')
    await expect(async () => app.discord.select(ANN, shown, 'nope', [])).rejects.toThrow('is not there')
    await expect(async () => app.discord.select(ANN, shown, 'off', ['1'])).rejects.toThrow('cannot be used')
    await expect(async () => app.discord.select(ANN, shown, 'pick', ['1', '2'])).rejects.toThrow(
      'between 1 and 1',
    )
    await expect(async () => app.discord.select(ANN, shown, 'pick', ['3'])).rejects.toThrow(
      'not among the options',
    )
    await call('DELETE', `/channels/${OPS}/messages/${id}`)
    await expect(async () => app.discord.click(ANN, shown, 'Docs')).rejects.toThrow(
      'does not see the message',
    )
  })

  it('takes only ids that Discord would give', () => {
    expect(() => app.discord.addUser({ id: 'U1', name: 'x' })).toThrow('no id')
    expect(() => app.discord.addChannel({ id: 'C1', name: 'x' })).toThrow('no id')
  })
})
