import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from '@jest/globals'
import { chartPng } from '../../../src/chat/chart-png.js'
import { checkBlocks, shownChars } from '../../fakes/slack/limits.js'
import { slackHtml } from '../../support/slack-html.js'
import { slackPicture } from '../../support/slack-picture.js'
import { metricsSample } from '../console/samples.js'
import { DRAWING, PICTURES } from './blocks-cards.js'

const FOLDER = new URL('../../../docs/pictures/slack/', import.meta.url)

/** `UPDATE_PICTURES=1` draws them anew; `HTML=folder` writes pages beside, for a browser. */
describe('pictures of cards', () => {
  it.each(Object.entries(PICTURES))('%s is there and within limits', (name, { drawn, frame }) => {
    if (process.env.UPDATE_PICTURES === '1') {
      mkdirSync(FOLDER, { recursive: true })
      writeFileSync(new URL(`${name}.png`, FOLDER), slackPicture(drawn.blocks, frame))
    }
    if (process.env.HTML !== undefined)
      writeFileSync(`${process.env.HTML}/${name}.html`, slackHtml(name, drawn.blocks))
    expect(existsSync(new URL(`${name}.png`, FOLDER))).toBe(true)
    expect(checkBlocks(drawn.blocks, frame === 'home' ? 'home' : 'message')).toEqual([])
    expect(shownChars(drawn.blocks)).toBeLessThanOrEqual(9000)
  })

  it.each(['light', 'dark'] as const)('the chart, %s', async (theme) => {
    const file = new URL(`chart-${theme}.png`, FOLDER)
    for (const chart of metricsSample.charts)
      if (process.env.UPDATE_PICTURES === '1')
        writeFileSync(file, await chartPng(chart, { ...DRAWING, heading: 'Load of web-01', theme }))
    expect(existsSync(file)).toBe(true)
  })
})
