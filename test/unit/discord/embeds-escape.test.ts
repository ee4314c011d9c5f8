import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { beginning } from '../../../src/chat/discord/embeds/cut.js'
import {
  bold,
  codeSpan,
  fitted,
  inert,
  inertLine,
  plainLine,
  preformatted,
  sentence,
  timeToken,
} from '../../../src/chat/discord/embeds/escape.js'
import { linesOf } from '../../../src/chat/message/lines.js'
import { liveIn, partsOf, readOf } from '../../support/discord-html.js'

/** What Discord reads as something else than text. */
const ALIVE = [
  ...['@everyone', '@here', '<@1234>', '<@!1234>', '<@&99>', '<#55>', '</guest stop:12>', '<:ok:123>'],
  ...['<a:party:5>', '<t:1773324192:R>', '<t:1>', '<id:guide>', 'https://evil.example/x?y=1', 'http://a.b'],
  ...['<https://a.b>', '[good](https://evil.example)', '[a](<https://a.b>)', 'discord.gg/abcdef', ':100:'],
  ...['discord.com/invite/x', '<mailto:a@b.c>', '<a@b.c>', '<+49 123>', 'steam://run/1', 'ftp://x.y/z'],
  ...['**bold**', '*it*', '_it_', '__under__', '~~gone~~', '||hidden||', '`code`', '``co`de``', '***x***'],
  ...['```\nblock\n```', '# big', '## big', '-# small', '> said', '>>> said', '- item', '* item', '+ item'],
  ...['1. item', '2) item', '\\\\*x*', 'UPID:pve1:0001:qmstop:100:root@pam:'],
] as const

const nasty = fc
  .array(
    fc.oneof(
      { weight: 2, arbitrary: fc.string({ unit: 'binary', maxLength: 6 }) },
      fc.string({ unit: 'grapheme-ascii', maxLength: 4 }),
      fc.constantFrom(
        ...ALIVE,
        ...[
          '\\',
          '*',
          '_',
          '~',
          '|',
          '`',
          '```',
          '[',
          '](',
          ')',
          '<',
          '>',
          '@',
          ':',
          '//',
          '\n',
          ' ',
          '#',
          '-',
        ],
        ...['\\*x*', 'שלום', '\u202e', '\ud83d', '\r\n', '\u2028', '\t', '1.', '\u200b'],
      ),
    ),
    { maxLength: 30 },
  )
  .map((parts) => parts.join(''))

const UNSAFE = /[\u202a-\u202e\u2066\u2067\u200b-\u200f\u0000-\u0009\u000b-\u001f\u007f]|\p{Surrogate}/u
/** Read by the simplest of readers, which knows no escape. */
const RAW = /@(?:everyone|here)|<(?:@|#|\/|a?:|t:|id:)|\w:\/\/|\]\(|discord\.gg/i

describe('text from outside', () => {
  it.each(ALIVE)('the reader of these tests sees that %j is alive', (text) => {
    const code = partsOf(text).some(
      (part) => part.kind === 'code' || part.runs.some(({ look }) => look !== 'plain'),
    )
    expect(liveIn(text).length > 0 || code).toBe(true)
  })

  it.each(ALIVE)('%j is shown, and does nothing', (text) => {
    const shown = inert(text)
    expect(
      partsOf(shown).flatMap((part) => (part.kind === 'code' ? ['code'] : part.runs.map(({ look }) => look))),
    ).toEqual(text.split('\n').map(() => 'plain'))
    expect(shown).not.toMatch(RAW)
    expect(readOf(shown)).toBe(text.replaceAll('`', 'ˋ'))
  })

  it('whatever it is: plain text, that reads as what it was', () => {
    fc.assert(
      fc.property(nasty, (text) => {
        const shown = inert(text)
        expect(shown).not.toMatch(RAW)
        expect(shown).not.toMatch(UNSAFE)
        for (const part of partsOf(shown))
          expect(part.kind === 'line' ? part.runs.map(({ look }) => look).join() : 'code').toMatch(
            /^(plain)?$/,
          )
        const lines = linesOf(text).map((line) => line.replaceAll('\t', '    ').replace(/[`｀]/g, 'ˋ'))
        expect(readOf(shown).replace(/[\u2068\u2069]/g, '')).toBe(lines.join('\n'))
      }),
      { numRuns: 400 },
    )
  })

  it('a sentence has whole code spans and nothing else', () => {
    fc.assert(
      fc.property(nasty, (text) => {
        const shown = sentence(text)
        expect(liveIn(shown)).toEqual([])
        expect(shown).not.toMatch(UNSAFE)
        for (const line of shown.split('\n')) expect(line.split('`').length % 2).toBe(1)
        for (const part of partsOf(shown))
          expect(part.kind === 'line' ? part.runs.map(({ look }) => look).join() : 'code').toMatch(
            /^((plain|code)(,|$))*$/,
          )
      }),
      { numRuns: 400 },
    )
  })

  it('nothing ends a block of code or a code span, and nothing else is changed there', () => {
    fc.assert(
      fc.property(nasty, (text) => {
        expect(preformatted(text)).not.toContain('```')
        expect(codeSpan(text).slice(1, -1)).not.toContain('`')
        expect(preformatted(text)).not.toMatch(UNSAFE)
      }),
    )
    const shell = 'echo `date` | grep \\* > /dev/null # [x](https://a.b) @everyone <@1> &amp; &lt;'
    expect(preformatted(shell)).toBe(shell)
    expect(preformatted('a ``` b')).toBe('a ˋˋˋ b')
  })

  it('bold is one run', () => {
    fc.assert(
      fc.property(nasty, (text) => {
        const shown = bold(text)
        if (shown === '') return
        expect(
          partsOf(shown).flatMap((part) => (part.kind === 'line' ? part.runs.map(({ look }) => look) : [])),
        ).toEqual(['bold'])
      }),
    )
  })

  it('what is cut to a length keeps to it, is never empty, and alive in nothing', () => {
    fc.assert(
      fc.property(nasty, fc.integer({ min: 1, max: 60 }), (text, most) => {
        for (const way of [inertLine, preformatted]) {
          const shown = fitted(text, most, way)
          expect(shown.length).toBeLessThanOrEqual(most)
          expect(shown.trim()).not.toBe('')
          expect(shown).not.toMatch(UNSAFE)
          expect(shown).not.toContain('\n')
        }
        expect(liveIn(fitted(text, most, inertLine))).toEqual([])
        expect(fitted(text, most, inertLine)).not.toMatch(/(?<!\\)(?:\\\\)*\\$/)
      }),
    )
  })

  it.each([
    [
      'a name stays what it is',
      'web-01.example (101), 5 > 3, a|b & c',
      'web-01.example (101), 5 > 3, a\\|b & c',
    ],
    ['an underscore', 'web_01', 'web\\_01'],
    ['an address is whole to who reads it', 'https://pve.example:8006/#v1', 'https\\://pve.example:8006/#v1'],
    ['a masked link', '[x](https://a.b)', '\\[x]\\(https\\://a.b)'],
    ['everybody', '@everyone', '@\u2060everyone'],
    ['one', 'ask <@42> now', 'ask \\<\u2060@42> now'],
    ['the UPID of guest 100', 'x:100:y:', 'x\\:100\\:y:'],
    ['a heading', '# no', '\\# no'],
    ['a list', '  - no', '  \\- no'],
    ['a number', '12. no', '12\\. no'],
    ['a negative number', '-5', '-5'],
    ['right to left', 'a שלום עולם (b)', 'a \u2068שלום עולם\u2069 (b)'],
    ['reordering marks are shown as such', 'a\u202eb', 'a�b'],
    ['lines stay lines', 'a\r\nb\u2028c', 'a\nb\nc'],
  ])('%s', (_, text, shown) => {
    expect(inert(text)).toBe(shown)
  })

  it('the code spans of our sentences stay, and may be said otherwise', () => {
    expect(sentence('Say `approve op1 --type *x*`, *not* `` ` ``.')).toBe(
      'Say `approve op1 --type *x*`, \\*not\\* ˋˋ ˋ ˋˋ.',
    )
    expect(sentence('Say `ls`, or `*`', (words) => `/pve ${words}`)).toBe('Say `/pve ls`, or `/pve *`')
  })

  it('labels are drawn as they are', () => {
    expect(plainLine('a_b *c* & <d>', 80)).toBe('a_b *c* & <d>')
    expect(plainLine('  ', 80)).toBe('–')
    expect(plainLine('x'.repeat(90), 80)).toBe(`${'x'.repeat(79)}…`)
  })
})

describe('times', () => {
  it('everybody sees them in their own zone', () => {
    expect(timeToken('2026-03-12T14:03:12.000Z', '12 Mar')).toBe('<t:1773324192:f>')
  })

  it('what is no time is text', () => {
    expect(timeToken('<@1>', '<@1>')).toBe('\\<\u2060@1>')
  })
})

describe('cutting', () => {
  const token = timeToken('2026-03-12T14:03:12.000Z', 'then')
  const text = fc
    .array(
      fc.oneof(
        nasty.map((one) => sentence(one)),
        fc.constant(token),
      ),
      { minLength: 1, maxLength: 8 },
    )
    .map((parts) => parts.join(' '))

  it('a beginning is one, and nothing in it comes alive by the cut', () => {
    fc.assert(
      fc.property(text, fc.integer({ min: 60, max: 200 }), (whole, most) => {
        const part = beginning(whole, most)
        expect(part.length).toBeLessThanOrEqual(most)
        expect(whole.startsWith(part.replace(/`$/, ''))).toBe(true)
        expect(part).not.toMatch(/\p{Surrogate}/u)
        expect(part).not.toMatch(/<t:[-\d:f]*$/)
        expect(liveIn(`${part}…`)).toEqual([])
      }),
      { numRuns: 400 },
    )
  })

  it('a code span that is cut ends all the same', () => {
    expect(beginning(`say \`${'x'.repeat(200)}\``, 100)).toBe(`say \`${'x'.repeat(94)}\``)
  })

  it('an escape is not cut in two', () => {
    for (let most = 20; most < 40; most += 1) expect(beginning('\\*'.repeat(40), most)).toMatch(/^(?:\\\*)*$/)
  })
})
