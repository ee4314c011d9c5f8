import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { afterEach, describe, expect, it } from '@jest/globals'
import { runConsole } from '../../../src/chat/console/session.js'
import type { ConsoleControls, ConsoleOptions } from '../../../src/chat/console/shell.js'
import { card } from '../../../src/core/card.js'
import { refuse } from '../../../src/core/refusal.js'
import { statusSample } from './samples.js'
import { fakeClock, fakeInput, fakeOutput, fakeRoad, settle, until } from './terminal.js'

const folders: string[] = []
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true })
})

function historyFile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'console-'))
  folders.push(folder)
  return join(folder, 'console-history')
}

function start(terminal: boolean, extra: Partial<ConsoleOptions> = {}) {
  const input = fakeInput(terminal)
  const output = fakeOutput(terminal ? { columns: 80, rows: 24 } : undefined)
  const errorOutput = fakeOutput(terminal ? { columns: 80 } : undefined)
  const fake = fakeRoad()
  const time = fakeClock()
  let controls: ConsoleControls = { interrupt: () => {} }
  const code = runConsole({
    road: fake.road,
    input,
    output,
    errorOutput,
    env: { LANG: 'en_US.UTF-8', NO_COLOR: '1' },
    historyFile: null,
    clock: time.clock,
    account: 'anna',
    timeZoneOf: () => 'Europe/Vienna',
    onStart: (given) => {
      controls = given
    },
    ...extra,
  })
  return { input, output, errorOutput, fake, time, code, interrupt: () => controls.interrupt() }
}

describe('commands from a pipe', () => {
  it('answers one after the other, in order, without prompt, echo or escape sequence', async () => {
    const { input, output, errorOutput, code, fake } = start(false)
    input.end('slow\n\n# a remark\nquick\nnonsense\nstatus')
    expect(await code).toBe(0)
    expect(fake.asked.map(({ words }) => words)).toEqual(['slow', 'quick', 'nonsense', 'status'])
    expect(output.text().split('\n').slice(0, 9)).toEqual([
      'slow is done',
      '',
      'quick is done',
      '',
      'error: There is no command `nonsense`.',
      'hint: `help` lists them all.',
      '[unknown_command]',
      '',
      statusSample.heading,
    ])
    expect(output.text()).not.toContain('\u001b')
    expect(errorOutput.text()).toBe('')
  })

  it('prints the heading of the status card as its very first line', async () => {
    const { input, output, code } = start(false, { greeting: card({ heading: 'Welcome' }) })
    input.end('status\n')
    expect(await code).toBe(0)
    expect(output.text().split('\n')[0]).toBe(statusSample.heading)
  })

  it('does not ask the next before the answer is there', async () => {
    const { input, code, fake } = start(false)
    input.write('wait\nquick\n')
    await settle()
    expect(fake.asked).toHaveLength(1)
    fake.finish(card({ heading: 'waited' }))
    input.end()
    expect(await code).toBe(0)
    expect(fake.asked).toHaveLength(2)
  })

  it('leaves at exit and reads no further', async () => {
    const { input, output, code, fake } = start(false)
    input.end('exit\nstatus\n')
    expect(await code).toBe(0)
    expect(fake.asked).toHaveLength(1)
    expect(output.text()).toBe('')
  })

  it('says who asks, and where after `use`', async () => {
    const zones: (string | null)[] = []
    const { input, code, fake } = start(false, {
      timeZoneOf: (workspace) => {
        zones.push(workspace)
        return 'UTC'
      },
    })
    input.end('status\nuse prod\nstatus\n')
    await code
    expect(fake.asked.map(({ workspace }) => workspace)).toEqual(['lab', 'lab', 'prod'])
    expect(fake.asked[0]?.caller).toEqual({ surface: 'console', account: 'anna', as: null })
    expect(zones).toEqual(['lab', 'prod', 'prod'])
  })

  it('survives an endless line, bytes that are no UTF-8, a BOM, CRLF and NUL', async () => {
    const { input, output, code, fake } = start(false)
    input.write(Buffer.from([0xef, 0xbb, 0xbf]))
    for (let i = 0; i < 40; i++) input.write('x'.repeat(100_000))
    input.write('\nquick\r\n')
    input.write(Buffer.from([0xff, 0xfe, 0x00, 0x1b, 0x5b, 0x33, 0x31, 0x6d, 0x0a]))
    const umlaut = Buffer.from('ü\n')
    input.write(umlaut.subarray(0, 1))
    input.write(umlaut.subarray(1))
    input.end('quick')
    expect(await code).toBe(0)
    expect(String(fake.asked[0]?.words).length).toBe(65_536)
    expect(fake.asked.map(({ words }) => words).slice(1)).toEqual([
      'quick',
      '��\u0000\u001b[31m',
      'ü',
      'quick',
    ])
    expect(output.text()).not.toMatch(/[\u0000\u001b]/)
  })

  it('prints a refusal when the road throws, and goes on', async () => {
    const { input, output, code } = start(false)
    input.end('crash\nquick\n')
    expect(await code).toBe(0)
    expect(output.text()).toContain('[internal]')
    expect(output.text()).toContain('quick is done')
  })

  it('ends quietly when nobody reads any more', async () => {
    const closed = new Writable({
      write: (_chunk, _encoding, done) => done(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' })),
    })
    const { input, code, fake } = start(false, { output: closed })
    input.write('status\nstatus\nstatus\n')
    expect(await code).toBe(0)
    expect(fake.asked.length).toBeLessThan(3)
  })

  it('reports an output that cannot be written', async () => {
    const full = new Writable({
      write: (_chunk, _encoding, done) => done(Object.assign(new Error('disk full'), { code: 'ENOSPC' })),
    })
    const { input, code } = start(false, { output: full })
    input.write('status\nstatus\n')
    expect(await code).toBe(1)
  })

  it('waits for a slow reader', async () => {
    const taken: string[] = []
    const slow = new Writable({
      highWaterMark: 16,
      write: (chunk, _encoding, done) => {
        taken.push(String(chunk))
        setTimeout(done, 5)
      },
    })
    const { input, code } = start(false, { output: slow })
    input.end('quick\nquick\nquick\n')
    expect(await code).toBe(0)
    expect(taken.join('')).toBe('quick is done\n\nquick is done\n\nquick is done\n')
  })

  it('stops at an interrupt, aborting what runs', async () => {
    const { code, input, output, fake, interrupt } = start(false)
    input.write('wait\nquick\n')
    await until(() => fake.asked.length === 1)
    interrupt()
    expect(await code).toBe(130)
    expect(fake.aborted).toEqual(['wait'])
    expect(fake.asked).toHaveLength(1)
    expect(output.text()).toBe('')
  })

  it('stops when the program is asked to end, also while it waits for input', async () => {
    const ending = new AbortController()
    const { code } = start(false, { signal: ending.signal })
    await settle()
    ending.abort()
    expect(await code).toBe(130)
  })

  it('keeps no history', async () => {
    const file = historyFile()
    const { input, code } = start(false, { historyFile: file })
    input.end('status\n')
    await code
    expect(existsSync(file)).toBe(false)
  })
})

describe('a person at a terminal', () => {
  it('greets, prompts with the workspace, answers, leaves at Ctrl-D', async () => {
    const { input, output, code } = start(true, { greeting: card({ heading: 'Welcome' }) })
    await until(() => output.shown().endsWith('lab> '))
    expect(output.shown()).toMatch(/^Welcome\n\n/)
    input.write('quick\r')
    await until(() => output.shown().includes('quick is done\n\n'))
    await until(() => output.shown().endsWith('lab> '))
    input.write('\u0004')
    expect(await code).toBe(0)
    expect(input.raw.at(-1)).toBe(false)
  })

  it('goes to another workspace, and leaves at exit', async () => {
    const { input, output, code } = start(true)
    input.write('use prod\r')
    await until(() => output.shown().endsWith('prod> '))
    input.write('exit\r')
    expect(await code).toBe(0)
  })

  it('stops an answer at Ctrl-C and goes on', async () => {
    const { input, output, code, fake } = start(true)
    input.write('wait\r')
    await until(() => fake.asked.length === 1)
    input.write('typed ahead, then thought better\u0003')
    await until(() => output.shown().includes('[interrupted]'))
    expect(fake.aborted).toEqual(['wait'])
    await until(() => output.shown().endsWith('lab> '))
    input.write('quick\r')
    await until(() => output.shown().includes('quick is done'))
    expect(fake.asked.map(({ words }) => words)).toEqual(['wait', 'quick'])
    input.write('\u0004')
    expect(await code).toBe(0)
  })

  it('stops an answer through the hook as well', async () => {
    const { input, output, code, fake, interrupt } = start(true)
    input.write('wait\r')
    await until(() => fake.asked.length === 1)
    interrupt()
    await until(() => output.shown().includes('[interrupted]'))
    input.write('exit\r')
    expect(await code).toBe(0)
  })

  it('keeps what is typed ahead for the next prompt', async () => {
    const { input, fake, code } = start(true)
    input.write('wait\r')
    await until(() => fake.asked.length === 1)
    input.write('quick\rexit\r')
    await settle()
    expect(fake.asked).toHaveLength(1)
    fake.finish(card({ heading: 'waited' }))
    expect(await code).toBe(0)
    expect(fake.asked.map(({ words }) => words)).toEqual(['wait', 'quick', 'exit'])
  })

  it('at an empty prompt Ctrl-C says how to leave; a half-typed line is thrown away', async () => {
    const { input, output, fake, code } = start(true)
    await until(() => output.shown().endsWith('lab> '))
    input.write('\u0003')
    await until(() => output.shown().includes('To leave, type exit or press Ctrl-D.'))
    input.write('delete everything')
    await settle()
    input.write('\u0003')
    await settle()
    input.write('quick\r')
    await until(() => fake.asked.length === 1)
    expect(fake.asked[0]?.words).toBe('quick')
    input.write('\u0004')
    expect(await code).toBe(0)
  })

  it('shows progress on the other output after a second, in place, and wipes it before the answer', async () => {
    const { input, errorOutput, output, fake, time, code } = start(true)
    input.write('wait\r')
    await until(() => fake.asked.length === 1)
    await time.go(900)
    expect(errorOutput.text()).toBe('')
    fake.asked[0]?.progress?.('reading lab\u001b[2J', 0.4)
    await time.go(200)
    expect(errorOutput.text()).toBe('\r◐ reading lab␛[2J  40 %  1 s, Ctrl-C stops it')
    await time.go(120)
    expect(errorOutput.text()).toContain('\r◓ reading')
    fake.finish(card({ heading: 'waited' }))
    await until(() => output.shown().includes('waited'))
    const last = errorOutput.text().split('\r').slice(-2)
    expect(last[0]?.trim()).toBe('')
    expect(last[1]).toBe('')
    const before = errorOutput.text()
    await time.go(5000)
    expect(errorOutput.text()).toBe(before)
    input.write('\u0004')
    await code
  })

  it('draws no prompt into an answer when the size of the terminal changes', async () => {
    const { input, output, fake, code } = start(true)
    await until(() => output.shown().endsWith('lab> '))
    input.write('wait\r')
    await until(() => fake.asked.length === 1)
    await settle()
    const before = output.shown().length
    output.columns = 60
    output.emit('resize')
    await settle()
    expect(output.shown().slice(before)).not.toContain('lab>')
    fake.finish(card({ heading: 'waited' }))
    await until(() => output.shown().endsWith('lab> '))
    output.emit('resize')
    await settle()
    input.write('\u0004')
    expect(await code).toBe(0)
  })

  it('draws each answer for the width the terminal has then', async () => {
    const { input, output, code } = start(true)
    input.write('status\r')
    await until(() => output.shown().includes('38 s ago'))
    output.columns = 40
    const before = output.shown().length
    input.write('status\r')
    await until(() => output.shown().slice(before).includes('38 s ago'))
    expect(output.shown().slice(before)).toContain('columns hidden')
    input.write('\u0004')
    await code
  })

  it('runs the wizard with the keyboard let go, and goes on in what it opened', async () => {
    const second = fakeRoad('home')
    let typed = ''
    let mode: boolean | undefined
    const console = start(true, {
      init: async () => {
        mode = console.input.raw.at(-1)
        const answer = new Promise<string>((resolve) =>
          console.input.once('data', (chunk: Buffer) => resolve(chunk.toString())),
        )
        console.input.resume()
        console.input.write('to the wizard')
        typed = await answer
        return { kind: 'opened', road: second.road, workspace: 'home' }
      },
    })
    const { input, output, code, fake } = console
    input.write('init\r')
    await until(() => output.shown().endsWith('home> '))
    expect(typed).toBe('to the wizard')
    expect(mode).toBe(false)
    expect(input.raw.at(-1)).toBe(true)
    expect(output.shown()).toContain('Now in workspace home')
    input.write('quick\r')
    await until(() => second.asked.length === 1)
    expect(second.asked[0]?.workspace).toBe('home')
    expect(fake.asked).toHaveLength(1)
    input.write('\u0004')
    expect(await code).toBe(0)
  })

  it.each([
    [
      'refuses',
      async () => refuse('init_interrupted', 'Nothing was set up.', 'Again?'),
      '[init_interrupted]',
    ],
    [
      'breaks',
      async () => {
        throw new Error('no')
      },
      '[internal]',
    ],
  ])('stays where it is when the wizard %s', async (_how, init, shown) => {
    const { input, output, code } = start(true, { init })
    input.write('init\r')
    await until(() => output.shown().includes(shown))
    await until(() => output.shown().endsWith('lab> '))
    input.write('\u0004')
    expect(await code).toBe(0)
  })

  it('remembers lines in the file, but none that may hold a secret', async () => {
    const file = historyFile()
    const { input, output, code } = start(true, { historyFile: file })
    for (const line of ['quick', 'note 101 password=hunter2', ' quick', 'status', 'quick']) {
      const before = output.shown().length
      input.write(`${line}\r`)
      await until(() => output.shown().slice(before).endsWith('lab> '))
    }
    input.write('\u0004')
    await code
    expect(readFileSync(file, 'utf8')).toBe('status\nquick\n')
  })

  it('offers remembered lines with the arrow key, never one with a secret', async () => {
    const { input, fake, output, code } = start(true)
    for (const line of ['quick', 'show password=hunter2']) {
      const before = output.shown().length
      input.write(`${line}\r`)
      await until(() => output.shown().slice(before).endsWith('lab> '))
    }
    input.write('\u001b[A')
    await settle()
    input.write('\r')
    await until(() => fake.asked.length === 3)
    expect(fake.asked[2]?.words).toBe('quick')
    input.write('\u0004')
    await code
  })

  it('completes with Tab', async () => {
    const { input, fake, code } = start(true)
    fake.offers.push({ text: 'quick', note: 'what it does' })
    input.write('qu')
    await settle()
    input.write('\t')
    await settle()
    input.write('\r')
    await until(() => fake.asked.length === 1)
    expect(String(fake.asked[0]?.words).trim()).toBe('quick')
    input.write('\u0004')
    await code
  })

  it('ends when the terminal goes away', async () => {
    const { input, code, output } = start(true)
    await until(() => output.shown().endsWith('lab> '))
    input.end()
    expect(await code).toBe(0)
  })
})

describe('a terminal that obeys nothing', () => {
  it.each([
    ['TERM=dumb', { env: { TERM: 'dumb' } }],
    ['--plain', { plain: true }],
  ])('%s: prompts and answers without an escape sequence', async (_name, extra) => {
    const { input, output, errorOutput, code, interrupt, fake } = start(true, extra)
    await until(() => output.text() === 'lab> ')
    input.write('status\n')
    await until(() => output.text().endsWith('\n\nlab> '))
    expect(output.text().split('\n')[0]).toBe(`lab> ${statusSample.heading}`)
    interrupt()
    expect(output.text()).toContain('To leave, type exit or press Ctrl-D.')
    input.write('wait\n')
    await until(() => fake.asked.length === 2)
    interrupt()
    await until(() => output.text().includes('[interrupted]'))
    input.end()
    expect(await code).toBe(0)
    expect(output.text() + errorOutput.text()).not.toContain('\u001b')
  })
})
