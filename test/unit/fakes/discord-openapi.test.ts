import { afterEach, describe, expect, it, jest } from '@jest/globals'
import type { Call } from '../../fakes/discord/state.js'
import { hasOpenApi, load, openApiFaults } from '../../support/discord-openapi.js'

// What Discord's own description says of calls, and what it does not.

const call = (method: string, path: string, body: unknown, status = 200): Call => ({
  ...{ method, path, body, status, route: null, query: {}, files: [], answer: undefined, at: 0 },
})

const faults = (...given: Parameters<typeof call>) => openApiFaults([call(...given)])
const list = <T>(count: number, make: (i: number) => T): readonly T[] =>
  Array.from({ length: count }, (_, i) => make(i))

const HOOK = '/webhooks/1100000000000000001/token/messages/@original'
const MESSAGES = '/channels/3000000000000000001/messages'
const CALLBACK = '/interactions/1/token/callback'
const COMMANDS = '/applications/1/guilds/2/commands'
const button = (i: number, label = 'Go') => ({ type: 2, style: 1, custom_id: `b${i}`, label })
const rows = (...buttons: readonly object[]) => ({ components: [{ type: 1, components: buttons }] })
const fields = (count: number) => ({ embeds: [{ fields: list(count, () => ({ name: 'n', value: 'v' })) }] })
const choices = (count: number) => ({
  type: 8,
  data: { choices: list(count, (i) => ({ name: `c${i}`, value: `${i}` })) },
})
const command = (more: object) => [{ type: 1, name: 'guest', description: 'Guests', ...more }]

afterEach(() => {
  jest.restoreAllMocks()
  if (before === undefined) delete process.env.CI
  else process.env.CI = before
})
const before = process.env.CI

// In CI it has to be there; elsewhere its absence is said aloud.
const withDescription = hasOpenApi() || before === 'true' ? describe : describe.skip

withDescription('the description of Discord', () => {
  it.each([
    ['an answer', 'PATCH', HOOK, { content: 'x'.repeat(2_000) }],
    ['a message', 'POST', MESSAGES, { ...fields(25), ...rows(...list(5, button)), nonce: 'n' }],
    ['an edit', 'PATCH', `${MESSAGES}/1`, { content: '', embeds: [], components: [] }],
    ['a deferral', 'POST', CALLBACK, { type: 5, data: { flags: 64 } }],
    ['choices', 'POST', CALLBACK, choices(25)],
    ['commands', 'PUT', COMMANDS, command({ options: [{ type: 3, name: 'a', description: 'A' }] })],
    ['permissions as a text', 'PUT', COMMANDS, command({ default_member_permissions: '2147483648' })],
    ['a thread', 'POST', `${MESSAGES}/1/threads`, { name: 'talk', auto_archive_duration: 1440 }],
    ['a direct message', 'POST', '/users/@me/channels', { recipient_id: '4000000000000000001' }],
    ['a call without a body', 'GET', '/users/@me', undefined],
  ])('takes %s', (_, method, path, body) => {
    expect(faults(method, path, body)).toEqual([])
  })

  it.each([
    ['a long answer', 'PATCH', HOOK, { content: 'x'.repeat(2_001) }],
    ['26 fields', 'POST', MESSAGES, fields(26)],
    ['six buttons in a row', 'POST', MESSAGES, rows(...list(6, button))],
    ['a long label', 'POST', MESSAGES, rows(button(1, 'x'.repeat(81)))],
    ['26 choices', 'POST', CALLBACK, choices(26)],
    ['a long description', 'PUT', COMMANDS, command({ description: 'x'.repeat(101) })],
    [
      'another fault beside an excused one',
      'PUT',
      COMMANDS,
      command({ default_member_permissions: '8', name: 'x'.repeat(33) }),
    ],
  ])('refuses %s', (_, method, path, body) => {
    expect(faults(method, path, body)).toHaveLength(1)
  })

  it('knows which routes there are', () => {
    expect(faults('POST', '/channels/1/poems', {})).toEqual(['POST /channels/1/poems: no such route'])
    expect(faults('PUT', '/users/@me', {})).toEqual(['PUT /users/@me: no such route'])
  })

  it('leaves out what was refused', () => {
    expect(faults('PATCH', HOOK, { content: 'x'.repeat(2_001) }, 400)).toEqual([])
  })
})

describe('without the description', () => {
  it('says that nothing is checked', () => {
    delete process.env.CI
    const warn = jest.spyOn(console, 'warn').mockImplementation(() => undefined)
    expect(load('nowhere.json').faultsOf([call('POST', '/channels/1/poems', {})])).toEqual([])
    expect(warn).toHaveBeenCalledWith('skipped: needs discord-openapi.json')
  })

  it('is an error in CI', () => {
    process.env.CI = 'true'
    expect(() => load('nowhere.json')).toThrow('needs discord-openapi.json')
  })
})
