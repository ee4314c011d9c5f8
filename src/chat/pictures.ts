import type { Card } from '../core/card.js'
import { type ChartPicture, chartPng } from './chart-png.js'

/** The charts of a card as pictures; what they say in figures stands in the message anyway. */

export type Picture = { readonly name: string; readonly bytes: Buffer }

/** Never throws: a chart that cannot be drawn is told of, and the card says so. */
export async function picturesOf(
  card: Card,
  drawing: Omit<ChartPicture, 'heading'>,
  onFault: (error: unknown) => string,
  render: typeof chartPng = chartPng,
): Promise<{ readonly card: Card; readonly pictures: readonly Picture[] }> {
  const pictures: Picture[] = []
  const lost: string[] = []
  for (const [at, chart] of card.charts.entries()) {
    const name = card.charts.length === 1 ? 'chart.png' : `chart-${at + 1}.png`
    try {
      pictures.push({ name, bytes: Buffer.from(await render(chart, { ...drawing, heading: card.heading })) })
    } catch (error) {
      lost.push(onFault(error))
    }
  }
  if (lost.length === 0) return { card, pictures }
  const which = lost.length === 1 ? 'A picture' : `${lost.length} pictures`
  const said = `${which} could not be drawn; the figures are here all the same. In the log: ${lost.join(', ')}.`
  return { card: { ...card, text: card.text === undefined ? said : `${card.text}\n${said}` }, pictures }
}
