import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { DiscordAPIError } from 'discord.js'
import { faultLog, openLog } from '../../src/system/log.js'
import { freshDirectory } from '../support/program.js'

function logged(error: unknown): string {
  const file = join(freshDirectory(), 'serve.log')
  const reference = faultLog(openLog(file, 'info'))(error)
  const text = readFileSync(file, 'utf8')
  expect(JSON.parse(text)).toMatchObject({ reference, msg: 'fault' })
  return text
}

describe('a fault in the log', () => {
  it('says what went wrong, with its code and its causes, and nothing of the request it carries', () => {
    const refused = new DiscordAPIError(
      { code: 50007, message: 'Cannot send messages to this user' },
      50007,
      403,
      'PATCH',
      'https://discord.com/api/v10/webhooks/1/INTERACTION-TOKEN/messages/@original',
      { body: { content: 'link ABCD-CODE' }, files: [] },
    )

    const text = logged(new Error('the answer was not given', { cause: refused }))

    for (const said of ['the answer was not given', 'Cannot send messages', '50007', '403'])
      expect(text).toContain(said)
    for (const kept of ['INTERACTION-TOKEN', 'ABCD-CODE']) expect(text).not.toContain(kept)
  })

  it('takes what is no error at all, and one that is its own cause', () => {
    const circle: Error & { cause?: unknown } = new Error('round and round')
    circle.cause = circle

    expect(logged('a text')).toContain('a text')
    expect(logged(null)).toContain('null')
    expect(logged(circle)).toContain('round and round')
  })
})
