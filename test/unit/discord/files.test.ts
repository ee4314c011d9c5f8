import { createServer } from 'node:http'
import { describe, expect, it } from '@jest/globals'
import { Agent, setGlobalDispatcher } from 'undici'
import { discordApi } from '../../../src/chat/discord/api.js'

/** What one request brought. */
async function bodyOf(send: (apiUrl: string) => Promise<unknown>): Promise<{ type: string; body: string }> {
  const got = { type: '', body: '' }
  const server = createServer((request, response) => {
    got.type = request.headers['content-type'] ?? ''
    request.setEncoding('utf8')
    request.on('data', (part: string) => {
      got.body += part
    })
    request.on('end', () => response.setHeader('content-type', 'application/json').end('{"id":"1"}'))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  try {
    await send(`http://127.0.0.1:${address.port}`)
  } finally {
    server.closeAllConnections()
    server.close()
  }
  return got
}

describe('a file for Discord', () => {
  it('goes, whichever undici of the process was the first', async () => {
    // As the one of the calls to PVE is, where it is loaded before discord.js.
    setGlobalDispatcher(new Agent())
    const files = [{ name: 'rows.csv', bytes: Buffer.from('vmid,name\n101,web-01\n') }]

    const { type, body } = await bodyOf((apiUrl) =>
      discordApi({ botToken: 'not-a-token', apiUrl }).post('1', { embeds: [], components: [], files }, 'n'),
    )

    expect(type).toContain('multipart/form-data')
    expect(body).toContain('filename="rows.csv"')
    expect(body).toContain('101,web-01')
  })

  it('that cannot go says what is wrong below', async () => {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    if (address === null || typeof address === 'string') throw new Error('no port')
    await new Promise((resolve) => server.close(resolve))

    const api = discordApi({ botToken: 'not-a-token', apiUrl: `http://127.0.0.1:${address.port}` })

    await expect(api.edit('1', '2', { embeds: [], components: [] })).rejects.toThrow('ECONNREFUSED')
  })
})
