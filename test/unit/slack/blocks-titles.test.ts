import { expect, it } from '@jest/globals'
import { renderCard } from '../../../src/chat/slack/blocks/card.js'
import { card } from '../../../src/core/card.js'
import { checkBlocks } from '../../fakes/slack/limits.js'

const drawing = { timeZone: 'UTC', now: new Date(0) }

it.each([100, 500, 2980, 2995, 3100, 20_000])(
  'a title of %i characters leaves room for what it is above',
  (length) => {
    const title = 'x'.repeat(length)
    const chart = {
      title,
      from: '2026-01-01T00:00:00.000Z',
      to: '2026-01-01T01:00:00.000Z',
      stepSeconds: 60,
      series: [{ label: 'the-series', unit: 'count' as const, values: [1, 2, 3] }],
    }
    const { blocks } = renderCard(card({ heading: 'Load', charts: [chart] }), drawing)

    expect(checkBlocks(blocks, 'message')).toEqual([])
    expect(JSON.stringify(blocks)).toContain('the-series')
  },
)

it.each(['2026-03-12', '12', 'March 2026', 'now', '2026-13-45T00:00:00Z'])(
  '`%s` is not drawn as a moment',
  (value) => {
    const { blocks } = renderCard(
      card({ heading: 'When', facts: [{ label: 'at', unit: 'time', value }] }),
      drawing,
    )
    expect(JSON.stringify(blocks)).not.toContain('<!date^')
  },
)
