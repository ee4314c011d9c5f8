import { describe, expect, it } from '@jest/globals'
import { PermissionFlagsBits as May } from 'discord.js'
import { whoIs } from '../../../src/chat/discord/people.js'
import { permissionsIn, standingOf } from '../../../src/chat/discord/permissions.js'
import { lackingPermissions, mayShow } from '../../../src/chat/discord/places.js'

/** What the app may do where, and who somebody is. */

const GUILD = '100'
const SELF = '200'
const ROLE = '300'

const rest = (answers: Readonly<Record<string, unknown>>) => ({
  get: async (route: string) => {
    if (!(route in answers)) throw new Error(`not asked for: ${route}`)
    return answers[route]
  },
})
const overwrite = (id: string, allow: bigint, deny: bigint) => ({
  id,
  type: 0,
  allow: String(allow),
  deny: String(deny),
})
const server = (everyone: bigint, role: bigint) => ({
  '/users/@me': { id: SELF },
  [`/guilds/${GUILD}`]: { id: GUILD, name: 'lab' },
  [`/guilds/${GUILD}/members/${SELF}`]: { roles: [ROLE] },
  [`/guilds/${GUILD}/roles`]: [
    { id: GUILD, permissions: String(everyone) },
    { id: ROLE, permissions: String(role) },
    { id: '999', permissions: String(May.Administrator) },
  ],
})

describe('permissions in a channel', () => {
  const all = May.ViewChannel | May.SendMessages | May.EmbedLinks | May.AttachFiles

  it.each<[string, bigint, bigint, readonly object[], bigint]>([
    [
      'are those of its roles where it says nothing',
      May.ViewChannel,
      May.SendMessages,
      [],
      May.ViewChannel | May.SendMessages,
    ],
    [
      'lack what it denies everybody',
      all,
      0n,
      [overwrite(GUILD, 0n, May.SendMessages)],
      all & ~May.SendMessages,
    ],
    [
      'have what it allows a role, though it denies it everybody',
      all,
      0n,
      [overwrite(GUILD, 0n, May.SendMessages), overwrite(ROLE, May.SendMessages, 0n)],
      all,
    ],
    [
      'lack what it denies the app itself, whatever its roles have',
      all,
      0n,
      [overwrite(ROLE, May.SendMessages, 0n), overwrite(SELF, 0n, May.SendMessages)],
      all & ~May.SendMessages,
    ],
    ['mind no overwrite of others', all, 0n, [overwrite('999', 0n, all)], all],
    ['are all for an administrator', May.Administrator, 0n, [overwrite(GUILD, 0n, all)], May.Administrator],
  ])('%s', async (_, everyone, role, overwrites, expected) => {
    const asked = rest({ ...server(everyone, role), '/channels/400': { permission_overwrites: overwrites } })
    const standing = await standingOf(asked, GUILD)

    expect(await permissionsIn(asked, standing, '400')).toBe(expected)
  })

  it('are named where they lack, for a thread by its own name', () => {
    expect(lackingPermissions(all, false)).toEqual([])
    expect(lackingPermissions(May.ViewChannel, false)).toEqual([
      'Send Messages',
      'Embed Links',
      'Attach Files',
    ])
    expect(lackingPermissions(all, true)).toEqual(['Send Messages in Threads'])
    expect(lackingPermissions(May.Administrator, true)).toEqual([])
  })
})

const where: Parameters<typeof mayShow>[0] = {
  id: '1',
  token: 't',
  applicationId: '2',
  user: { id: '500', name: 'alice', bot: false },
  roles: ['r1'],
  guild: GUILD,
  channel: '400',
  channelName: 'ops',
  thread: null,
  permissions: 0n,
}
const settings = { guild: GUILD, roles: { r1: 'operator', r2: 'reader' } as const, onlyRoles: [] }

describe('who somebody is', () => {
  it('is their account, with what their roles give', () => {
    expect(whoIs(where, settings)).toEqual({
      kind: 'caller',
      caller: {
        surface: 'discord',
        account: '500',
        as: null,
        granted: [{ role: 'operator', scope: { kind: 'everything' } }],
      },
    })
  })

  it.each<[string, Partial<typeof where>, Partial<{ onlyRoles: readonly string[] }>]>([
    ['a bot', { user: { id: '5', name: 'robot', bot: true } }, {}],
    ['somebody of another server', { guild: '101' }, {}],
    ['somebody in a direct message', { guild: null }, {}],
    ['somebody without a role that is needed', {}, { onlyRoles: ['r9'] }],
  ])('%s may do nothing', (_, who, more) => {
    expect(whoIs({ ...where, ...who }, { ...settings, ...more })).toMatchObject({ code: 'outsider' })
  })

  it('in a direct message is told for linking alone', () => {
    expect(whoIs({ ...where, guild: null, roles: [] }, settings, 'link')).toMatchObject({
      caller: { account: '500', granted: [] },
    })
  })

  it('in a direct conversation nobody sees what happens', () => {
    expect(mayShow({ ...where, guild: null })).toMatchObject({ code: 'channel_refused' })
    expect(mayShow(where)).toMatchObject({
      code: 'channel_refused',
      hint: expect.stringContaining('Permissions'),
    })
    expect(mayShow({ ...where, permissions: May.Administrator })).toBeNull()
  })
})
