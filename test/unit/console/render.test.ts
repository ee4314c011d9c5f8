import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { shareBar } from '../../../src/chat/console/chart.js'
import { renderAnswer, renderCard } from '../../../src/chat/console/render.js'
import { makeTheme, PLAIN, type Theme } from '../../../src/chat/console/theme.js'
import { displayWidth } from '../../../src/chat/text.js'
import { type Card, card, type Fact, type Tone, type Unit, type Value } from '../../../src/core/card.js'
import type { Answer } from '../../../src/core/command.js'
import { column, fact } from '../../../src/core/facts.js'
import { refuse } from '../../../src/core/refusal.js'
import { expectGolden } from './golden.js'
import { failedCard, operation, runningCard, waitingCard } from './operation-samples.js'
import {
  doctorSample,
  helpSample,
  listSample,
  metricsSample,
  NOW,
  refusalSample,
  showSample,
  statusSample,
} from './samples.js'

const COLOUR: Theme = { colour: true, unicode: true, glyphs: true }
const SIGNS: Theme = { colour: false, unicode: true, glyphs: true }
const ASCII: Theme = { colour: false, unicode: false, glyphs: true }

function draw(answer: Answer, columns: number, theme: Theme = PLAIN, high = false): string[] {
  return renderAnswer(answer, { columns, theme, timeZone: 'Europe/Vienna', now: NOW, high })
}

const page = (lines: readonly string[]) => `${lines.join('\n')}\n`

describe('golden answers', () => {
  it.each([
    ['status-80.txt', statusSample, 80, SIGNS],
    ['status-plain.txt', statusSample, 400, PLAIN],
    ['status-colour-80.txt', statusSample, 80, COLOUR],
    ['ls-200-guests-80.txt', listSample(200), 80, SIGNS],
    ['ls-200-guests-200.txt', listSample(200), 200, SIGNS],
    ['ls-ascii-60.txt', listSample(12), 60, ASCII],
    ['show-80.txt', showSample, 80, SIGNS],
    ['show-200.txt', showSample, 200, SIGNS],
    ['metrics-80.txt', metricsSample, 80, SIGNS],
    ['metrics-200.txt', metricsSample, 200, SIGNS],
    ['metrics-ascii-80.txt', metricsSample, 80, ASCII],
    ['doctor-80.txt', doctorSample, 80, SIGNS],
    ['help-80.txt', helpSample, 80, SIGNS],
    ['refusal-80.txt', refusalSample, 80, SIGNS],
    ['operation-waiting-60.txt', operation('waiting', { card: waitingCard }), 60, SIGNS],
    ['operation-waiting-80.txt', operation('waiting', { card: waitingCard }), 80, SIGNS],
    ['operation-waiting-120.txt', operation('waiting', { card: waitingCard }), 120, SIGNS],
    ['operation-waiting-plain.txt', operation('waiting', { card: waitingCard }), 400, PLAIN],
    ['operation-running-60.txt', operation('running', { card: runningCard }), 60, SIGNS],
    ['operation-running-80.txt', operation('running', { card: runningCard }), 80, SIGNS],
    ['operation-running-120.txt', operation('running', { card: runningCard }), 120, SIGNS],
    ['operation-running-colour-80.txt', operation('running', { card: runningCard }), 80, COLOUR],
    ['operation-failed-60.txt', operation('partial', { card: failedCard }), 60, SIGNS],
    ['operation-failed-80.txt', operation('partial', { card: failedCard }), 80, SIGNS],
    ['operation-failed-120.txt', operation('partial', { card: failedCard }), 120, SIGNS],
    ['operation-failed-colour-80.txt', operation('partial', { card: failedCard }), 80, COLOUR],
    ['operation-failed-ascii-60.txt', operation('partial', { card: failedCard }), 60, ASCII],
    ['refusal-plain.txt', refusalSample, 400, PLAIN],
  ])('%s', (name, answer, columns, theme) => expectGolden(name, page(draw(answer, columns, theme))))

  it('metrics in a high terminal', () => {
    expectGolden('metrics-high-120.txt', page(draw(metricsSample, 120, SIGNS, true)))
  })
})

describe('renderCard', () => {
  it('begins with exactly the heading, with a sign in front only where people look', () => {
    expect(draw(statusSample, 400)[0]).toBe(statusSample.heading)
    expect(draw(statusSample, 400, ASCII)[0]).toBe(statusSample.heading)
    expect(draw(statusSample, 400, SIGNS)[0]).toBe(`▲ ${statusSample.heading}`)
  })

  it('ends with how old the facts of every source are', () => {
    expect(draw(statusSample, 80).at(-1)).toBe('lab: as of 15:03:12, 38 s ago')
    expect(draw(showSample, 80).at(-1)).toBe('lab: read live just now')
    expect(draw(doctorSample, 120).slice(-3)).toEqual([
      'lab: read live just now',
      'office: as of 10 Mar 03:00, 3 d ago. Cluster office cannot be reached.',
      'edge: never read. The certificate of cluster edge is not trusted.',
    ])
    const two = card({
      heading: 'x',
      sources: [
        { cluster: 'a', kind: 'live', at: NOW.toISOString() },
        { cluster: 'b', kind: 'synced', at: '2026-03-12T14:03:12Z' },
      ],
    })
    expect(draw(two, 80).at(-1)).toBe('a: read live just now | b: as of 15:03:12, 38 s ago')
  })

  it('drops columns by priority, says which, and never the first', () => {
    const wide = draw(listSample(12), 200)
    expect(wide.some((line) => line.includes('columns hidden'))).toBe(false)
    const narrow = draw(listSample(12), 60)
    expect(narrow.find((line) => line.includes('columns hidden'))).toBe(
      '  columns hidden: kind, memory, of, uptime, tags, pool, lock',
    )
    expect(draw(listSample(12), 20).join('\n')).toContain('web-01')
  })

  it('aligns numbers to the right and cuts long names', () => {
    const lines = draw(
      card({
        heading: 'x',
        table: {
          columns: [column('name', 'name', 'text', 0), column('size', 'size', 'bytes', 0)],
          rows: [
            { name: 'a', size: 1024 },
            { name: 'b'.repeat(10_000), size: 512 * 2 ** 30 },
          ],
          empty: '',
        },
      }),
      40,
    )
    expect(lines[2]).toBe('  name                              size')
    expect(lines[4]).toBe('  a                              1.0 KiB')
    expect(lines[5]).toBe(`  ${'b'.repeat(28)}…  512 GiB`)
  })

  it('continues sentences in the cell and says so when there is no row', () => {
    expect(draw(doctorSample, 60).filter((line) => /^ {23}\S/.test(line)).length).toBeGreaterThan(2)
    const empty = card({
      heading: 'x',
      table: { columns: [column('a', 'a')], rows: [], empty: 'No guest matches.' },
    })
    expect(draw(empty, 60)).toEqual(['x', '', '  No guest matches.'])
  })

  it('draws facts side by side only on a wide terminal', () => {
    expect(draw(showSample, 200, SIGNS).some((line) => /state .* pool /.test(line))).toBe(true)
    expect(draw(showSample, 100, SIGNS).some((line) => /state .* pool /.test(line))).toBe(false)
    expect(draw(showSample, 400, PLAIN).some((line) => /state .* pool /.test(line))).toBe(false)
  })

  it('continues long shell lines so that they still run when copied', () => {
    const code = draw(doctorSample, 80).filter((line) => /^ {4}( {2})?\S/.test(line))
    const joined = code.join('\n').replace(/ \\\n\s*/g, ' ')
    expect(joined).toContain("--privs 'VM.Audit,Sys.Audit")
    expect(joined).toContain("pveum acl modify / --tokens 'mpc@pve!read' --roles ProxmoxMPC-read")
  })

  it('lists files by name and actions as things to try', () => {
    const made = card({
      heading: 'x',
      files: [{ name: 'main.tf', mediaType: 'text/plain', text: 'é'.repeat(600) }],
      actions: [{ label: 'the guest', words: 'show 101' }],
    })
    expect(draw(made, 80)).toEqual([
      'x',
      '',
      'file: main.tf  text/plain, 1.2 KiB',
      '',
      'try: show 101   the guest',
    ])
  })

  it('shows a gap in a chart as a gap and all zeroes as a flat line', () => {
    const chart = (values: (number | null)[]) =>
      card({
        heading: 'x',
        charts: [
          {
            title: 'last hour',
            from: '2026-03-12T13:00:00Z',
            to: '2026-03-12T14:00:00Z',
            stepSeconds: 600,
            series: [{ label: 'cpu', unit: 'ratio', values }],
          },
        ],
      })
    expect(draw(chart([0.25, null, 0.5, 1]), 30)[3]).toBe('  cpu  ▂▂▂   ▄▄▄███')
    expect(draw(chart([0, 0, 0, 0]), 30)[3]).toBe('  cpu  ▁▁▁▁▁▁▁▁▁▁▁▁')
    expect(draw(chart([null, null]), 60).join('\n')).toContain('max –')
    expect(draw(chart([]), 60).join('\n')).toContain('cpu')
    expect(draw(chart([0.25, null, 0.5, 1]), 30, ASCII)[3]).toBe('  cpu  :::   ===@@@')
  })

  it('survives times that are none and values of the wrong type', () => {
    const odd = card({
      heading: '',
      facts: [
        fact('a', 'x', 'bytes'),
        fact('b', 5, 'time'),
        fact('c', '', 'state'),
        fact('d', true, 'ratio'),
      ],
      sources: [{ cluster: 'lab', kind: 'live', at: 'yesterday' }],
    })
    expect(draw(odd, 80).at(-1)).toBe('lab: read live at an unknown time')
  })
})

describe('shareBar', () => {
  it.each([
    [0, '░░░░░░░░░░'],
    [0.01, '█░░░░░░░░░'],
    [0.5, '█████░░░░░'],
    [3, '██████████'],
  ])('%d', (share, bar) => expect(shareBar(share, 10, true)).toBe(bar))
})

const hostileText = fc
  .array(
    fc.oneof(
      fc.string({ unit: 'binary', maxLength: 30 }),
      fc.string({ unit: 'grapheme', maxLength: 30 }),
      fc.constantFrom(
        '\u001b[31m',
        '\u001b]8;;http://x\u0007',
        '\u009b2J',
        '\n',
        '\u202e',
        '\u200d',
        '服务器',
        '👨‍👩‍👧',
        'שלום',
        ' ',
        'x'.repeat(300),
      ),
    ),
    { maxLength: 6 },
  )
  .map((parts) => parts.join(''))
const units: readonly Unit[] = [
  'text',
  'state',
  'bytes',
  'bytes_per_second',
  'seconds',
  'ratio',
  'count',
  'time',
  'tags',
]
const unit = fc.constantFrom(...units)
const tone = fc.constantFrom<Tone>('neutral', 'good', 'warning', 'danger', 'muted')
const value: fc.Arbitrary<Value> = fc.oneof(
  hostileText,
  fc.double(),
  fc.integer(),
  fc.boolean(),
  fc.constant(null),
  fc.constantFrom('running', 'offline'),
)
const hostileFact: fc.Arbitrary<Fact> = fc.record(
  { label: hostileText, value, unit, tone, note: hostileText },
  { requiredKeys: ['label', 'value', 'unit'] },
)
const keys = ['a', 'b', 'c', 'd', 'e', 'f']
const hostileTable = fc.record({
  columns: fc.subarray(keys, { minLength: 1 }).chain((chosen) =>
    fc.tuple(
      ...chosen.map((key) =>
        fc.record({
          key: fc.constant(key),
          label: hostileText,
          unit,
          priority: fc.integer({ min: 0, max: 6 }),
        }),
      ),
    ),
  ),
  rows: fc.array(fc.dictionary(fc.constantFrom(...keys), value), { maxLength: 4 }),
  empty: hostileText,
})
const hostileChart = fc.record({
  title: hostileText,
  from: fc.constantFrom('2026-03-12T13:04:00Z', 'never'),
  to: fc.constantFrom('2026-03-12T14:04:00Z', ''),
  stepSeconds: fc.integer(),
  series: fc.array(
    fc.record(
      {
        label: hostileText,
        unit,
        values: fc.array(fc.option(fc.double()), { maxLength: 200 }),
        limit: fc.double(),
      },
      { requiredKeys: ['label', 'unit', 'values'] },
    ),
    { maxLength: 3 },
  ),
})
const hostileCard: fc.Arbitrary<Card> = fc
  .record({
    heading: hostileText,
    tone,
    text: hostileText,
    facts: fc.array(hostileFact, { maxLength: 5 }),
    table: hostileTable,
    charts: fc.array(hostileChart, { maxLength: 2 }),
    sections: fc.array(fc.record({ title: hostileText, text: hostileText, table: hostileTable }), {
      maxLength: 2,
    }),
    code: fc.record({ language: fc.constantFrom('sh', 'log'), text: hostileText }),
    files: fc.array(fc.record({ name: hostileText, mediaType: hostileText, text: hostileText }), {
      maxLength: 1,
    }),
    actions: fc.array(fc.record({ label: hostileText, words: hostileText }), { maxLength: 2 }),
    sources: fc.array(
      fc.record({
        cluster: hostileText,
        kind: fc.constantFrom('live' as const, 'synced' as const),
        at: fc.constantFrom('2026-03-12T14:03:12Z', null),
        note: hostileText,
      }),
      { maxLength: 2 },
    ),
  })
  .map(card)

const OWN_COLOURS = /\u001b\[(?:0|1|2|32|35|1;31)m/g
const OBEYED = /[\p{Cc}\p{Zl}\p{Zp}\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff]/u

function expectFits(lines: readonly string[], columns: number, theme: Theme): void {
  for (const line of lines) {
    const bare = theme.colour ? line.replace(OWN_COLOURS, '') : line
    expect(bare).not.toMatch(OBEYED)
    expect(displayWidth(bare)).toBeLessThanOrEqual(columns)
    expect(bare).toBe(bare.trimEnd())
    if (!theme.unicode) expect(bare).toMatch(/^[\u0020-\u007e]*$/)
  }
}

describe('any card at any width', () => {
  it.each([20, 60, 80, 120, 200, 400])('stays within %i columns and obeys no text', (columns) => {
    fc.assert(
      fc.property(
        hostileCard,
        fc.constantFrom(COLOUR, SIGNS, ASCII, PLAIN),
        fc.boolean(),
        (made, theme, high) => expectFits(draw(made, columns, theme, high), columns, theme),
      ),
      { numRuns: 30 },
    )
  })

  it.each([20, 60, 80, 120, 200, 400])('refusals too, within %i columns', (columns) => {
    fc.assert(
      fc.property(
        hostileText,
        hostileText,
        fc.array(hostileText, { maxLength: 3 }),
        fc.constantFrom(COLOUR, ASCII, PLAIN),
        (message, hint, details, theme) =>
          expectFits(draw(refuse('unknown_guest', message, hint, details), columns, theme), columns, theme),
      ),
      { numRuns: 20 },
    )
  })

  it('the samples at every width from 20 to 220', () => {
    for (let columns = 20; columns <= 220; columns += 7)
      for (const sample of [
        statusSample,
        showSample,
        metricsSample,
        doctorSample,
        helpSample,
        listSample(10),
        waitingCard,
        runningCard,
        failedCard,
      ])
        expectFits(draw(sample, columns, SIGNS), columns, SIGNS)
  })
})

describe('no escape sequence', () => {
  it.each([
    ['NO_COLOR', { NO_COLOR: '1' }, true],
    ['a dumb terminal', { TERM: 'dumb' }, true],
    ['a pipe', {}, false],
  ])('for %s', (_name, env, isTTY) => {
    const theme = makeTheme({ env, isTTY })
    for (const answer of [
      statusSample,
      showSample,
      metricsSample,
      doctorSample,
      refusalSample,
      listSample(20),
    ])
      expect(draw(answer, 80, theme).join('\n')).not.toContain('\u001b')
    expect(
      renderCard(statusSample, { columns: 80, theme: COLOUR, timeZone: 'UTC', now: NOW }).join(''),
    ).toContain('\u001b[')
  })
})
