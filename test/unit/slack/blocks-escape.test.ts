import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { linesOf } from '../../../src/chat/message/lines.js'
import { beginning, pieces } from '../../../src/chat/slack/blocks/cut.js'
import {
  bold,
  codeSpan,
  dateToken,
  mrkdwn,
  plainText,
  preformatted,
  sentence,
} from '../../../src/chat/slack/blocks/escape.js'

/** Text full of what Slack reads as something else. */
const nasty = fc
  .array(
    fc.oneof(
      { weight: 3, arbitrary: fc.string({ unit: 'binary', maxLength: 6 }) },
      fc.string({ unit: 'grapheme-ascii', maxLength: 4 }),
      fc.constantFrom(
        ...['<!channel>', '<@U1>', '<#C1|x>', '<https://x.example|y>', '<!date^1^{date}|x>', '&lt;', '&'],
        ...[
          '*',
          '_',
          '~',
          '`',
          '```',
          '＊',
          '`x`',
          ' ',
          '\n',
          '>',
          '\r\n',
          ':100:',
          'שלום',
          '\u202e',
          '\ud83d',
        ],
      ),
    ),
    { maxLength: 30 },
  )
  .map((parts) => parts.join(''))

const NO_TOKEN = /[<>]/
const UNSAFE = /[\u202a-\u202e\u2066\u2067\u200e\u200f\u0000-\u0009\u000b-\u001f\u007f]/
/** Half a character. */
const HALF = /\p{Surrogate}/u
const BARE_AMPERSAND = /&(?!amp;|lt;|gt;)/

/** Slack's rule, as far as it is known: from a mark that begins a word to one that ends one, on a line. */
function formatted(text: string): boolean {
  return text
    .split('\n')
    .some((line) =>
      /(?<![\p{L}\p{N}])([*_~＊＿～])(?=\S)(?:.*\S)?\1(?![\p{L}\p{N}])/u.test(line.replace(/`[^`]*`/g, 'x')),
    )
}

const WAYS = { mrkdwn, sentence, bold, preformatted, codeSpan } as const

describe('text from outside', () => {
  it.each(Object.entries(WAYS))('%s: no token, no bare ampersand, nothing that reorders', (_, way) => {
    fc.assert(
      fc.property(nasty, (text) => {
        const shown = way(text)
        expect(shown).not.toMatch(NO_TOKEN)
        expect(shown).not.toMatch(BARE_AMPERSAND)
        expect(shown).not.toMatch(UNSAFE)
        expect(shown).not.toMatch(HALF)
      }),
    )
  })

  it('a value formats nothing and opens no code', () => {
    fc.assert(
      fc.property(nasty, (text) => {
        const shown = mrkdwn(text)
        expect(formatted(shown)).toBe(false)
        expect(shown).not.toContain('`')
        expect(shown).not.toMatch(/^\s*&gt;/m)
      }),
    )
  })

  it('a sentence has whole code spans and formats nothing else', () => {
    fc.assert(
      fc.property(nasty, (text) => {
        const shown = sentence(text)
        expect(formatted(shown)).toBe(false)
        expect(shown).not.toContain('``')
        for (const line of shown.split('\n')) expect((line.match(/`/g) ?? []).length % 2).toBe(0)
      }),
    )
  })

  it('nothing ends a block of code or a code span', () => {
    fc.assert(
      fc.property(nasty, (text) => {
        expect(preformatted(text)).not.toContain('```')
        expect(codeSpan(text).slice(1, -1)).not.toContain('`')
      }),
    )
  })

  it('bold is one pair of marks', () => {
    fc.assert(fc.property(nasty, (text) => expect([0, 2]).toContain((bold(text).match(/\*/g) ?? []).length)))
  })

  it('plain text keeps to its length, and holds neither token nor escape', () => {
    fc.assert(
      fc.property(nasty, fc.integer({ min: 1, max: 40 }), (text, most) => {
        const { text: shown } = plainText(text, most)
        expect(shown.length).toBeGreaterThan(0)
        expect(shown.length).toBeLessThanOrEqual(most)
        expect(shown).not.toMatch(/<[!@#a-z]/i)
        expect(shown).not.toMatch(/&[a-z]+;/)
        expect(shown).not.toMatch(UNSAFE)
        expect(shown).not.toMatch(HALF)
      }),
    )
  })

  it.each([
    ['a name stays what it is', 'web_01-a*b.example', 'web_01-a*b.example'],
    ['what is not a pair is left alone', '5 * 3 ~/.ssh _x', '5 * 3 ~/.ssh _x'],
    ['bold', '*now*', '∗now∗'],
    ['bold beside a letter that is isolated', 'ש*x*', '\u2068ש\u2069∗x∗'],
    ['italics in the middle', 'do _it_ now', 'do ˍitˍ now'],
    ['struck', '~no~', '∼no∼'],
    ['a quotation', '> said', '\u2060&gt; said'],
    ['the UPID of guest 100 is no picture', 'x:100:y', 'x:\u2060100:y'],
    ['everybody', '<!channel> & co', '&lt;!channel&gt; &amp; co'],
    ['right to left', 'a שלום עולם (b)', 'a \u2068שלום עולם\u2069 (b)'],
    ['reordering marks are shown as such', 'a\u202eb', 'a�b'],
    ['lines stay lines', 'a\r\nb\u2028c', 'a\nb\nc'],
  ])('%s', (_, text, shown) => {
    expect(mrkdwn(text)).toBe(shown)
  })

  it('the code spans of our sentences stay', () => {
    expect(sentence('Say `approve op1 --type *x*`, *not* `` ` ``.')).toBe(
      'Say `approve op1 --type *x*`, ∗not∗ ˋˋ ˋ ˋˋ.',
    )
  })

  it('two columns that are written from right to left stay two', () => {
    expect(preformatted('שלום  עולם')).toBe('\u2068שלום\u2069  \u2068עולם\u2069')
  })

  it('a shell line keeps its backticks', () => {
    expect(preformatted('echo `date` ```')).toBe('echo `date` ˋˋˋ')
  })

  it('plain text is not escaped, so that nobody reads &amp;', () => {
    expect(plainText('a & b <c>', 75).text).toBe('a & b <\u2060c>')
  })

  it('long lines are kept whole', () => {
    expect(linesOf('é'.repeat(40_000))).toEqual(['é'.repeat(40_000)])
  })
})

describe('times', () => {
  it('everybody sees them in their own zone', () => {
    expect(dateToken('2026-03-12T14:03:12.000Z', '12 Mar')).toBe(
      '<!date^1773324192^{date_short_pretty} {time_secs}|12 Mar>',
    )
  })

  it('what is no time is text', () => {
    expect(dateToken('<!here>', '<!here>')).toBe('&lt;!here&gt;')
  })

  it('the fallback cannot leave its token', () => {
    fc.assert(
      fc.property(nasty, (text) => {
        const token = dateToken('2026-03-12T14:03:12.000Z', text)
        expect(token.slice(1, -1)).not.toMatch(NO_TOKEN)
        expect(token.split('|')).toHaveLength(2)
      }),
    )
  })
})

describe('cutting', () => {
  const token = dateToken('2026-03-12T14:03:12.000Z', 'then')
  const text = fc
    .array(fc.oneof(nasty.map(mrkdwn), fc.constant(token)), { minLength: 1, maxLength: 8 })
    .map((parts) => parts.join(' '))
  const halves = (piece: string) => {
    const opened = (piece.match(/</g) ?? []).length
    return opened !== (piece.match(/>/g) ?? []).length || BARE_AMPERSAND.test(piece) || HALF.test(piece)
  }

  it('never in a token, an escape or half a character; nothing is lost', () => {
    fc.assert(
      fc.property(text, fc.integer({ min: 80, max: 200 }), (whole, most) => {
        const parts = pieces(whole.split('\n'), most)
        for (const part of parts) {
          expect(part.length).toBeLessThanOrEqual(most)
          expect(halves(part)).toBe(false)
        }
        expect(parts.join('').replaceAll('\n', '')).toBe(whole.replaceAll('\n', ''))
      }),
    )
  })

  it('a beginning is one, whole in itself', () => {
    fc.assert(
      fc.property(text, fc.integer({ min: 80, max: 200 }), (whole, most) => {
        const part = beginning(whole, most)
        expect(part.length).toBeLessThanOrEqual(most + 1)
        expect(whole.startsWith(part.replace(/`$/, ''))).toBe(true)
        expect(halves(part)).toBe(false)
      }),
    )
  })

  it('a code span that is cut ends all the same', () => {
    const span = `say \`${'x'.repeat(200)}\``
    expect(beginning(span, 100)).toBe(`say \`${'x'.repeat(95)}\``)
  })
})
