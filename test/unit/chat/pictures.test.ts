import { describe, expect, it } from '@jest/globals'
import { picturesOf } from '../../../src/chat/pictures.js'
import { type Card, card } from '../../../src/core/card.js'

const drawing = { timeZone: 'UTC', now: new Date(0) }
const chart: Card['charts'][number] = {
  title: 'cpu',
  from: '2026-01-01T00:00:00Z',
  to: '2026-01-01T01:00:00Z',
  stepSeconds: 60,
  series: [{ label: 'used', unit: 'ratio', values: [0.1, 0.2] }],
}
const png = async () => new Uint8Array([1, 2, 3])

describe('charts as pictures', () => {
  it('have names of their own where there are several', async () => {
    const one = await picturesOf(card({ heading: 'x', charts: [chart] }), drawing, () => '', png)
    const two = await picturesOf(card({ heading: 'x', charts: [chart, chart] }), drawing, () => '', png)

    expect(one.pictures.map(({ name }) => name)).toEqual(['chart.png'])
    expect(two.pictures.map(({ name }) => name)).toEqual(['chart-1.png', 'chart-2.png'])
  })

  it('take nothing along when one cannot be drawn: the answer stays, and says so', async () => {
    const faults: unknown[] = []
    let calls = 0
    const given = card({ heading: 'x', text: 'as asked', charts: [chart, chart] })
    const { card: drawn, pictures } = await picturesOf(
      given,
      drawing,
      (error) => `fault-${faults.push(error)}`,
      async () => {
        calls += 1
        if (calls === 1) throw new Error('no font')
        return png()
      },
    )

    expect(pictures.map(({ name }) => name)).toEqual(['chart-2.png'])
    expect(drawn.charts).toHaveLength(2)
    expect(drawn.text).toMatch(/^as asked\nA picture could not be drawn; .*fault-1/)
    expect(faults).toHaveLength(1)
  })
})
