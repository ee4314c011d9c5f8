import { describe, expect, it } from '@jest/globals'
import { chartPng, chartSvg } from '../../../src/chat/chart-png.js'
import type { Chart, Series } from '../../../src/core/card.js'

const OPTIONS = { timeZone: 'Europe/Berlin', now: new Date('2026-03-12T14:03:50Z') } as const
const GIB = 2 ** 30

function chartOf(series: readonly Series[], more: Partial<Chart> = {}): Chart {
  const [from, to] = ['2026-03-12T13:00:00.000Z', '2026-03-12T13:05:00.000Z']
  return { title: 'The last hour', from, to, stepSeconds: 60, series, ...more }
}

const CPU: Series = { label: 'cpu', unit: 'ratio', values: [0.1, 0.2, null, null, 0.6, 0.4] }
const MEMORY: Series = {
  label: 'memory',
  unit: 'bytes',
  values: [1, 1, 1, 2, 2, 2].map((n) => n * GIB),
  limit: 4 * GIB,
}

/** Width and height as the header of a PNG tells them. */
function sizeOf(png: Uint8Array): readonly [number, number] {
  const view = new DataView(png.buffer, png.byteOffset)
  return [view.getUint32(16), view.getUint32(20)]
}

const textsOf = (svg: string): readonly string[] =>
  [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map((match) => match[1] ?? '')

/** The lines of a series, by their colour: each piece begins with its own M. */
function piecesOf(svg: string, colour: string): number {
  const paths = [...svg.matchAll(/<path d="([^"]*)"[^>]*>/g)].filter(
    ([whole]) =>
      whole.includes(`stroke="${colour}"`) &&
      whole.includes('fill="none"') &&
      whole.includes('stroke-width="2"'),
  )
  return paths.reduce((sum, match) => sum + (match[1]?.match(/M/g)?.length ?? 0), 0)
}

describe('chart pictures', () => {
  it.each(['light', 'dark'] as const)('%s is a PNG of one panel for each unit', async (theme) => {
    const png = await chartPng(chartOf([CPU, MEMORY]), { ...OPTIONS, theme })
    expect([...png.slice(0, 4)]).toEqual([0x89, 0x50, 0x4e, 0x47])
    const [one] = [sizeOf(await chartPng(chartOf([CPU]), { ...OPTIONS, theme }))]
    expect(sizeOf(png)[0]).toBe(1000)
    expect(sizeOf(png)[1]).toBeGreaterThan(one[1])
  })

  it('is as large as asked for', async () => {
    expect(sizeOf(await chartPng(chartOf([CPU]), { ...OPTIONS, width: 500, height: 300 }))).toEqual([
      500, 300,
    ])
  })

  it('values have their units, and times are those of the zone', async () => {
    const texts = textsOf(await chartSvg(chartOf([CPU, MEMORY]), { ...OPTIONS, heading: 'Load of web-01' }))
    expect(texts).toEqual(
      expect.arrayContaining([
        ...['Load of web-01: The last hour', '12 Mar 14:00 to 12 Mar 14:05, Europe/Berlin'],
        ...['cpu', '0 %', '75 %', '100 %', 'memory of 4.0 GiB', '1.0 GiB', '4.0 GiB', '14:00', '14:04'],
      ]),
    )
  })

  it('a gap is a gap', async () => {
    const whole = { ...CPU, values: CPU.values.map((value) => value ?? 0.3) }
    expect(piecesOf(await chartSvg(chartOf([whole]), OPTIONS), '#0072b2')).toBe(1)
    expect(piecesOf(await chartSvg(chartOf([CPU]), OPTIONS), '#0072b2')).toBe(2)
  })

  it('a whole far above the values is told, but does not flatten them', async () => {
    const texts = textsOf(await chartSvg(chartOf([{ ...MEMORY, limit: 4000 * GIB }]), OPTIONS))
    expect(texts).toContain('memory of 3.9 TiB')
    expect(texts).toContain('2.0 GiB')
  })

  it('strange series do not break it: none, all gaps, no numbers, two of one name, markup', async () => {
    const odd: readonly Series[] = [
      { label: 'a', unit: 'count', values: [null, null] },
      { label: 'b', unit: 'seconds', values: [Number.NaN, Number.POSITIVE_INFINITY, 1e300] },
      { label: '<b>&"x</b>\u202e', unit: 'bytes', values: [1] },
      { label: '<b>&"x</b>\u202e', unit: 'bytes', values: [] },
    ]
    expect(textsOf(await chartSvg(chartOf([]), OPTIONS))).toContain('Nothing was recorded.')
    const svg = await chartSvg(chartOf(odd, { title: '<script>', to: '2026-03-12T13:00:00.000Z' }), OPTIONS)
    expect(svg).not.toMatch(/<script|<b>/)
    expect((await chartPng(chartOf(odd), OPTIONS)).length).toBeGreaterThan(1000)
  })
})
