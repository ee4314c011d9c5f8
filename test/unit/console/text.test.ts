import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import stringWidth from 'string-width'
import { chop, displayWidth, pad, sanitise, sanitiseLines, truncate, wrap } from '../../../src/chat/text.js'

/** Characters that a terminal obeys instead of showing, and those that hide or reorder. */
const OBEYED = /[\p{Cc}\p{Zl}\p{Zp}\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff]/u

const hostile = fc
  .array(
    fc.oneof(
      fc.string({ unit: 'binary', maxLength: 12 }),
      fc.string({ unit: 'grapheme', maxLength: 12 }),
      fc.constantFrom(
        '\u001b[31m',
        '\u001b]0;x\u0007',
        '\u009b2J',
        '\r',
        '\n',
        '\t',
        '\u202e',
        '\u2066',
        '\u200d',
      ),
      fc.constantFrom(
        '服务器',
        '👨‍👩‍👧',
        '🇩🇪',
        'e\u0301',
        `a${'\u0300'.repeat(50)}`,
        'שלום',
        '\ud83d',
        'ｶﾞ',
        '한국',
      ),
    ),
    { maxLength: 8 },
  )
  .map((parts) => parts.join(''))

describe('sanitise', () => {
  it.each([
    ['web-01', 'web-01'],
    ['a\nb', 'a ↵ b'],
    ['a\r\nb', 'a ↵ b'],
    ['a\tb', 'a b'],
    ['\u001b[31mred\u001b[0m', '␛[31mred␛[0m'],
    ['\u009b2J', '�2J'],
    ['\u0007', '␇'],
    ['\u007f', '␡'],
    ['web\u202e10-', 'web�10-'],
    ['web\u200b-01', 'web�-01'],
    ['a\u200db', 'a�b'],
    ['non\u00a0breaking', 'non breaking'],
    ['\ud83d', '�'],
    ['a\u2028b', 'a�b'],
  ])('makes %j visible', (text, safe) => expect(sanitise(text)).toBe(safe))

  it('keeps what is only unusual: wide letters, accents, emoji with joiners and selectors', () => {
    for (const text of ['服务器', 'żółć', 'e\u0301', '👨‍👩‍👧', '❤️', '🇩🇪', 'שלום'])
      expect(sanitise(text)).toBe(text)
  })

  it('limits the marks that pile up on one letter', () => {
    expect(sanitise(`a${'\u0301'.repeat(500)}`).length).toBeLessThan(8)
  })

  it('gives ASCII alone where the terminal has no more', () => {
    expect(sanitise('é → 服 – “x” a\nb …', false)).toBe('e -> ? - "x" a \\n b ...')
  })

  it('never lets anything through that a terminal obeys, and is done after one pass', () => {
    fc.assert(
      fc.property(hostile, fc.boolean(), (text, unicode) => {
        const safe = sanitise(text, unicode)
        expect(safe).not.toMatch(OBEYED)
        expect(sanitise(safe, unicode)).toBe(safe)
        if (!unicode) expect(safe).toMatch(/^[\u0020-\u007e]*$/)
      }),
    )
  })

  it('cuts a name of megabytes before working on it', () => {
    expect(sanitise('服'.repeat(5_000_000)).length).toBeLessThan(20_000)
  })
})

describe('sanitiseLines', () => {
  it('keeps line breaks as lines and nothing else of what moves the cursor', () => {
    expect(sanitiseLines('a\r\nb\rc\n\u001b[2J')).toEqual(['a', 'b', 'c', '␛[2J'])
  })
})

describe('displayWidth', () => {
  it('agrees with string-width on every character of the basic plane', () => {
    for (let code = 0x20; code < 0xd800; code++) {
      const char = String.fromCharCode(code)
      if (displayWidth(char) !== stringWidth(char)) throw new Error(`U+${code.toString(16)}`)
    }
    expect(displayWidth('e\u0301服👨‍👩‍👧│')).toBe(6)
  })
})

describe('truncate', () => {
  it.each([
    ['abcdef', 6, 'abcdef'],
    ['abcdef', 5, 'abcd…'],
    ['服务器名称', 5, '服务…'],
    ['服务器名称', 4, '服…'],
    ['👨‍👩‍👧👨‍👩‍👧', 3, '👨‍👩‍👧…'],
    ['abc', 1, '…'],
    ['abc', 0, ''],
  ])('%s in %i columns', (text, columns, cut) => expect(truncate(text, columns)).toBe(cut))

  it('never exceeds the width and never cuts within a grapheme', () => {
    fc.assert(
      fc.property(hostile, fc.integer({ min: 0, max: 30 }), fc.boolean(), (text, columns, unicode) => {
        const cut = truncate(sanitise(text, unicode), columns, unicode)
        expect(displayWidth(cut)).toBeLessThanOrEqual(columns)
        expect(cut).not.toMatch(/\p{Cs}/u)
      }),
    )
  })
})

describe('pad', () => {
  it('counts columns, not characters', () => {
    expect(pad('服', 4)).toBe('服  ')
    expect(pad('e\u0301', 3, 'right')).toBe('  e\u0301')
    expect(pad('long', 2)).toBe('long')
  })
})

describe('wrap', () => {
  it.each([
    ['one two three', 7, ['one two', 'three']],
    ['', 10, ['']],
    ['abcdefghij', 4, ['abcd', 'efgh', 'ij']],
    ['x abcdefghij', 4, ['x', 'abcd', 'efgh', 'ij']],
    ['disk=local-lvm:vm-1,cache=writeback', 22, ['disk=local-lvm:vm-1,', 'cache=writeback']],
  ])('%j in %i columns', (text, columns, lines) => expect(wrap(text, columns)).toEqual(lines))

  it('ends in an ellipsis when there are more lines than allowed', () => {
    expect(wrap('one two three four', 5, 2)).toEqual(['one', 'two…'])
  })

  it('never exceeds the width and loses nothing but blanks', () => {
    fc.assert(
      fc.property(hostile, fc.integer({ min: 4, max: 40 }), (text, columns) => {
        const safe = sanitise(text)
        const lines = wrap(safe, columns)
        for (const line of lines) expect(displayWidth(line)).toBeLessThanOrEqual(columns)
        expect(lines.join('').replaceAll(' ', '')).toBe(safe.replaceAll(' ', ''))
        for (const line of wrap(safe, columns, 2)) expect(displayWidth(line)).toBeLessThanOrEqual(columns)
      }),
    )
  })
})

describe('chop', () => {
  it('cuts by grapheme where the line ends', () => {
    expect(chop('服务器', 5)).toEqual(['服务', '器'])
    expect(chop('', 5)).toEqual([''])
  })
})
