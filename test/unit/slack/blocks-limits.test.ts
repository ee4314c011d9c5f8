import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import {
  type Rendered,
  renderCard,
  renderRefusal,
  type SlackButton,
} from '../../../src/chat/slack/blocks/card.js'
import { type Card, card, type Row, type Table } from '../../../src/core/card.js'
import { column, fact } from '../../../src/core/facts.js'
import { refuse } from '../../../src/core/refusal.js'
import { checkBlocks, shownChars } from '../../fakes/slack/limits.js'
import { markupTexts } from '../../fakes/slack/live.js'
import { DRAWING } from './blocks-cards.js'

/** What Slack would refuse, or make alive, in a message. */
function wrongWith({ text, blocks, files }: Rendered): readonly string[] {
  const chars = shownChars(blocks)
  const live = [text, ...markupTexts(blocks)].filter((each) =>
    /[<>]/.test(each.replace(/<!date\^\d+\^[^|<>]*\|[^<>|]*>/g, '')),
  )
  const names = files.map(({ name }) => name)
  return [
    ...checkBlocks(blocks).map(({ pointer, message }) => `${pointer}: ${message}`),
    ...(chars > 9000 ? [`${chars} characters`] : []),
    ...live.map((each) => `live: ${each.slice(0, 80)}`),
    ...(text === '' || text.length > 4000 ? ['the fallback'] : []),
    ...(new Set(names).size < names.length ? ['two files of one name'] : []),
  ]
}

const draw = (parts: Partial<Card>, buttons: readonly SlackButton[] = []): Rendered =>
  renderCard(card({ heading: 'A card', ...parts }), { ...DRAWING, buttons })

const said = ({ blocks }: Rendered): string => JSON.stringify(blocks)
const fileOf = ({ files }: Rendered, name: string): string =>
  files.find((file) => file.name === name)?.text ?? ''

function tableOf(
  rows: number,
  columns = 3,
  cell: (row: number, at: number) => string = (r, c) => `r${r}c${c}`,
): Table {
  return {
    columns: Array.from({ length: columns }, (_, at) => column(`c${at}`, `column ${at}`, 'text', at)),
    rows: Array.from({ length: rows }, (_, row) =>
      Object.fromEntries(Array.from({ length: columns }, (_, at) => [`c${at}`, cell(row, at)])),
    ),
    empty: 'nothing',
  }
}

const NOTES = `first\n${'lorem ipsum & dolor <sit> amet '.repeat(330)}\nthe very end`
const BUTTON: SlackButton = { actionId: 'a', label: 'Press', value: 'v' }

describe('a card that is too large comes out within limits, and nothing is lost', () => {
  it('an empty one', () => {
    const drawn = renderCard(card({ heading: '' }), DRAWING)
    expect(wrongWith(drawn)).toEqual([])
    expect(drawn.blocks.length).toBeGreaterThan(0)
  })

  it('151 characters of heading', () => {
    const heading = `${'h'.repeat(150)}!`
    const drawn = renderCard(card({ heading }), DRAWING)
    expect(wrongWith(drawn)).toEqual([])
    expect(said(drawn)).toContain(heading)
  })

  it('10 kB of notes: their beginning, and all of them in a file', () => {
    const drawn = draw({ sections: [{ title: 'Notes', text: NOTES }] })
    expect(wrongWith(drawn)).toEqual([])
    expect(said(drawn)).toContain('first')
    expect(said(drawn)).toContain('the whole of Notes')
    expect(said(drawn)).toContain('details.txt')
    expect(fileOf(drawn, 'details.txt')).toContain(NOTES)
  })

  it('3,001 characters in one line', () => {
    const line = 'x'.repeat(3001)
    const drawn = draw({ text: line })
    expect(wrongWith(drawn)).toEqual([])
    expect(`${fileOf(drawn, 'details.txt')}`).toContain(line)
  })

  it('escapes count as what they are written as', () => {
    const line = '&'.repeat(2999)
    const drawn = draw({ text: line })
    expect(wrongWith(drawn)).toEqual([])
    expect(fileOf(drawn, 'details.txt')).toContain(line)
  })

  it('51 sections', () => {
    const sections = Array.from({ length: 51 }, (_, at) => ({ title: `part ${at}`, text: `body ${at}` }))
    const drawn = draw({ sections })
    expect(wrongWith(drawn)).toEqual([])
    const everything = said(drawn) + fileOf(drawn, 'details.txt')
    for (const { text } of sections) expect(everything).toMatch(new RegExp(`${text}\\b`))
    expect(said(drawn)).toContain('details.txt')
  })

  it('11 facts, 101 facts, and a value of 2,001 characters', () => {
    const facts = Array.from({ length: 101 }, (_, at) => fact(`label ${at}`, `value ${at}`))
    expect(wrongWith(draw({ facts: facts.slice(0, 11) }))).toEqual([])
    const many = draw({ facts })
    expect(wrongWith(many)).toEqual([])
    const everything = said(many) + fileOf(many, 'details.txt')
    for (const { value } of facts) expect(everything).toMatch(new RegExp(`${value}\\b`))
    const long = draw({ facts: [fact('notes', `${'v'.repeat(2000)}!`)] })
    expect(wrongWith(long)).toEqual([])
    expect(fileOf(long, 'details.txt')).toContain(`${'v'.repeat(2000)}!`)
  })

  it('500 rows: the first ones, how many more, and all of them in a file', () => {
    const drawn = draw({ table: tableOf(500) })
    expect(wrongWith(drawn)).toEqual([])
    expect(said(drawn)).toContain('r0c0')
    expect(said(drawn)).toMatch(/… and 475 more, all 500 rows are in 📎 table.csv/)
    const lines = fileOf(drawn, 'table.csv').trimEnd().split('\n')
    expect(lines).toHaveLength(501)
    expect(lines.at(-1)).toBe('r499c0,r499c1,r499c2')
  })

  it('500 rows of long, escaped cells', () => {
    const drawn = draw({ table: tableOf(500, 3, (row) => `<&>${row}`.repeat(20)) })
    expect(wrongWith(drawn)).toEqual([])
    expect(fileOf(drawn, 'table.csv').trimEnd().split('\n')).toHaveLength(501)
  })

  it('30 columns: those that fit, the names of the others, no line too wide', () => {
    const drawn = draw({ table: tableOf(40, 30) })
    expect(wrongWith(drawn)).toEqual([])
    expect(said(drawn)).toContain('columns hidden')
    const code = markupTexts(drawn.blocks).find((text) => text.includes('```')) ?? ''
    expect(Math.max(...code.split('\n').map((line) => line.length))).toBeLessThanOrEqual(68)
    expect(fileOf(drawn, 'table.csv').split('\n')[0]?.split(',')).toHaveLength(30)
  })

  it('a cell that is cut is whole in the file', () => {
    const long = 'sentence '.repeat(100)
    const drawn = draw({ table: tableOf(2, 2, (row, at) => (row === 1 && at === 1 ? long : 'x')) })
    expect(wrongWith(drawn)).toEqual([])
    expect(said(drawn)).toContain('columns or cells were cut')
    expect(fileOf(drawn, 'table.csv')).toContain(long.trim())
  })

  it('several large tables: files of different names, each named in the message', () => {
    const drawn = draw({
      table: tableOf(100),
      sections: ['a', 'b', 'c'].map((title) => ({ title, table: tableOf(100) })),
    })
    expect(wrongWith(drawn)).toEqual([])
    expect(drawn.files.map(({ name }) => name)).toEqual([
      ...['table.csv', 'table-2.csv', 'table-3.csv', 'table-4.csv'],
    ])
    for (const { name } of drawn.files) expect(said(drawn)).toContain(name)
  })

  it('no cell is a formula to a spreadsheet', () => {
    const cells = ['=1+1', '@x', '+1 x', '-cmd', '-1.5', 'a,"b"']
    const drawn = draw({ table: tableOf(40, 1, (row) => cells[row] ?? 'x') })
    expect(fileOf(drawn, 'table.csv').split('\n').slice(1, 7)).toEqual([
      ...["'=1+1", "'@x", "'+1 x", "'-cmd", '-1.5', '"a,""b"""'],
    ])
  })

  it('a long script goes into a file, and so does a log, of which the end is shown', () => {
    const lines = Array.from({ length: 400 }, (_, at) => `line ${at} of them all`)
    const script = draw({ code: { language: 'sh', text: lines.join('\n') } })
    expect(wrongWith(script)).toEqual([])
    expect(fileOf(script, 'script.sh')).toBe(lines.join('\n'))
    expect(said(script)).toContain('script.sh')
    const log = draw({ code: { language: 'log', text: lines.join('\n') } })
    expect(wrongWith(log)).toEqual([])
    expect(said(log)).toContain('line 399 of')
    expect(said(log)).not.toContain('line 0 of')
    expect(said(log)).toMatch(/… \d+ lines before these in the file below/)
    expect(fileOf(log, 'details.txt')).toContain('line 0 of')
  })

  it('11 things to try, 11 sources, and notes of any length', () => {
    const actions = Array.from({ length: 11 }, (_, at) => ({ label: `label ${at}`, words: `show ${at}` }))
    const sources = Array.from({ length: 40 }, (_, at) => ({
      cluster: `c${at}`,
      kind: 'synced' as const,
      at: '2026-03-12T14:03:12.000Z',
      note: `n${at} `.repeat(300),
    }))
    const drawn = draw({ actions, sources, sections: [{ title: 'Notes', text: NOTES }] })
    expect(wrongWith(drawn)).toEqual([])
    const everything = said(drawn) + fileOf(drawn, 'details.txt')
    for (const { cluster } of sources) expect(everything).toContain(`${cluster}:`)
    for (const { words } of actions) expect(everything).toContain(`/pve ${words}`)
  })

  it('buttons: 26 of them, and texts one too long everywhere', () => {
    const long: SlackButton = {
      ...BUTTON,
      label: 'l'.repeat(76),
      style: 'danger',
      confirm: {
        title: 't'.repeat(101),
        text: '🛑'.repeat(151),
        confirm: 'c'.repeat(31),
        deny: 'd'.repeat(31),
        style: 'danger',
      },
    }
    const buttons = Array.from({ length: 26 }, (_, at) => ({ ...long, actionId: `a${at}` }))
    expect(wrongWith(draw({ text: NOTES }, buttons.slice(0, 8)))).toEqual([])
    const many = draw(
      {},
      Array.from({ length: 26 }, (_, at) => ({ ...BUTTON, actionId: `a${at}` })),
    )
    expect(wrongWith(many)).toEqual([])
  })

  it('everything at once: what comes last still has its room', () => {
    const facts = Array.from({ length: 400 }, (_, at) => fact(`label ${at}`, `value ${at} & <more>`))
    const some = facts.slice(0, 230)
    const sections = Array.from({ length: 60 }, (_, at) => ({ title: `part ${at}`, facts: [fact('a', 'b')] }))
    const actions = [{ label: 'all', words: 'ls' }]
    const sources = [{ cluster: 'lab', kind: 'live' as const, at: '2026-03-12T14:03:12.000Z' }]
    const last = { actions, sources }
    const buttons = Array.from({ length: 20 }, (_, at) => ({
      ...BUTTON,
      actionId: `a${at}`,
      label: 'l'.repeat(75),
    }))
    for (const parts of [
      { facts, ...last },
      { facts: some, ...last },
      { sections, ...last },
      { facts, sections, ...last },
    ]) {
      const drawn = draw(parts, buttons)
      expect(wrongWith(drawn)).toEqual([])
      expect(said(drawn)).toContain('/pve ls')
      expect(said(drawn)).toContain('lab: read live')
      expect(drawn.blocks.at(-1)?.type).toBe('actions')
      expect(drawn.files.map(({ name }) => name)).toEqual(['details.txt'])
    }
  })

  it('what a button carries is never cut', () => {
    expect(wrongWith(draw({}, [{ ...BUTTON, value: 'v'.repeat(2000) }]))).toEqual([])
    expect(() => draw({}, [{ ...BUTTON, value: 'v'.repeat(2001) }])).toThrow(RangeError)
  })

  it('files of the card go along and are named; ours do not take their names', () => {
    const given = { name: 'table.csv', mediaType: 'text/csv', text: 'mine' }
    const drawn = draw({ files: [given], table: tableOf(100) })
    expect(wrongWith(drawn)).toEqual([])
    expect(drawn.files[0]).toEqual(given)
    expect(drawn.files[1]?.name).toBe('table-2.csv')
    expect(said(drawn)).toContain('📎 table.csv')
  })

  it('where no file can go along, it says that there is more', () => {
    const drawn = renderCard(card({ heading: 'Home', table: tableOf(100), text: NOTES }), {
      ...DRAWING,
      files: false,
    })
    expect(wrongWith(drawn)).toEqual([])
    expect(drawn.files).toEqual([])
    expect(said(drawn)).toContain('There is more than fits here.')
    expect(said(drawn)).not.toMatch(/table\.csv|details\.txt/)
  })

  it('a refusal with long words and many details', () => {
    const details = Array.from({ length: 200 }, (_, at) => `detail ${at} ${'<x>'.repeat(20)}`)
    const drawn = renderRefusal(refuse('unknown_guest', 'm'.repeat(4000), 'h'.repeat(4000), details), DRAWING)
    expect(wrongWith(drawn)).toEqual([])
    expect(fileOf(drawn, 'details.txt')).toContain('detail 199')
    expect(said(drawn)).toContain('`unknown_guest`')
  })
})

describe('whatever comes', () => {
  const EVIL = '<!channel> <@U1> <#C1> *_~`x```\n> :100: <https://x.example|y> \u202eabc שלום & \ud83d'
  const evil = fc.oneof(
    fc.constant(EVIL),
    fc.string({ unit: 'binary', maxLength: 200 }),
    fc.integer({ min: 0, max: 4000 }).map((n) => EVIL.repeat(Math.ceil(n / EVIL.length))),
  )
  const table = fc
    .record({ rows: fc.integer({ min: 0, max: 40 }), columns: fc.integer({ min: 1, max: 6 }), text: evil })
    .map(({ rows, columns, text }) => tableOf(rows, columns, (row) => `${row}${text.slice(0, 60)}`))
  const facts = fc.array(
    fc
      .tuple(evil, evil, fc.constantFrom('text', 'state', 'tags', 'time'))
      .map(([label, value, unit]) => fact(label, value, unit)),
    { maxLength: 6 },
  )
  const anyCard = fc.record({
    heading: evil,
    text: evil,
    facts,
    table,
    sections: fc.array(fc.record({ title: evil, text: evil, facts, table }), { maxLength: 4 }),
    code: fc.record({ language: fc.constantFrom('sh', 'log', 'yaml'), text: evil }),
    actions: fc.array(fc.record({ label: evil, words: evil }), { maxLength: 3 }),
    sources: fc.array(
      fc.record({ cluster: evil, kind: fc.constantFrom('live', 'synced'), at: evil, note: evil }),
      { maxLength: 3 },
    ),
  })

  it('it is within limits and nobody is notified', () => {
    fc.assert(
      fc.property(anyCard, (parts) => expect(wrongWith(draw(parts, [BUTTON]))).toEqual([])),
      { numRuns: 40 },
    )
  })

  it('the text is shown all the same', () => {
    const drawn = draw({ text: EVIL, facts: [fact('name', EVIL)] })
    expect(said(drawn)).toContain('&lt;!channel&gt; &lt;@U1&gt;')
  })

  it('a refusal, too', () => {
    fc.assert(
      fc.property(evil, evil, fc.array(evil, { maxLength: 5 }), (message, hint, details) => {
        expect(wrongWith(renderRefusal(refuse('unknown_guest', message, hint, details), DRAWING))).toEqual([])
      }),
      { numRuns: 60 },
    )
  })

  it('the same card comes out the same on another day', () => {
    const made = card({
      heading: 'op1',
      facts: [fact('asked', '2026-03-12T14:03:12.000Z', 'time')],
      table: { ...tableOf(0), columns: [column('at', 'at', 'time', 0)], rows: [row, row] },
    })
    const later = new Date(DRAWING.now.getTime() + 40 * 86_400_000)
    expect(renderCard(made, { ...DRAWING, now: later })).toEqual(renderCard(made, DRAWING))
  })
})

const row: Row = { at: '2026-03-12T14:03:12.000Z' }
