import { describe, expect, it } from '@jest/globals'
import {
  columnsOf,
  drawLine,
  makeTheme,
  PLAIN,
  paint,
  span,
  stateSpan,
} from '../../../src/chat/console/theme.js'
import { OPERATION_STATES, STEP_STATES } from '../../../src/core/operation.js'

const theme = (env: Record<string, string>, isTTY = true, plain = false) => makeTheme({ env, isTTY, plain })

describe('makeTheme', () => {
  it.each([
    ['a terminal', {}, true, false, true, true],
    ['a pipe', {}, false, false, false, false],
    ['a pipe, forced', { FORCE_COLOR: '1' }, false, false, true, true],
    ['NO_COLOR', { NO_COLOR: '1' }, true, false, false, true],
    ['an empty NO_COLOR', { NO_COLOR: '' }, true, false, true, true],
    ['NO_COLOR against FORCE_COLOR', { NO_COLOR: '1', FORCE_COLOR: '1' }, true, false, false, true],
    ['FORCE_COLOR=0', { FORCE_COLOR: '0' }, true, false, false, true],
    ['a dumb terminal', { TERM: 'dumb' }, true, false, false, false],
    ['a dumb terminal, forced', { TERM: 'dumb', FORCE_COLOR: '3' }, true, false, false, false],
    ['--plain', { FORCE_COLOR: '1' }, true, true, false, false],
  ])('%s', (_name, env, isTTY, plain, colour, glyphs) => {
    const made = theme(env, isTTY, plain)
    expect(made.colour).toBe(colour)
    expect(made.glyphs).toBe(glyphs)
  })

  it.each([
    [{}, true],
    [{ LANG: 'de_AT.UTF-8' }, true],
    [{ LANG: 'C.utf8' }, true],
    [{ LANG: 'C' }, false],
    [{ LANG: 'POSIX' }, false],
    [{ LANG: 'de_AT.ISO-8859-1' }, false],
    [{ LANG: 'C', LC_ALL: 'en_US.UTF-8' }, true],
    [{ LANG: 'en_US.UTF-8', LC_ALL: 'C' }, false],
    [{ LANG: 'en_US.UTF-8', LC_ALL: '', LC_CTYPE: 'C' }, false],
  ])('locale %j speaks Unicode: %s', (env, unicode) => expect(theme(env).unicode).toBe(unicode))
})

describe('columnsOf', () => {
  it.each([
    [{}, true, 133, 133],
    [{}, true, 0, 80],
    [{}, true, undefined, 80],
    [{}, true, 3, 20],
    [{}, false, undefined, 400],
    [{ COLUMNS: '72' }, false, undefined, 72],
    [{ COLUMNS: 'wide' }, false, undefined, 400],
    [{ COLUMNS: '72' }, true, 100, 100],
  ])('%j, terminal %s of %s gives %i', (env, isTTY, terminal, columns) =>
    expect(columnsOf({ env, isTTY }, terminal)).toBe(columns),
  )
})

describe('stateSpan', () => {
  it('is always a word, with a sign only where people look', () => {
    const ascii = { colour: false, unicode: false, glyphs: true }
    expect(stateSpan(theme({}), 'running')).toEqual({ text: '● running', style: 'good' })
    expect(stateSpan(theme({}), 'paused').text).toBe('▲ paused')
    expect(stateSpan(theme({}), 'offline').text).toBe('✖ offline')
    expect(stateSpan(ascii, 'stopped').text).toBe('o stopped')
    expect(stateSpan(ascii, 'running').text).toBe('* running')
    expect(stateSpan(PLAIN, 'running').text).toBe('running')
  })
})

describe('the states of operations and their steps', () => {
  it.each([
    ['good', ['running', 'verified', 'already']],
    ['warning', ['waiting', 'unknown', 'unverified', 'stale', 'denied']],
    ['danger', ['failed', 'partial']],
    ['dim', ['pending', 'skipped', 'expired', 'cancelled']],
    ['none', ['ready', 'sent', 'following']],
  ])('%s: %j', (style, words) => {
    for (const word of words) expect([word, stateSpan(theme({}), word).style]).toEqual([word, style])
  })

  it('leave none out', () => {
    const known =
      'running verified already waiting unknown unverified stale denied failed partial pending skipped'
    const told = new Set([...known.split(' '), 'expired', 'cancelled', 'ready', 'sent', 'following'])
    for (const state of [...OPERATION_STATES, ...STEP_STATES]) expect(told).toContain(state)
  })
})

describe('drawLine', () => {
  it('cuts at the width, over several pieces, and leaves no blanks at the end', () => {
    expect(drawLine(PLAIN, 6, [span('abc'), span('defgh'), span('x')])).toBe('abcde…')
    expect(drawLine(PLAIN, 20, [span('abc  '), span('   ')])).toBe('abc')
  })

  it('closes every colour it opens and colours no blanks', () => {
    const colourful = theme({})
    expect(paint(colourful, 'danger', 'x')).toBe('\u001b[1;31mx\u001b[0m')
    expect(paint(colourful, 'danger', '  ')).toBe('  ')
    expect(drawLine(colourful, 9, [span('ab  ', 'good'), span('  ', 'dim')])).toBe('\u001b[32mab\u001b[0m')
  })
})
