import { describe, expect, it } from '@jest/globals'
import { parseDuration } from '../../../src/core/args.js'
import { splitWords } from '../../../src/core/words.js'

const texts = (line: string) => {
  const words = splitWords(line)
  return 'kind' in words ? words.code : words.map((word) => word.text)
}

describe('splitWords', () => {
  it.each([
    ['show web-01', ['show', 'web-01']],
    ['  show   web-01  ', ['show', 'web-01']],
    ['/pve show web-01', ['show', 'web-01']],
    ['/show web-01', ['show', 'web-01']],
    ['/', ['/']],
    ['note "two words" \'and more\'', ['note', 'two words', 'and more']],
    ['a\\ b "c\\"d"', ['a b', 'c"d']],
    ["'a\\b'", ['a\\b']],
    ['""', ['']],
    ['', []],
    ['tag=prod,node=pve1', ['tag=prod,node=pve1']],
    ['show "web', 'unbalanced_quote'],
    [`show ${'x'.repeat(4000)}`, 'too_long'],
  ])('%s', (line, expected) => {
    expect(texts(line)).toEqual(expected)
  })
})

describe('parseDuration', () => {
  it.each([
    ['90s', 90_000],
    ['15m', 900_000],
    ['24h', 86_400_000],
    ['7d', 604_800_000],
    ['2w', 1_209_600_000],
    ['0s', null],
    ['1', null],
    ['h', null],
    ['-1h', null],
    ['1.5h', null],
    ['1h30m', null],
    ['99999999h', null],
  ])('%s', (text, expected) => {
    expect(parseDuration(text)).toBe(expected)
  })
})
