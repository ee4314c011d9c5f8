import { describe, expect, it } from '@jest/globals'
import { DiscordAPIError, HTTPError, RateLimitError } from 'discord.js'
import { bytesOf } from '../../../src/chat/discord/answers.js'
import { choiceRows } from '../../../src/chat/discord/components.js'
import { deliveryError, isRefused, tokenIsOver } from '../../../src/chat/discord/errors.js'

const api = (code: number, status: number) =>
  new DiscordAPIError({ code, message: 'no' }, code, status, 'GET', 'http://d/x', {
    body: undefined,
    files: undefined,
  })
const http = (status: number) =>
  new HTTPError(status, 'no', 'GET', 'http://d/x', { body: undefined, files: undefined })

describe('what goes wrong at Discord', () => {
  it.each<[string, unknown, boolean]>([
    ['a message that is gone', api(10008, 404), true],
    ['what Discord does not take', api(50035, 400), true],
    ['a channel that cannot be seen', api(50001, 403), false],
    ['a server error', http(503), false],
    ['no connection', new Error('ECONNREFUSED'), false],
  ])('%s: is it hopeless to send it again?', (_, error, hopeless) => {
    expect(deliveryError(error)).toMatchObject({ hopeless, retryAfter: null })
  })

  it('a limit says for how long', () => {
    const limited = new RateLimitError({
      global: false,
      hash: 'h',
      limit: 5,
      majorParameter: '1',
      method: 'POST',
      retryAfter: 1500,
      route: '/x',
      scope: 'user',
      sublimitTimeout: 0,
      timeToReset: 1500,
      url: 'http://d/x',
    })
    expect(deliveryError(limited)).toMatchObject({ retryAfter: 1500, hopeless: false })
  })

  it('knows a token that is over, and one that is not accepted', () => {
    expect([api(50027, 401), api(10062, 404), api(50013, 403)].map(tokenIsOver)).toEqual([true, true, false])
    expect([http(401), api(0, 401), api(50001, 403), new Error('x')].map(isRefused)).toEqual([
      true,
      true,
      false,
      false,
    ])
  })
})

describe('files', () => {
  it('that Discord would not take are cut at a line, and say so', () => {
    const text = `${'x'.repeat(99)}\n`.repeat(100_000)
    const bytes = bytesOf(text)

    expect(bytes.length).toBeLessThan(10 * 2 ** 20)
    expect(bytes.toString('utf8')).toMatch(/x\n… Discord takes no more; \d+ bytes are missing here\.\n$/)
    expect(bytesOf('short').toString('utf8')).toBe('short')
  })
})

describe('what may be done next', () => {
  const found = (count: number) =>
    Array.from({ length: count }, (_, at) => ({
      operation: at + 1,
      about: `op${at + 1} stop web-${at}: waiting`,
      button: {
        verb: 'approve' as const,
        label: 'Approve',
        value: `v1:approve:${at + 1}:1a2b3c4d`,
        style: 'danger' as const,
        sure: null,
      },
    }))

  it('is a few buttons, or a list, or nothing', () => {
    expect(choiceRows([])).toEqual([])
    expect(JSON.stringify(choiceRows(found(5)))).toContain('"label":"Approve op5"')
    const [row] = choiceRows(found(30))
    const list = JSON.stringify(row)
    expect(list).toContain('"custom_id":"pick"')
    expect(list).toContain('the first 25')
    expect(list.match(/"value":/g)).toHaveLength(25)
  })
})
