import { describe, expect, it } from '@jest/globals'
import { createLimits, type Place, type PlaceRequest } from '../../../src/pve/limits.js'

const request = (key: string, more: Partial<PlaceRequest> = {}): PlaceRequest => ({
  key,
  low: false,
  deadlineMs: 60_000,
  signal: undefined,
  ...more,
})

/** Enters and notes the order in which places were had. */
function entering(limits: ReturnType<typeof createLimits>) {
  const order: string[] = []
  const leaves = new Map<string, () => void>()
  const enter = (name: string, key: string, more: Partial<PlaceRequest> = {}): Promise<Place> =>
    limits.enter(request(key, more)).then((place) => {
      order.push(place.kind === 'place' ? name : `${name}: ${place.kind}`)
      if (place.kind === 'place') leaves.set(name, place.leave)
      return place
    })
  const leave = async (name: string): Promise<void> => {
    leaves.get(name)?.()
    await settled()
  }
  return { order, enter, leave }
}

const settled = () => new Promise((resolve) => setImmediate(resolve))

describe('places', () => {
  it('are two per node, and six together', async () => {
    const { order, enter, leave } = entering(createLimits({ perKey: 2, total: 6 }))
    for (const node of ['a', 'b', 'c', 'd']) for (const n of [1, 2, 3]) void enter(`${node}${n}`, node)
    await settled()
    expect(order).toEqual(['a1', 'a2', 'b1', 'b2', 'c1', 'c2'])
    await leave('b1')
    // The oldest that its node has room for: not a3, which waits for its own node.
    expect(order.at(-1)).toBe('b3')
    await leave('a1')
    expect(order.at(-1)).toBe('a3')
    await leave('c1')
    await leave('c2')
    expect(order.slice(-2)).toEqual(['c3', 'd1'])
    for (const name of ['a2', 'a3', 'b2', 'b3', 'c3', 'd1', 'd2', 'd3']) await leave(name)
    expect(order).toHaveLength(12)
  })

  it('go to polls last', async () => {
    const { order, enter, leave } = entering(createLimits({ perKey: 1, total: 6 }))
    void enter('first', 'a')
    void enter('poll', 'a', { low: true })
    void enter('person', 'a')
    await settled()
    await leave('first')
    expect(order).toEqual(['first', 'person'])
    await leave('person')
    expect(order).toEqual(['first', 'person', 'poll'])
  })

  it('are not waited for beyond the deadline or after an abort', async () => {
    const { order, enter, leave } = entering(createLimits({ perKey: 1, total: 6 }))
    const aborting = new AbortController()
    void enter('first', 'a')
    const late = enter('late', 'a', { deadlineMs: 1 })
    const gone = enter('gone', 'a', { signal: aborting.signal })
    void enter('patient', 'a')
    aborting.abort()
    await Promise.all([late, gone])
    expect(order.sort()).toEqual(['first', 'gone: aborted', 'late: timeout'])
    await leave('first')
    expect(order.at(-1)).toBe('patient')
    expect(
      await createLimits({ perKey: 1, total: 1 }).enter(request('a', { signal: aborting.signal })),
    ).toEqual({
      kind: 'aborted',
    })
    await leave('patient')
  })

  it('are given back once, however often they are left', async () => {
    const limits = createLimits({ perKey: 1, total: 2 })
    const place = await limits.enter(request('a'))
    if (place.kind !== 'place') throw new Error('no place')
    place.leave()
    place.leave()
    const { order, enter, leave } = entering(limits)
    void enter('x', 'a')
    void enter('y', 'a')
    await settled()
    expect(order).toEqual(['x'])
    await leave('x')
    await leave('y')
  })
})
