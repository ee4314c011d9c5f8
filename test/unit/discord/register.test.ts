import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals'
import { REST } from 'discord.js'
import { discordCommands } from '../../../src/chat/derive/discord-commands.js'
import { commandDifferences } from '../../../src/chat/derive/discord-differences.js'
import { register, registeredDifferences } from '../../../src/chat/discord/register.js'
import { registry } from '../../../src/registry.js'

type Json = Record<string, unknown>
const derived = discordCommands(registry)
const isTable = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const tables = (value: unknown): readonly Json[] => (Array.isArray(value) ? value.filter(isTable) : [])

/** What Discord makes of commands that it was given: with much of its own, and without what is as usual. */
function kept(value: unknown, guild: boolean): readonly Json[] {
  const option = ({ required, options, choices, ...rest }: Json): Json => ({
    ...rest,
    description_localizations: null,
    name_localizations: null,
    ...(required === true ? { required } : {}),
    ...(options === undefined ? {} : { options: tables(options).map(option) }),
    ...(choices === undefined
      ? {}
      : { choices: tables(choices).map((each) => ({ name_localizations: null, ...each })) }),
  })
  return tables(value).map((command, at) => ({
    id: `110000000000000010${at}`,
    application_id: '1100000000000000001',
    version: `110000000000000020${at}`,
    nsfw: false,
    default_permission: true,
    name_localizations: null,
    ...(guild ? { guild_id: '1100000000000000002' } : { dm_permission: true }),
    ...option(command),
    ...(guild ? { contexts: null } : { contexts: [...((command.contexts as number[]) ?? [])].reverse() }),
    integration_types: [0],
  }))
}

/** The same commands, otherwise in one place. */
function altered(path: readonly (string | number)[], change: (at: Json) => void): unknown {
  const copy: unknown = structuredClone(kept(derived, false))
  let at: unknown = copy
  for (const step of path) {
    const list: unknown = isTable(at) ? at.options : at
    at = tables(list).find((each, i) => (typeof step === 'number' ? i === step : each.name === step))
  }
  if (!isTable(at)) throw new Error(`nothing at ${path.join(' ')}`)
  change(at)
  return copy
}

const differences = (registered: unknown, scope: 'guild' | 'global' = 'global') =>
  commandDifferences(registered, derived, scope)

describe('what differs', () => {
  it.each(['guild', 'global'] as const)(
    'is nothing, of commands for %s that come back from Discord',
    (scope) => {
      expect(differences(kept(derived, scope === 'guild'), scope)).toEqual([])
      expect(differences(kept(derived, scope === 'guild').toReversed(), scope)).toEqual([])
      expect(differences(derived)).toEqual([])
    },
  )

  it.each<[string, unknown, readonly string[]]>([
    [
      'nothing at all',
      [],
      ['pve', 'guest', 'cluster', 'workspace'].map((name) => `/${name} is not registered`),
    ],
    [
      'another description of a command',
      altered(['guest'], (at) => Object.assign(at, { description: 'x' })),
      ['/guest has another description'],
    ],
    [
      'another description of a subcommand',
      altered(['guest', 'stop'], (at) => Object.assign(at, { description: 'x' })),
      ['/guest stop has another description'],
    ],
    [
      'another description of an option',
      altered(['guest', 'stop', 'reason'], (at) => Object.assign(at, { description: 'x' })),
      ['/guest stop: option `reason` has another description'],
    ],
    [
      'another description deep within',
      altered(['cluster', 'task', 'ls', 'node'], (at) => Object.assign(at, { description: 'x' })),
      ['/cluster task ls: option `node` has another description'],
    ],
    [
      'an option that is not required',
      altered(['guest', 'stop', 'guests'], (at) => Object.assign(at, { required: undefined })),
      ['/guest stop: option `guests` is not required there'],
    ],
    [
      'an option that is required',
      altered(['guest', 'stop', 'reason'], (at) => Object.assign(at, { required: true })),
      ['/guest stop: option `reason` is required there'],
    ],
    [
      'no completion',
      altered(['guest', 'stop', 'guests'], (at) => Object.assign(at, { autocomplete: undefined })),
      ['/guest stop: option `guests` is not completed there'],
    ],
    [
      'completion',
      altered(['guest', 'stop', 'reason'], (at) => Object.assign(at, { autocomplete: true })),
      ['/guest stop: option `reason` is completed there'],
    ],
    [
      'other choices',
      altered(['guest', 'ls', 'what'], (at) => Object.assign(at, { choices: [{ name: 'x', value: 'x' }] })),
      ['/guest ls: option `what` has other choices'],
    ],
    [
      'other bounds',
      altered(['guest', 'stop', 'canary'], (at) => Object.assign(at, { max_value: 5 })),
      ['/guest stop: option `canary` has other bounds'],
    ],
    [
      'another kind',
      altered(['guest', 'stop', 'canary'], (at) => Object.assign(at, { type: 3 })),
      ['/guest stop: option `canary` is of another kind'],
    ],
    [
      'an option of another name',
      altered(['guest', 'stop', 'reason'], (at) => Object.assign(at, { name: 'why' })),
      [
        '/guest stop: option `reason` is not registered',
        '/guest stop: option `why` is registered and none of ours',
      ],
    ],
    [
      'a subcommand of another name',
      altered(['cluster', 'task', 'ls'], (at) => Object.assign(at, { name: 'list' })),
      ['/cluster task ls is not registered', '/cluster task list is registered and none of ours'],
    ],
    [
      'another order',
      altered(['guest', 'stop'], (at) => Object.assign(at, { options: tables(at.options).toReversed() })),
      ['/guest stop: what is in it is in another order'],
    ],
    [
      'direct messages',
      altered(['guest'], (at) => Object.assign(at, { contexts: null })),
      ['/guest is in other places than it should be (servers, direct messages)'],
    ],
    [
      'accounts',
      altered(['guest'], (at) => Object.assign(at, { integration_types: [0, 1] })),
      ['/guest can be installed otherwise than it should (servers, accounts)'],
    ],
    ['what is not said', altered(['guest'], (at) => Object.assign(at, { integration_types: undefined })), []],
    [
      'other permissions',
      altered(['guest'], (at) => Object.assign(at, { default_member_permissions: '0' })),
      ['/guest is shown to others than it should be'],
    ],
    [
      'no permissions',
      altered(['guest'], (at) => Object.assign(at, { default_member_permissions: null })),
      ['/guest is shown to others than it should be'],
    ],
    [
      'an age',
      altered(['guest'], (at) => Object.assign(at, { nsfw: true })),
      ['/guest is marked as age-restricted'],
    ],
    [
      'a command of another kind in our place',
      altered(['guest'], (at) => Object.assign(at, { type: 3 })),
      ['/guest is not registered', '“guest”, a command of another kind, is registered and none of ours'],
    ],
    [
      'an old command',
      [...kept(derived, false), { id: '1', name: 'old', description: 'x' }],
      ['/old is registered and none of ours'],
    ],
    ['nonsense', { message: '401: Unauthorized', code: 0 }, ['what is registered cannot be read']],
    [
      'an option without a name',
      [{ name: 'guest', options: [{ type: 1 }] }],
      ['what is registered cannot be read'],
    ],
  ])('%s', (_, registered, expected) => expect(differences(registered)).toEqual(expected))

  it('of one server is not where else it is', () => {
    expect(
      differences(
        altered(['guest'], (at) => Object.assign(at, { contexts: [1] })),
        'guild',
      ),
    ).toEqual([])
  })
})

describe('registering, by the REST client of discord.js', () => {
  const calls: string[] = []
  const stored = new Map<string, unknown>()
  let status = 200
  let server: Server
  let api = ''

  beforeAll(async () => {
    server = createServer((request, response) => {
      const path = request.url ?? ''
      let text = ''
      request.on('data', (chunk) => {
        text += String(chunk)
      })
      request.on('end', () => {
        calls.push(`${request.method} ${path}`)
        if (request.method === 'PUT') stored.set(path, JSON.parse(text))
        response.writeHead(status, { 'content-type': 'application/json' })
        const answer =
          status === 200
            ? kept(stored.get(path) ?? [], path.includes('/guilds/'))
            : { message: 'no', code: 50001 }
        response.end(JSON.stringify(answer))
      })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    api = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api`
  })
  afterEach(() => {
    calls.length = 0
    stored.clear()
    status = 200
  })
  afterAll(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  const at = (guildId: string | null) => ({
    rest: new REST({ api, version: '10', retries: 0 }).setToken('not-a-token'),
    applicationId: '11',
    guildId,
    commands: registry,
  })

  it.each([
    ['one server', '22', '/api/v10/applications/11/guilds/22/commands'],
    ['all', null, '/api/v10/applications/11/commands'],
  ])('for %s: all at once, and only where something differs', async (_, guildId, path) => {
    const first = await register(at(guildId))

    expect(first).toEqual({ kind: 'registered', differences: differences([]) })
    expect(calls).toEqual([`GET ${path}`, `PUT ${path}`])
    expect(await register(at(guildId))).toEqual({ kind: 'unchanged' })
    expect(calls).toEqual([`GET ${path}`, `PUT ${path}`, `GET ${path}`])
  })

  it('says where commands are only where they are for all', async () => {
    await register(at('22'))
    await register(at(null))

    const [ofServer, ofAll] = [...stored.values()].map((body) => tables(body)[0])
    expect(ofServer).not.toHaveProperty('contexts')
    expect(ofServer).not.toHaveProperty('integration_types')
    expect(ofAll).toMatchObject({ contexts: [0, 1], integration_types: [0] })
  })

  it('replaces what cannot be read, and leaves alone what is only looked at', async () => {
    expect(await registeredDifferences(at('22'))).toEqual(differences([]))
    expect(calls).toHaveLength(1)

    const { rest } = at('22')
    const put: unknown[] = []
    const odd = {
      get: async () => 'nothing that anybody knows',
      put: async (...args: Parameters<typeof rest.put>) => {
        put.push(args[1]?.body)
      },
    }
    expect(await register({ ...at('22'), rest: odd })).toEqual({
      kind: 'registered',
      differences: ['what is registered cannot be read'],
    })
    expect(put).toHaveLength(1)
  })

  it('throws what Discord refuses', async () => {
    status = 403
    await expect(register(at('22'))).rejects.toMatchObject({ status: 403, code: 50001 })
    expect(calls).toHaveLength(1)
  })
})
