import { describe, expect, it } from '@jest/globals'
import { DeliveryError } from '../../../src/chat/delivery.js'
import { lab } from './delivery-lab.js'

/** Cards in channels, kept as their operations are. */

describe('what goes wrong with one', () => {
  it('a card that cannot be drawn holds up no other, and is tried again later', async () => {
    const { look, sent, want, undrawable, cards, faults, wait } = lab()
    await want(1, 'C1')
    await want(2, 'C2')
    undrawable.add(1)
    await look()
    expect(sent).toEqual([['post', 'C2', 'op2 ready']])
    expect(cards[0]).toMatchObject({ failures: 1, error: expect.stringContaining('cannot be drawn') })
    await look()
    expect(faults.length).toBeLessThan(3)
    undrawable.clear()
    wait(60_000)
    await look()

    expect(sent).toContainEqual(['post', 'C1', 'op1 ready'])
  })

  it('what waits and cannot be read is given up, and what is behind it is said', async () => {
    const { look, sent, say, given } = lab()
    say({ card: '{}' })
    say({ channel: 'C2' })
    await look()
    await look()

    expect(sent).toEqual([['say', 'C2', 'k2 null']])
    expect(given).toEqual([1])
  })

  it('what the platform refuses again and again is given up at last; what it could not look at never', async () => {
    const { fail, look, wait, say, given } = lab()
    const refusedFor = async (refused: boolean) => {
      say({ failures: 20, channel: refused ? 'C1' : 'C2' })
      fail(new DeliveryError('it says no', { refused }))
      wait(600_000)
      await look()
    }
    await refusedFor(false)
    expect(given).toEqual([])
    await refusedFor(true)
    expect(given).not.toEqual([])
  })

  it('a card that somebody deleted is posted anew while its operation is not over', async () => {
    const { look, sent, want, become, fail, wait, cards } = lab()
    await want(1, 'C1')
    await look()
    fail(new DeliveryError('message_not_found', { gone: true }))
    become(1, 'running')
    await look()
    fail(null)
    wait(10_000)
    await look()

    expect(sent).toEqual([
      ['post', 'C1', 'op1 ready'],
      ['post', 'C1', 'op1 running'],
    ])
    expect(cards).toMatchObject([{ message: 'm2', failures: 0 }])
  })

  it('one that cannot be edited any more is posted anew, when it is over too', async () => {
    const { look, sent, want, become, fail, wait } = lab()
    await want(1, 'C1')
    await look()
    fail(new DeliveryError('cant_update_message', { fixed: true }))
    become(1, 'verified')
    await look()
    fail(null)
    wait(10_000)
    await look()

    expect(sent).toEqual([
      ['post', 'C1', 'op1 ready'],
      ['post', 'C1', 'op1 verified'],
    ])
  })

  it('of what the platform does not take once the next state is shown', async () => {
    const { look, sent, want, become, fail } = lab()
    await want(1, 'C1')
    await look()
    fail(new DeliveryError('invalid_blocks', { hopeless: true }))
    become(1, 'running')
    await look()
    fail(null)
    await look()
    expect(sent).toEqual([['post', 'C1', 'op1 ready']])
    become(1, 'verified')
    await look()

    expect(sent).toEqual([
      ['post', 'C1', 'op1 ready'],
      ['edit', 'C1', 'op1 verified'],
    ])
  })

  it('one that is over stays deleted', async () => {
    const { look, sent, want, become, fail, wait } = lab()
    await want(1, 'C1')
    await look()
    fail(new DeliveryError('message_not_found', { gone: true }))
    become(1, 'verified')
    await look()
    fail(null)
    wait(60_000)
    await look()

    expect(sent).toEqual([['post', 'C1', 'op1 ready']])
  })

  it('what belongs below is handed in before a card counts as over, and again where that failed', async () => {
    const { look, want, become, below, noted, failStore, cards } = lab()
    await want(1, 'C1')
    await look()
    become(1, 'failed')
    failStore(1)
    await expect(look()).rejects.toThrow('disk full')
    expect(cards).toMatchObject([{ final: false }])
    await look()

    expect(below).toEqual(['1/ready', '1/failed'])
    expect(noted.filter((final) => final)).toHaveLength(1)
  })

  it('the same goes for what belongs below a new card', async () => {
    const { look, want, below, failStore, sent } = lab()
    await want(1, 'C1')
    failStore(1)
    await expect(look()).rejects.toThrow('disk full')
    await look()

    expect(below).toEqual(['1/ready'])
    expect(sent.filter(([what]) => what === 'post')).toHaveLength(1)
  })
})

describe('the end', () => {
  it('waits for no platform that does not answer, neither with what is on its way nor with a last look', async () => {
    const { mail, want, hang, sent } = lab()
    await want(1, 'C1')
    hang()
    const ending = new AbortController()
    const ran = mail.run(ending.signal)
    await new Promise((done) => setImmediate(done))
    ending.abort()
    await ran
    await mail.last(10)

    expect(sent).toEqual([])
  })

  it('shows once more how everything stands', async () => {
    const { mail, want, sent, become } = lab()
    await want(1, 'C1')
    become(1, 'verified')
    await mail.last(60_000)

    expect(sent).toEqual([['post', 'C1', 'op1 verified']])
  })
})

describe('delivery', () => {
  it('what waits for approval is shown where approvals are bound, and edited until it is over', async () => {
    const { become, look, sent, cards } = lab()
    become(1, 'waiting')
    await look()
    await look()
    become(1, 'running')
    await look()
    become(1, 'verified')
    await look()
    await look()

    expect(sent).toEqual([
      ['post', 'CA', 'op1 waiting'],
      ['edit', 'CA', 'op1 running'],
      ['edit', 'CA', 'op1 verified'],
    ])
    expect(cards).toMatchObject([{ final: true, message: 'm1' }])
  })

  it('an outage costs only the states in between', async () => {
    const { become, look, sent, fail, wait, want, faults } = lab()
    await want(1, 'C1')
    await look()
    fail(new DeliveryError('down'))
    become(1, 'running')
    await look()
    become(1, 'verified')
    await look()
    fail(null)
    wait(60_000)
    await look()

    expect(sent.map(([what, , text]) => `${what} ${text}`)).toEqual(['post op1 ready', 'edit op1 verified'])
    expect(faults.length).toBeGreaterThan(0)
  })

  it('waits as long as the platform says, and no longer', async () => {
    const { look, sent, fail, wait, want } = lab()
    await want(1, 'C1')
    fail(new DeliveryError('429', { retryAfter: 30_000 }))
    await look()
    fail(null)
    await look()
    wait(20_000)
    await look()
    expect(sent).toEqual([])
    wait(10_000)
    await look()
    expect(sent).toHaveLength(1)
  })

  it('gives up what is hopeless', async () => {
    const { look, sent, fail, want, cards } = lab()
    await want(1, 'C1')
    fail(new DeliveryError('gone', { hopeless: true }))
    await look()
    fail(null)
    await look()

    expect(sent).toEqual([])
    expect(cards).toMatchObject([{ final: true, error: 'gone' }])
  })

  it('what is over comes before what is new, and that before progress', async () => {
    const { become, look, sent, want, wait } = lab({ perMinute: 4 })
    for (const id of [1, 2]) await want(id, `C${id}`)
    await look()
    wait(120_000)
    become(1, 'running')
    become(2, 'verified')
    await want(3, 'C3')
    sent.length = 0
    await look()

    expect(sent.map(([, , text]) => text)).toEqual(['op2 verified', 'op3 ready', 'op1 running'])
  })

  it('progress leaves a share of the budget to the rest', async () => {
    const { become, look, sent, want, wait } = lab({ perMinute: 10 })
    const ids = Array.from({ length: 12 }, (_, n) => n + 1)
    for (const id of ids) await want(id, `C${id}`)
    await look()
    wait(120_000)
    await look()
    wait(120_000)
    await look()
    sent.length = 0
    for (const id of ids) become(id, 'running')
    wait(120_000)
    await look()
    const progress = sent.length
    become(1, 'failed')
    await look()

    expect(progress).toBeLessThanOrEqual(6)
    expect(sent.at(-1)?.[2]).toBe('op1 failed')
  })

  it('one new message per channel and second', async () => {
    const { look, sent, want } = lab()
    await want(1, 'C1')
    await want(2, 'C1')
    await look()
    expect(sent).toHaveLength(1)
    await look()
    expect(sent).toHaveLength(2)
  })

  it('posts wait for the card that they belong below', async () => {
    const { look, sent, want, say } = lab()
    await want(1, 'C1')
    say({ under: { kind: 'operation', operation: 1 }, channel: 'C1', key: 'log' })
    await look()
    await look()

    expect(sent).toEqual([
      ['post', 'C1', 'op1 ready'],
      ['say', 'C1', 'log m1'],
    ])
  })

  it('a plan that has waited for half its time is said again below its cards', async () => {
    const { become, look, sent, remind } = lab()
    become(1, 'waiting')
    await look()
    remind(1)
    await look()
    await look()

    expect(sent).toEqual([
      ['post', 'CA', 'op1 waiting'],
      ['say', 'CA', 'slack:CA:op1:reminder m1'],
    ])
  })

  it('and below those of another chat by that one', async () => {
    const { become, cards, look, outbox, remind, sent } = lab()
    become(1, 'waiting')
    await look()
    const [own] = cards
    if (own === undefined) throw new Error('no card')
    cards.push({ ...own, surface: 'discord', channel: 'D1', message: 'm9' })
    remind(1)
    await look()
    await look()

    expect(outbox).toMatchObject([{ surface: 'discord', channel: 'D1', key: 'discord:D1:op1:reminder' }])
    expect(sent.filter(([what]) => what === 'say')).toHaveLength(1)
  })

  it('a clock that was set back holds nothing up for ever', async () => {
    const { look, sent, fail, wait, want } = lab()
    await want(1, 'C1')
    fail(new DeliveryError('down'))
    await look()
    fail(null)
    wait(-24 * 3_600_000)
    await look()

    expect(sent).toHaveLength(1)
  })
})
