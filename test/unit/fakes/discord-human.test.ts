import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import type { FakeDiscord } from '../../fakes/discord/server.js'
import { ANN, BEN, MODAL, OPS, ROLE, ROWS, smallApp } from '../../fakes/discord/small-app.js'
import { MAY } from '../../fakes/discord/world.js'

// What Discord's client lets people do, and what not.

const app = smallApp()
const { act, answer, ask, call, defer, post, posted } = app

beforeEach(app.begin)
afterEach(app.end)

describe('what the client does not let people do', () => {
  const slash = (options: Parameters<FakeDiscord['slash']>[3], command = 'guest') =>
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
    await expect(app.discord.slash(ANN, app.discord.openDm(ANN), 'guest')).rejects.toThrow(
      'not offered in direct',
    )
    await call('PUT', `/applications/${app.discord.appId}/commands`, [
      { name: 'dm', description: 'D', contexts: [1] },
    ])
    await expect(app.discord.slash(ANN, OPS, 'dm')).rejects.toThrow('not offered in guilds')
  })

  it('asks for choices only where there is an autocomplete', async () => {
    await expect(app.discord.complete(ANN, OPS, 'guest', { how: 'x' }, 'how')).rejects.toThrow('asks nobody')
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
    await expect(app.discord.slash('4', OPS, 'guest')).rejects.toThrow('no such person')
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
    await expect(app.discord.click(ANN, shown, 'nope')).rejects.toThrow('there is: Docs, pick')
    await expect(app.discord.click(ANN, shown, 'Docs')).rejects.toThrow('is a link')
    await expect(app.discord.select(ANN, shown, 'nope', [])).rejects.toThrow('is not there')
    await expect(app.discord.select(ANN, shown, 'off', ['1'])).rejects.toThrow('cannot be used')
    await expect(app.discord.select(ANN, shown, 'pick', ['1', '2'])).rejects.toThrow('between 1 and 1')
    await expect(app.discord.select(ANN, shown, 'pick', ['3'])).rejects.toThrow('not among the options')
    await call('DELETE', `/channels/${OPS}/messages/${id}`)
    await expect(app.discord.click(ANN, shown, 'Docs')).rejects.toThrow('does not see the message')
  })

  it('lets them fill a form with a select, as far as it goes', async () => {
    const options = ['One', 'Two'].map((name) => ({ label: name, value: name.toLowerCase() }))
    const select = { type: 3, custom_id: 'pick', options, required: false }
    const preset = { ...select, custom_id: 'preset', options: [{ ...options[0], default: true }, options[1]] }
    const upload = { type: 19, custom_id: 'up' }
    const label = (component: object, name: string) => ({ type: 18, label: name, component })
    const form = (...components: readonly object[]) => ({ ...MODAL, components })
    act((of) => {
      const asked = form({ type: 10, content: 'Please' }, label(select, 'Pick'), label(preset, 'Preset'))
      return answer(of, of.type === 2 ? { type: 9, data: asked } : { type: 5, data: { flags: 64 } })
    })
    const filled = async (values: Parameters<FakeDiscord['submit']>[2]) => {
      await app.discord.submit(ANN, await (await ask()).modal(), values)
      return app.heard.at(-1)?.data
    }
    expect(await filled({})).toMatchObject({
      components: [
        { type: 10 },
        { type: 18, component: { type: 3, custom_id: 'pick', values: [] } },
        { type: 18, component: { type: 3, custom_id: 'preset', values: ['one'] } },
      ],
    })
    expect(await filled({ Pick: 'Two', preset: ['two'] })).toMatchObject({
      components: [{}, { component: { values: ['two'] } }, { component: { values: ['two'] } }],
    })
    await expect(filled({ Pick: 'Three' })).rejects.toThrow('not among the options')
    act((of) => answer(of, { type: 9, data: form(label(upload, 'Up')) }))
    await expect(filled({})).rejects.toThrow('cannot fill a field of type 19')
  })

  it('lets them click and fill in direct messages', async () => {
    const dm = app.discord.openDm(ANN)
    await post({ content: 'card', components: ROWS }, dm)
    act((of) => answer(of, of.type === 3 ? { type: 9, data: MODAL } : { type: 7 }))
    const [shown] = app.discord.messages(dm)
    if (shown === undefined) throw new Error('nothing shown')
    const form = await (await app.discord.click(ANN, shown, 'go')).modal()
    expect((await app.discord.submit(ANN, form, { why: 'so' })).acked).toBe(true)
    for (const told of app.heard) {
      expect(told).toMatchObject({
        context: 1,
        user: { id: ANN },
        channel: { id: dm },
        message: { id: shown.id },
      })
    }
    await expect(app.discord.click(BEN, shown, 'go')).rejects.toThrow('does not see the channel')
    expect(app.discord.violations()).toEqual([])
  })

  it('says what happened last when waiting is in vain', async () => {
    await post({ content: 'x', embed: {} })
    const vain = app.discord.until(() => null, 'a miracle', 30)
    await expect(vain).rejects.toThrow(/not within 30 ms: a miracle.*messages -> 200.*violation: .*no field/s)
    const broken = () => {
      throw new Error('broken')
    }
    await expect(app.discord.until(broken)).rejects.toThrow('broken')
  })

  it('takes only ids that Discord would give', () => {
    expect(() => app.discord.addUser({ id: 'U1', name: 'x' })).toThrow('no id')
    expect(() => app.discord.addChannel({ id: 'C1', name: 'x' })).toThrow('no id')
  })
})
