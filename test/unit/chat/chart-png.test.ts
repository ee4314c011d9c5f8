import { writeFileSync } from 'node:fs'
import { describe, expect, it } from '@jest/globals'
import { chartPng } from '../../../src/chat/chart-png.js'
import type { Chart } from '../../../src/core/card.js'
import { metricsSample } from '../console/samples.js'

const NOW = new Date('2026-03-12T14:03:50Z')
const [sample] = metricsSample.charts
if (sample === undefined) throw new Error('the sample has a chart')
const ONE: Chart = { ...sample, series: sample.series.slice(0, 1) }

const OPTIONS = { timeZone: 'Europe/Berlin', now: NOW } as const

/** Width and height as the header of a PNG tells them. */
function sizeOf(png: Uint8Array): readonly [number, number] {
  const view = new DataView(png.buffer, png.byteOffset)
  return [view.getUint32(16), view.getUint32(20)]
}

describe('chart pictures', () => {
  it.each(['light', 'dark'] as const)('%s', async (theme) => {
    const png = await chartPng(sample, { ...OPTIONS, theme })
    if (process.env.PICTURES !== undefined) writeFileSync(`${process.env.PICTURES}/chart-${theme}.png`, png)
    expect([...png.slice(0, 4)]).toEqual([0x89, 0x50, 0x4e, 0x47])
  })

  it('is as large as asked for', async () => {
    expect(sizeOf(await chartPng(ONE, { ...OPTIONS, width: 500, height: 300 }))).toEqual([500, 300])
  })
})
