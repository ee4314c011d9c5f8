import { createServer, get } from 'node:http'
import { connect } from 'node:net'
import { describe, expect, it } from '@jest/globals'
import { quiet } from '../../../src/chat/pace.js'
import { watchComing } from '../../../src/chat/slack/coming.js'

const turns = async (count: number) => {
  for (let n = 0; n < count; n++) await new Promise((done) => setImmediate(done))
}
/** Nothing passes but what is let through. */
const clock = () => {
  let ring = (): void => {}
  return {
    monotonic: () => 0,
    sleep: () =>
      new Promise<void>((done) => {
        ring = done
      }),
    ring: () => ring(),
  }
}

describe('work', () => {
  it('begins at once where nothing is on its way', async () => {
    await quiet(clock()).turn()
  })

  it('waits until all that is on its way is acknowledged, and then begins one by one', async () => {
    const { coming, turn } = quiet(clock())
    const over = [coming(), coming()]
    const begun: number[] = []
    for (const n of [1, 2, 3]) void turn().then(() => begun.push(n))
    await turns(10)
    over[0]?.()
    over[0]?.()
    await turns(10)
    expect(begun).toEqual([])
    over[1]?.()
    await turns(10)

    expect(begun).toEqual([1, 2, 3])
  })

  it('begins all the same while more and more comes', async () => {
    const time = clock()
    const { coming, turn } = quiet(time)
    coming()
    let begun = false
    void turn().then(() => {
      begun = true
    })
    await turns(5)
    expect(begun).toBe(false)
    time.ring()
    await turns(5)

    expect(begun).toBe(true)
  })
})

describe('what comes over HTTP', () => {
  it('is known from its connection until its answer has gone out', async () => {
    let now = 0
    const seen: number[] = []
    const server = createServer((_, response) => {
      seen.push(now)
      response.end('ok')
    })
    watchComing(server, () => {
      now += 1
      let over = false
      return () => {
        if (!over) now -= 1
        over = true
      }
    })
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
    const address = server.address()
    const port = typeof address === 'object' ? (address?.port ?? 0) : 0
    await new Promise<void>((done) => {
      get({ port, agent: false }, (answer) => answer.resume().once('end', () => done()))
    })
    await turns(20)
    expect(seen).toEqual([1])
    expect(now).toBe(0)

    const silent = connect(port, '127.0.0.1')
    while (now === 0) await turns(1)
    silent.destroy()
    while (now > 0) await turns(1)
    await new Promise((done) => server.close(done))
  })
})
