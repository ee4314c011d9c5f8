import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { ANN, COMMANDS, GUILD, OPS, OTHER_GUILD, ROLE, smallApp } from '../../fakes/discord/small-app.js'
import { MAY } from '../../fakes/discord/world.js'

// Guilds, people and registered commands, without discord.js.

const app = smallApp()
const { act, call, code, defer } = app

beforeEach(app.begin)
afterEach(app.end)

describe('guilds and people', () => {
  it('gives what the bot may see', async () => {
    expect((await call('GET', `/guilds/${GUILD}`)).body).toMatchObject({ name: 'home' })
    expect(await code('GET', '/guilds/1')).toBe(10004)
    expect(await code('GET', `/guilds/${OTHER_GUILD}`)).toBe(50001)
    expect((await call('GET', '/users/@me/guilds')).body.list).toMatchObject([{ id: GUILD }])
    app.discord.addRole({ id: ROLE, name: 'ops', permissions: MAY.manageGuild })
    const { list } = (await call('GET', `/guilds/${GUILD}/roles`)).body
    expect(list).toMatchObject([{ name: '@everyone' }, { name: 'pve', managed: true }, { id: ROLE }])
    expect((await call('GET', `/guilds/${GUILD}/channels`)).body.list).toMatchObject([{ id: OPS }])
    app.discord.setRoles(ANN, [ROLE])
    expect((await call('GET', `/guilds/${GUILD}/members/${ANN}`)).body).toMatchObject({ roles: [ROLE] })
    app.discord.removeMember(ANN)
    expect(await code('GET', `/guilds/${GUILD}/members/${ANN}`)).toBe(10007)
    expect(await code('GET', `/guilds/${GUILD}/members/1`)).toBe(10013)
    expect(await code('GET', `/guilds/${GUILD}/members/@me`)).toBe(50035)
    expect(await code('GET', '/users/1')).toBe(10013)
    expect(await code('GET', '/users/me')).toBe(50035)
    expect((await call('GET', `/users/${ANN}`)).body).toMatchObject({ username: 'ann' })
    expect((await call('GET', '/applications/@me')).body).toMatchObject({ verify_key: app.discord.publicKey })
    app.discord.removeMember(app.discord.botId)
    expect(await code('GET', `/guilds/${GUILD}`)).toBe(50001)
  })
})

describe('commands', () => {
  const path = () => `/applications/${app.discord.appId}/commands`

  it('are overwritten as a whole, and keep their ids by name', async () => {
    const before = app.discord.registered()
    const [guest, must] = before
    const next = [COMMANDS[1], { ...COMMANDS[0], description: 'Other' }]
    await call('PUT', path(), next)
    const after = app.discord.registered()
    expect(after.map(({ name }) => name)).toEqual(['must', 'guest'])
    expect(after[0]).toEqual(must)
    expect(after[1]?.id).toBe(guest?.id)
    expect(after[1]?.version).not.toBe(guest?.version)
  })

  it('come back with what nobody sent, and without what is false', async () => {
    const option = { type: 3, name: 'a', description: 'A', required: false, choices: [] }
    await call('PUT', path(), [{ name: 'x', description: 'X', contexts: [0], options: [option] }])
    const { list } = (await call('GET', `${path()}?with_localizations=true`)).body
    expect(list).toEqual([
      {
        id: expect.any(String),
        application_id: app.discord.appId,
        version: expect.any(String),
        type: 1,
        ...{ name: 'x', name_localizations: null, description: 'X', description_localizations: null },
        ...{ default_member_permissions: null, default_permission: true, dm_permission: false },
        ...{ contexts: [0], integration_types: [0], nsfw: false },
        options: [
          {
            ...{ type: 3, name: 'a', description: 'A' },
            ...{ name_localizations: null, description_localizations: null },
          },
        ],
      },
    ])
    const plain = (await call('GET', path())).body.list
    expect(Array.isArray(plain) && plain[0]).not.toHaveProperty('name_localizations')
  })

  it('of a guild have no contexts', async () => {
    const guild = `/applications/${app.discord.appId}/guilds/${GUILD}/commands`
    await call('PUT', guild, [{ name: 'x', description: 'X' }])
    expect(app.discord.registered(GUILD)).toMatchObject([{ guild_id: GUILD }])
    expect(app.discord.registered(GUILD)[0]).not.toHaveProperty('contexts')
    act(defer)
    await app.discord.slash(ANN, OPS, 'x')
    expect(app.heard.at(-1)?.data).toMatchObject({ guild_id: GUILD, name: 'x' })
  })

  it('are refused elsewhere, over limits, and with what is no field', async () => {
    expect(await code('PUT', '/applications/1/commands', [])).toBe(50001)
    expect(await code('PUT', `/applications/${app.discord.appId}/guilds/1/commands`, [])).toBe(10004)
    expect(await code('PUT', `/applications/${app.discord.appId}/guilds/${OTHER_GUILD}/commands`, [])).toBe(
      50001,
    )
    expect((await call('PUT', path(), { name: 'x' })).status).toBe(400)
    expect(await code('PUT', path(), [{ name: 'X', description: 'X' }])).toBe(50035)
    expect(app.discord.takeViolations()).toEqual([expect.stringContaining('0.name: Command name is invalid')])
    await call('PUT', path(), [{ name: 'x', description: 'X', summary: 'X' }])
    expect(app.discord.takeViolations()).toEqual([expect.stringContaining('summary is no field')])
  })
})
