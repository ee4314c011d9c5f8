import { describe, expect, it } from '@jest/globals'
import { startLive } from '../../../src/chat/console/live.js'
import { renderCard } from '../../../src/chat/console/render.js'
import { type Card, card } from '../../../src/core/card.js'
import { NOW } from './samples.js'
import { screen } from './screen.js'
import { fakeClock, fakeOutput, settle } from './terminal.js'

const THEME = { colour: false, unicode: true, glyphs: true }

function running(first: Card, columns = 80, rows = 24) {
  const output = fakeOutput({ columns, rows })
  const time = fakeClock()
  const frames: string[] = []
  output.on('data', (chunk: string) => frames.push(chunk))
  const draw = (shown: Card) =>
    renderCard(shown, { columns: output.columns ?? 80, theme: THEME, timeZone: 'UTC', now: NOW })
  const live = startLive(
    { output, clock: time.clock, theme: THEME, draw, hint: 'Ctrl-C lets it go on' },
    first,
  )
  const shown = () => {
    const made = screen(columns, rows)
    made.write(output.text())
    return made.text()
  }
  return { output, time, frames, live, shown }
}

const withLines = (heading: string, count: number) =>
  card({ heading, text: Array.from({ length: count }, (_, at) => `line ${at + 1} of ${heading}`).join('\n') })

describe('a card that is redrawn in place', () => {
  it('replaces the picture by the next one, whether it is higher or lower', async () => {
    const { time, live, shown } = running(withLines('first', 2))
    await settle()
    expect(shown()).toBe('first\n\n  line 1 of first\n  line 2 of first\n\n0 s, Ctrl-C lets it go on')
    live.update(withLines('second', 4))
    await time.go(100)
    expect(shown().split('\n')).toHaveLength(8)
    expect(shown()).not.toContain('first')
    live.update(withLines('third', 1))
    await time.go(100)
    expect(shown()).toBe('third\n\n  line 1 of third\n\n0 s, Ctrl-C lets it go on')
    live.end(['the end'])
    await settle()
    expect(shown()).toBe('the end')
  })

  it('writes each picture at once, and only the lines that differ', async () => {
    const { time, frames, live } = running(withLines('same', 3))
    await settle()
    live.update(withLines('same', 3))
    await time.go(100)
    expect(frames).toHaveLength(1)
    live.update({ ...withLines('same', 3), tone: 'good' })
    await time.go(100)
    expect(frames).toHaveLength(2)
    expect(frames[1]).toBe('\r\u001b[7A● same\u001b[K\n\n\n\n\n\n\n')
  })

  it('draws at most ten pictures a second, and the newest of them', async () => {
    const { time, frames, live, shown } = running(withLines('0', 1))
    await settle()
    for (let at = 1; at <= 200; at++) {
      live.update(withLines(String(at), 1))
      await time.go(5)
    }
    expect(frames.length).toBeLessThanOrEqual(11)
    expect(frames.length).toBeGreaterThan(5)
    expect(shown()).toContain('line 1 of 200')
  })

  it('counts the seconds', async () => {
    const { time, shown, frames } = running(withLines('x', 1))
    for (let at = 0; at < 30; at++) await time.go(100)
    expect(shown()).toContain('3 s, Ctrl-C lets it go on')
    expect(frames).toHaveLength(4)
  })

  it('never grows beyond the screen; what stays at the end is whole', async () => {
    const { time, live, shown } = running(withLines('high', 3), 80, 12)
    live.update(withLines('high', 40))
    await time.go(100)
    const lines = shown().split('\n')
    expect(lines).toHaveLength(11)
    expect(lines[0]).toBe('high')
    expect(lines.at(-3)).toBe('… 34 more lines')
    live.update(withLines('low', 1))
    await time.go(100)
    expect(shown()).toBe('low\n\n  line 1 of low\n\n0 s, Ctrl-C lets it go on')
    live.update(withLines('high', 40))
    await time.go(100)
    live.end(null)
    await settle()
    expect(shown()).toBe(`high\n\n${withLines('high', 40).text?.replace(/^/gm, '  ')}`)
  })

  it('cuts wide lines, and leaves the last column as it is', async () => {
    const wide = card({ heading: 'w'.repeat(40), text: 'x'.repeat(76) })
    const { time, live, frames } = running(card({ heading: 'before' }), 40)
    live.update(wide)
    await time.go(100)
    for (const line of frames.join('').split('\n')) {
      const bare = line.replace(/\u001b\[\d*[A-Z]|\r/g, '')
      expect(bare.length).toBeLessThanOrEqual(40)
      if (bare.length === 40) expect(line).not.toContain('\u001b[K')
    }
    live.end(null)
  })

  it('finds its place again when the terminal gets narrower and wider', async () => {
    const made = screen(80, 24)
    const { output, time, live, frames } = running(
      withLines('a heading that is rather long for a card', 3),
      80,
    )
    const follow = () => {
      made.write(frames.splice(0).join(''))
      return made.text()
    }
    await settle()
    follow()
    for (const columns of [30, 25, 100, 26]) {
      output.columns = columns
      made.resize(columns)
      await time.go(100)
      expect(frames).toHaveLength(1)
      const lines = follow().split('\n')
      expect(lines.filter((line) => line.includes('line 2 of'))).toHaveLength(1)
      expect(lines[0]).toMatch(/^a heading/)
      expect(lines.at(-1)).toMatch(/^0 s, Ctrl-C/)
    }
    live.end(['the end'])
    await settle()
    expect(follow()).toBe('the end')
  })

  it('stays on the screen when that gets lower', async () => {
    const { output, time, live, frames } = running(withLines('x', 15), 80, 24)
    await settle()
    frames.splice(0)
    output.rows = 10
    await time.go(100)
    expect(frames.join('')).toMatch(/^\r\u001b\[9A/)
    expect(frames.join('').split('more lines')[0]).toContain('x\u001b[K\n')
    output.rows = 24
    live.end(['done'])
    await settle()
    expect(frames.at(-1)).toMatch(/^\r\u001b\[9A/)
  })

  it('leaves alone what stands above it', async () => {
    const { output, time, live, frames } = running(withLines('x', 2))
    await settle()
    const made = screen(80, 24)
    made.write(`before\nlab> stop web-01\n${output.text()}`)
    frames.splice(0)
    live.update(withLines('y', 9))
    await time.go(100)
    live.update(withLines('z', 1))
    await time.go(100)
    live.end(['done'])
    await settle()
    made.write(frames.join(''))
    expect(made.text()).toBe('before\nlab> stop web-01\ndone')
  })

  it('writes nothing after its end', async () => {
    const { time, live, frames } = running(withLines('x', 2))
    live.end(null)
    live.end(['again'])
    await settle()
    const before = frames.length
    live.update(withLines('y', 2))
    for (let at = 0; at < 20; at++) await time.go(100)
    expect(frames).toHaveLength(before)
  })

  it('lets no card move the cursor', async () => {
    const evil = 'a\u001b[2J\u001b[10A\r\n\u009b5A\u0007b'
    const { time, live, shown } = running(card({ heading: evil, text: evil }))
    live.update(card({ heading: 'x', text: evil, facts: [{ label: evil, value: evil, unit: 'text' }] }))
    await time.go(100)
    expect(shown()).toContain('a␛[2J␛[10A')
    live.end(null)
  })

  it('skips pictures for a terminal that does not keep up', async () => {
    const { output, time, live, frames } = running(withLines('x', 2))
    await settle()
    Object.defineProperty(output, 'writableNeedDrain', { value: true, configurable: true })
    live.update(withLines('y', 2))
    await time.go(300)
    expect(frames).toHaveLength(1)
    Object.defineProperty(output, 'writableNeedDrain', { value: false })
    await time.go(100)
    expect(frames).toHaveLength(2)
    live.end(null)
  })
})
