import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import {
  type DiscordButton,
  type Rendered,
  renderCard,
  renderRefusal,
} from '../../../src/chat/discord/embeds/card.js'
import { type Card, card, type Table } from '../../../src/core/card.js'
import { column, fact } from '../../../src/core/facts.js'
import { refuse } from '../../../src/core/refusal.js'
import { liveIn, partsOf } from '../../support/discord-html.js'
import { faultsOf, totalOf } from '../../support/discord-limits.js'
import { DRAWING } from './embeds-cards.js'

const RAW = /@(?:everyone|here)|<(?:@|#|\/|a?:|id:)|\w:\/\/|\]\(|discord\.gg/i

/** Texts in which Discord reads markdown. */
const markdown = ({ text, embeds }: Rendered): readonly string[] => [
  text,
  ...embeds.flatMap(({ title, description, fields }) => [
    ...[title ?? '', description ?? ''],
    ...(fields ?? []).flatMap(({ name, value }) => [name, value]),
  ]),
]

/** What Discord would refuse, or make alive, in a message. */
function wrongWith(drawn: Rendered): readonly string[] {
  const { text, embeds } = drawn
  const total = totalOf(embeds)
  const prose = markdown(drawn).map((each) => each.replace(/```.*?```/gs, '').replace(/`[^`\n]*`/g, ''))
  const fences = markdown(drawn).filter((each) => each.split('```').length % 2 === 0)
  return [
    ...faultsOf({ content: text, ...drawn }),
    ...(total > 5600 ? [`${total} characters`] : []),
    ...(text.length > 200 || text.trim() === '' || text.includes('\n') ? ['the text'] : []),
    ...(embeds.length === 0 ? ['no embed'] : []),
    ...markdown(drawn)
      .flatMap(liveIn)
      .map((each) => `live: ${each.slice(0, 80)}`),
    ...prose.filter((line) => RAW.test(line)).map((each) => `raw: ${each.slice(0, 80)}`),
    ...fences.map((each) => `a fence: ${each.slice(0, 80)}`),
  ]
}

const draw = (parts: Partial<Card>, buttons: readonly DiscordButton[] = []): Rendered =>
  renderCard(card({ heading: 'A card', ...parts }), { ...DRAWING, buttons })

const said = ({ embeds }: Rendered): string => JSON.stringify(embeds)
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

const NOTES = `first\n${'lorem ipsum & dolor *sit* amet '.repeat(330)}\nthe very end`
const BUTTON: DiscordButton = { customId: 'a', label: 'Press', style: 'secondary' }
const AT = '2026-03-12T14:03:12.000Z'

describe('a card that is too large comes out within limits, and nothing is lost', () => {
  it('an empty one', () => {
    const drawn = renderCard(card({ heading: '' }), DRAWING)
    expect(wrongWith(drawn)).toEqual([])
    expect(drawn.embeds[0]?.title).toBe('Answer')
  })

  it('257 characters of heading, and 200 of which each is escaped', () => {
    for (const heading of [`${'h'.repeat(256)}!`, '*'.repeat(200)]) {
      const drawn = draw({ heading })
      expect(wrongWith(drawn)).toEqual([])
      expect(drawn.embeds[0]?.description?.replaceAll('\\', '')).toContain(heading)
    }
  })

  it('10 kB of notes: their beginning, and all of them in a file', () => {
    const drawn = draw({ sections: [{ title: 'Notes', text: NOTES }] })
    expect(wrongWith(drawn)).toEqual([])
    expect(said(drawn)).toContain('first')
    expect(said(drawn)).toContain('the whole of Notes')
    expect(said(drawn)).toContain('the rest is in the file below')
    expect(fileOf(drawn, 'details.txt')).toContain(NOTES)
  })

  it.each([1023, 1024, 1025, 4087, 4096, 4097, 5600, 6001])('%i characters in one line', (length) => {
    const line = `${'x'.repeat(length - 1)}!`
    for (const parts of [
      { text: line },
      { sections: [{ title: 'Notes', text: line }] },
      { facts: [fact('a', line)] },
    ]) {
      const drawn = draw(parts)
      expect(wrongWith(drawn)).toEqual([])
      expect(said(drawn) + fileOf(drawn, 'details.txt')).toContain(line)
    }
  })

  it('escapes count as what they are written as', () => {
    const line = '*'.repeat(2900)
    const drawn = draw({ text: line })
    expect(wrongWith(drawn)).toEqual([])
    expect(fileOf(drawn, 'details.txt')).toContain(line)
  })

  it('51 sections', () => {
    const sections = Array.from({ length: 51 }, (_, at) => ({
      title: `part ${at}`,
      text: `body ${at} ${'x'.repeat(200)}`,
    }))
    const drawn = draw({ sections })
    expect(wrongWith(drawn)).toEqual([])
    const everything = said(drawn) + fileOf(drawn, 'details.txt')
    for (const { text } of sections) expect(everything).toContain(text)
    expect(said(drawn)).toContain('details.txt')
  })

  it('26 facts go on in a second embed, 301 into the file', () => {
    const facts = Array.from({ length: 301 }, (_, at) => fact(`label ${at}`, `value ${at}`))
    const some = draw({ facts: facts.slice(0, 26) })
    expect(wrongWith(some)).toEqual([])
    expect(some.embeds.map(({ fields }) => fields?.length)).toEqual([25, 1])
    expect(some.files).toEqual([])
    const many = draw({ facts })
    expect(wrongWith(many)).toEqual([])
    const everything = said(many) + fileOf(many, 'details.txt')
    for (const { value } of facts) expect(everything).toMatch(new RegExp(`${value}\\b`))
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

  it('30 columns: those that fit, the names of the others, no line too wide', () => {
    const drawn = draw({ table: tableOf(40, 30) })
    expect(wrongWith(drawn)).toEqual([])
    expect(said(drawn)).toContain('columns hidden')
    const lines = partsOf(drawn.embeds[0]?.description ?? '').flatMap((part) =>
      part.kind === 'code' ? part.lines : [],
    )
    expect(lines.length).toBeGreaterThan(10)
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(56)
    expect(fileOf(drawn, 'table.csv').split('\n')[0]?.split(',')).toHaveLength(30)
  })

  it('a cell that is cut is whole in the file', () => {
    const long = 'sentence '.repeat(100)
    const drawn = draw({ table: tableOf(2, 2, (row, at) => (row === 1 && at === 1 ? long : 'x')) })
    expect(wrongWith(drawn)).toEqual([])
    expect(said(drawn)).toContain('cells were cut')
    expect(fileOf(drawn, 'table.csv')).toContain(long.trim())
  })

  it('several large tables: files of different names, each named in the message', () => {
    const drawn = draw({
      table: tableOf(100),
      sections: ['a', 'b', 'c'].map((title) => ({ title, table: tableOf(100) })),
    })
    expect(wrongWith(drawn)).toEqual([])
    const names = ['table.csv', 'table-2.csv', 'table-3.csv', 'table-4.csv']
    expect(drawn.files.map(({ name }) => name)).toEqual(names)
    for (const name of names) expect(said(drawn)).toContain(name)
  })

  it('a long script goes into a file, and so does a log, of which the end is shown', () => {
    const lines = Array.from({ length: 400 }, (_, at) => `line ${at} of them all`)
    const script = draw({ code: { language: 'sh', text: lines.join('\n') } })
    expect(wrongWith(script)).toEqual([])
    expect(fileOf(script, 'script.sh')).toBe(lines.join('\n'))
    expect(said(script)).toContain('script.sh')
    const log = { title: 'last lines of the task on web-01', text: lines.join('\n') }
    for (const drawn of [draw({ code: { language: 'log', text: log.text } }), draw({ sections: [log] })]) {
      expect(wrongWith(drawn)).toEqual([])
      expect(said(drawn)).toContain('line 399 of')
      expect(said(drawn)).not.toContain('line 0 of')
      expect(said(drawn)).toMatch(/… \d+ lines before these in the file below/)
      expect(fileOf(drawn, 'details.txt')).toContain('line 0 of')
    }
  })

  it('a short script is shown as one', () => {
    const drawn = draw({ facts: [fact('a', 'b')], code: { language: 'sh', text: 'echo `date`\n' } })
    expect(wrongWith(drawn)).toEqual([])
    expect(drawn.embeds[1]?.description).toBe('```sh\necho `date`\n```')
  })

  it('40 things to try, 40 sources, and notes of any length', () => {
    const actions = Array.from({ length: 40 }, (_, at) => ({ label: `label ${at}`, words: `show ${at}` }))
    const sources = Array.from({ length: 40 }, (_, at) => ({
      cluster: `c${at}`,
      kind: 'synced' as const,
      at: AT,
      note: `n${at} `.repeat(300),
    }))
    const drawn = draw({ actions, sources, sections: [{ title: 'Notes', text: NOTES }] })
    expect(wrongWith(drawn)).toEqual([])
    const everything = said(drawn) + fileOf(drawn, 'details.txt')
    for (const { cluster, note } of sources) {
      expect(everything).toContain(`${cluster}:`)
      expect(everything).toContain(note.trim())
    }
    for (const { words } of actions) expect(everything).toContain(DRAWING.typed?.(words))
  })

  it('everything at once: what comes last still has its room', () => {
    const facts = Array.from({ length: 400 }, (_, at) => fact(`label ${at}`, `value ${at} & *more*`))
    const sections = Array.from({ length: 60 }, (_, at) => ({
      title: `part ${at}`,
      text: 'x'.repeat(at * 50),
    }))
    const last = {
      actions: [{ label: 'all', words: 'ls' }],
      sources: [{ cluster: 'lab', kind: 'live' as const, at: AT }],
    }
    const images = Array.from({ length: 9 }, (_, at) => `chart-${at}.png`)
    for (const parts of [
      { facts, ...last },
      { sections, ...last },
      { facts, sections, table: tableOf(100), ...last },
    ])
      for (const some of [[], images]) {
        const drawn = renderCard(card({ heading: 'All', ...parts }), { ...DRAWING, images: some })
        expect(wrongWith(drawn)).toEqual([])
        expect(said(drawn)).toContain('/pve ls')
        expect(said(drawn)).toContain('lab: read live')
        expect(said(drawn)).toContain('details.txt')
        expect(drawn.embeds.filter(({ image }) => image !== undefined)).toHaveLength(some.length)
      }
  })

  it('files of the card go along and are named; ours do not take their names', () => {
    const given = { name: 'table.csv', mediaType: 'text/csv', text: 'mine' }
    const drawn = draw({ files: [given], table: tableOf(100) })
    expect(wrongWith(drawn)).toEqual([])
    expect(drawn.files[0]).toEqual(given)
    expect(drawn.files[1]?.name).toBe('table-2.csv')
    expect(said(drawn)).toContain('📎 table.csv')
  })

  it('more files than Discord takes: the last ones in one, and it is said', () => {
    const files = Array.from({ length: 14 }, (_, at) => ({
      name: `f${at}.tf`,
      mediaType: 'text/plain',
      text: `t${at}.`,
    }))
    const drawn = renderCard(card({ heading: 'Export', files }), { ...DRAWING, images: ['chart.png'] })
    expect(wrongWith(drawn)).toEqual([])
    expect(drawn.files).toHaveLength(9)
    const everything = drawn.files.map(({ text }) => text).join()
    for (const { text } of files) expect(everything).toContain(text)
    expect(said(drawn)).toMatch(/more-files.txt: 6 files in one|and \d more files/)
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
    expect(said(drawn)).toContain('unknown_guest')
  })
})

describe('buttons', () => {
  const many = (count: number) =>
    Array.from({ length: count }, (_, at) => ({ ...BUTTON, customId: `a${at}` }))

  it('five in a row, five rows', () => {
    const drawn = draw({ text: NOTES }, many(25))
    expect(wrongWith(drawn)).toEqual([])
    expect(drawn.components.map(({ components }) => components.length)).toEqual([5, 5, 5, 5, 5])
    expect(draw({}, many(6)).components.map(({ components }) => components.length)).toEqual([5, 1])
    expect(() => draw({}, many(26))).toThrow(RangeError)
  })

  it('a label is cut, what it carries never', () => {
    const drawn = draw({}, [{ ...BUTTON, label: 'l'.repeat(81), customId: 'v'.repeat(100) }])
    expect(wrongWith(drawn)).toEqual([])
    expect(drawn.components[0]?.components[0]?.label).toBe(`${'l'.repeat(79)}…`)
    expect(() => draw({}, [{ ...BUTTON, customId: 'v'.repeat(101) }])).toThrow(RangeError)
    expect(() => draw({}, [{ ...BUTTON, customId: '' }])).toThrow(RangeError)
    expect(() => draw({}, [BUTTON, BUTTON])).toThrow(RangeError)
  })

  it('has the style of its meaning', () => {
    const styles = (['primary', 'secondary', 'danger'] as const).map((style) => ({
      ...BUTTON,
      style,
      customId: style,
    }))
    expect(draw({}, styles).components[0]?.components.map(({ style }) => style)).toEqual([1, 2, 4])
  })
})

describe('pictures, times and words', () => {
  it('the first picture is in the card, others follow, of the same colour', () => {
    const drawn = renderCard(card({ heading: 'Load', tone: 'good' }), {
      ...DRAWING,
      images: ['chart.png', 'chart-2.png'],
    })
    expect(drawn.embeds.map(({ image }) => image?.url)).toEqual([
      'attachment://chart.png',
      'attachment://chart-2.png',
    ])
    expect(new Set(drawn.embeds.map(({ color }) => color)).size).toBe(1)
  })

  it('tone is a colour and a sign', () => {
    const drawn = (['good', 'warning', 'danger', 'muted', 'neutral'] as const).map(
      (tone) => draw({ tone }).embeds[0],
    )
    expect(new Set(drawn.map((embed) => embed?.color)).size).toBe(5)
    expect(new Set(drawn.map((embed) => embed?.title)).size).toBe(5)
  })

  it('words are told as they are typed there, what is no command stays', () => {
    const text = 'It waits: `approve op12`, `/pve show 101`, `web`.'
    expect(draw({ text }).embeds[0]?.description).toBe(
      'It waits: `/pve approve operation:op12`, `/guest show guest:101`, `web`.',
    )
    const plain = renderCard(card({ heading: 'x', text, actions: [{ label: 'go', words: 'show 1' }] }), {
      timeZone: 'UTC',
      now: DRAWING.now,
    })
    expect(plain.embeds[0]?.description).toBe('It waits: `approve op12`, `/pve show 101`, `web`.')
    expect(plain.embeds[0]?.fields?.[0]?.value).toBe('`/pve show 1` go')
  })

  it('the time of one source is drawn for everybody in their zone, of several in that of the workspace', () => {
    const source = (cluster: string, note?: string) =>
      ({ cluster, kind: 'synced', at: AT, ...(note === undefined ? {} : { note }) }) as const
    const one = draw({ sources: [source('lab', 'pve1 did not answer')] }).embeds[0]
    expect(one).toMatchObject({ footer: { text: '⚠️ pve1 did not answer\nlab: as of' }, timestamp: AT })
    const two = draw({ sources: [source('lab'), { ...source('dc'), at: null }] }).embeds[0]
    expect(two?.footer?.text).toBe('lab: as of 2026-03-12 15:03 Europe/Berlin\n⚠️ dc: never read')
    expect(two?.timestamp).toBeUndefined()
  })

  it('the same card comes out the same on another day', () => {
    const made = card({ heading: 'op1', facts: [fact('asked', AT, 'time')], table: tableOf(3) })
    const later = new Date(DRAWING.now.getTime() + 40 * 86_400_000)
    expect(renderCard(made, { ...DRAWING, now: later })).toEqual(renderCard(made, DRAWING))
  })
})

describe('whatever comes', () => {
  const EVIL =
    '@everyone <@1> <@&2> <#3> </x:4> <:e:5> **b** _i_ ~~s~~ ||h|| `c```\n> q\n# h\n- l\n[x](https://evil.example) https://a.b discord.gg/x :100: \u202eabc שלום \\ \ud83d '
  const evil = fc.oneof(
    fc.constant(EVIL),
    fc.string({ unit: 'binary', maxLength: 200 }),
    fc.string({ unit: 'grapheme-ascii', maxLength: 60 }),
    fc.integer({ min: 0, max: 10_000 }).map((n) => EVIL.repeat(Math.ceil(n / EVIL.length)).slice(0, n)),
  )
  const table = fc
    .record({ rows: fc.integer({ min: 0, max: 40 }), columns: fc.integer({ min: 1, max: 6 }), text: evil })
    .map(({ rows, columns, text }) => tableOf(rows, columns, (row) => `${row}${text.slice(0, 60)}`))
  const facts = fc.array(
    fc
      .tuple(evil, evil, fc.constantFrom('text', 'state', 'tags', 'time'))
      .map(([label, value, unit]) => fact(label, value, unit, { note: value.slice(0, 90) })),
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
      fc.record({
        cluster: evil,
        kind: fc.constantFrom('live', 'synced'),
        at: fc.oneof(evil, fc.constant(AT)),
        note: evil,
      }),
      { maxLength: 3 },
    ),
  })
  const images = fc.constantFrom([], ['a.png'], ['a.png', 'b.png', 'c.png'])

  it('it is within limits and nothing is alive', () => {
    fc.assert(
      fc.property(anyCard, evil, images, (parts, label, some) => {
        const options = { ...DRAWING, buttons: [{ ...BUTTON, label }], images: some }
        expect(wrongWith(renderCard(card(parts), options))).toEqual([])
      }),
      { numRuns: 40 },
    )
  })

  it('the text is shown all the same', () => {
    const drawn = draw({ text: EVIL, facts: [fact('name', EVIL)] })
    expect(said(drawn)).toContain('@\u2060everyone \\\\<\u2060@1>')
  })

  it('a refusal, too', () => {
    fc.assert(
      fc.property(evil, evil, fc.array(evil, { maxLength: 5 }), (message, hint, details) => {
        expect(wrongWith(renderRefusal(refuse('unknown_guest', message, hint, details), DRAWING))).toEqual([])
      }),
      { numRuns: 40 },
    )
  })
})
