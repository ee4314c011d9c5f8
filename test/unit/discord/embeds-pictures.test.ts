import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from '@jest/globals'
import { chartPng } from '../../../src/chat/chart-png.js'
import { discordHtml, liveIn } from '../../support/discord-html.js'
import { faultsOf, totalOf } from '../../support/discord-limits.js'
import { discordPicture } from '../../support/discord-picture.js'
import { metricsSample } from '../console/samples.js'
import { DRAWING, PICTURES } from './embeds-cards.js'

const FOLDER = new URL('../../../docs/pictures/discord/', import.meta.url)

async function chart(): Promise<ReadonlyMap<string, Uint8Array>> {
  const [first] = metricsSample.charts
  if (first === undefined) return new Map()
  const options = { ...DRAWING, heading: metricsSample.heading, theme: 'dark' as const }
  return new Map([['chart.png', await chartPng(first, options)]])
}

/** `UPDATE_PICTURES=1` draws them anew; `HTML=folder` writes pages beside, for a browser. */
describe('pictures of cards', () => {
  it.each(Object.entries(PICTURES))('%s is there and within limits', async (name, { drawn, frame }) => {
    if (process.env.UPDATE_PICTURES === '1') {
      mkdirSync(FOLDER, { recursive: true })
      const images = drawn.embeds.some(({ image }) => image !== undefined) ? await chart() : new Map()
      writeFileSync(new URL(`${name}.png`, FOLDER), discordPicture(drawn, frame, images))
    }
    if (process.env.HTML !== undefined)
      writeFileSync(`${process.env.HTML}/${name}.html`, discordHtml(name, drawn))
    expect(existsSync(new URL(`${name}.png`, FOLDER))).toBe(true)
    expect(faultsOf({ content: drawn.text, ...drawn })).toEqual([])
    expect(totalOf(drawn.embeds)).toBeLessThanOrEqual(5600)
    for (const { title, description, fields } of drawn.embeds)
      for (const text of [title, description, ...(fields ?? []).map(({ value }) => value)])
        expect(liveIn(text ?? '')).toEqual([])
  })
})
