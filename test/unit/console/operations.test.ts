import { describe, expect, it } from '@jest/globals'
import { runConsole } from '../../../src/chat/console/session.js'
import type { ConsoleControls, ConsoleOptions } from '../../../src/chat/console/shell.js'
import { displayWidth } from '../../../src/chat/text.js'
import { card } from '../../../src/core/card.js'
import type { Answer } from '../../../src/core/command.js'
import { refuse } from '../../../src/core/refusal.js'
import { APPROVE, CANCEL, CONFIRM, DENY, operation } from './operation-samples.js'
import { screen } from './screen.js'
import { fakeClock, fakeInput, fakeOutput, operationRoad, settle, until } from './terminal.js'

function start(
  terminal: boolean,
  answers: Readonly<Record<string, Answer>>,
  extra: Partial<ConsoleOptions> = {},
) {
  const input = fakeInput(terminal)
  const output = fakeOutput(terminal ? { columns: 80, rows: 24 } : undefined)
  const fake = operationRoad(answers)
  const time = fakeClock()
  let controls: ConsoleControls = { interrupt: () => {} }
  const code = runConsole({
    road: fake.road,
    input,
    output,
    errorOutput: fakeOutput(terminal ? { columns: 80 } : undefined),
    env: { LANG: 'en_US.UTF-8', NO_COLOR: '1' },
    historyFile: null,
    clock: time.clock,
    account: 'anna',
    timeZoneOf: () => 'UTC',
    onStart: (given) => {
      controls = given
    },
    ...extra,
  })
  const prompts = () => output.shown().split('demo (alice)> ').length - 1
  const prompted = async (count: number) => until(() => prompts() >= count && output.shown().endsWith('> '))
  return { input, output, fake, time, code, prompts, prompted, interrupt: () => controls.interrupt() }
}

const going = operation('running')
const done = operation('verified', { card: card({ heading: 'op1 shutdown web-01: verified', tone: 'good' }) })
const waits = operation('waiting', {
  report: { needs: 'confirmation' },
  choices: [CONFIRM, CANCEL],
  card: card({ heading: 'op1 shutdown web-01: waiting', text: 'It waits for alice: `confirm op1`.' }),
})
const confirmed = 'confirm op1 --plan 1a2b3c4d'

describe('who speaks', () => {
  it('starts as whom the road says, and goes on as somebody else after `as`', async () => {
    const bob: Answer = {
      kind: 'session',
      effect: { kind: 'as', person: 'bob' },
      card: card({ heading: 'You speak as bob' }),
    }
    const { input, output, fake, code, prompted } = start(true, { 'as bob': bob })
    await prompted(1)
    input.write('as bob\r')
    await until(() => output.shown().endsWith('demo (bob)> '))
    expect(output.shown()).toContain('You speak as bob')
    input.write('exit\r')
    expect(await code).toBe(0)
    expect(fake.asked.map(({ caller }) => caller)).toEqual([
      { surface: 'console', account: 'anna', as: 'alice' },
      { surface: 'console', account: 'anna', as: 'bob' },
    ])
  })
})

describe('an operation on a pipe', () => {
  it('is followed to its end before the next command, and only its last card is printed', async () => {
    const { input, output, fake, code } = start(false, {
      'start web-01': going,
      status: card({ heading: 'all well' }),
    })
    input.end('start web-01\nstatus\n')
    await until(() => fake.followed.length === 1)
    expect(fake.followed[0]).toMatchObject({
      operation: 1,
      options: { decisions: false, caller: { surface: 'console', account: 'anna', as: 'alice' } },
    })
    expect(fake.followed[0]?.options.update).toBeUndefined()
    await settle()
    expect(fake.asked).toHaveLength(1)
    expect(output.text()).toBe('')
    fake.state.executing = [1]
    fake.end(done)
    expect(await code).toBe(0)
    expect(output.text()).toBe('op1 shutdown web-01: verified\n\nall well\n')
    expect(fake.followed).toHaveLength(1)
  })

  it('asks nothing when it waits; its card says what to type', async () => {
    const { input, output, fake, code } = start(false, { 'shutdown web-01': waits })
    input.end('shutdown web-01\n')
    expect(await code).toBe(0)
    expect(output.text()).toBe('op1 shutdown web-01: waiting\n\n  It waits for alice: `confirm op1`.\n')
    expect(fake.words()).toEqual(['shutdown web-01'])
  })

  it('shows approvals without a choice', async () => {
    const list: Answer = {
      kind: 'choice',
      card: card({ heading: '1 operation to decide' }),
      choices: [APPROVE],
    }
    const { input, output, code } = start(false, { approvals: list })
    input.end('approvals\n')
    expect(await code).toBe(0)
    expect(output.text()).toBe('1 operation to decide\n')
  })

  it('prints a refusal that ends the following', async () => {
    const { input, output, fake, code } = start(false, { 'start web-01': going })
    input.end('start web-01\n')
    await until(() => fake.followed.length === 1)
    fake.end(refuse('store_locked', 'The store is locked.', 'Try again.'))
    expect(await code).toBe(0)
    expect(output.text()).toContain('[store_locked]')
  })

  it.each(['', 'exit\n'])(
    'waits at the end of the input (%j) for what this process executes',
    async (last) => {
      const { input, output, fake, code } = start(false, { status: card({ heading: 'all well' }) })
      fake.state.executing = [7]
      input.end(`status\n${last}`)
      await until(() => fake.followed.length === 1)
      expect(fake.followed[0]?.operation).toBe(7)
      fake.end(done)
      expect(await code).toBe(0)
      expect(output.text()).toBe('all well\n\nop1 shutdown web-01: verified\n')
    },
  )

  it('leaves at an interrupt while it follows', async () => {
    const { input, fake, code, output, interrupt } = start(false, { 'start web-01': going })
    input.write('start web-01\nstatus\n')
    await until(() => fake.followed.length === 1)
    fake.state.executing = [1]
    interrupt()
    expect(await code).toBe(130)
    expect(fake.followed[0]?.options.signal?.aborted).toBe(true)
    expect(output.text()).toBe('')
  })
})

describe('an operation at a terminal', () => {
  it('is shown in place from its first card to its last', async () => {
    const { input, output, fake, time, code, prompted } = start(true, { 'start web-01': going })
    await prompted(1)
    input.write('start web-01\r')
    await until(() => output.shown().includes('op1 shutdown web-01: running'))
    const before = output.text().length
    fake.update(card({ heading: 'op1 shutdown web-01: running', text: 'half way\nwith two lines' }))
    await time.go(100)
    expect(output.text()).toContain('half way')
    fake.end(done)
    await prompted(2)
    const made = screen(80, 24)
    const from = output.text().indexOf('op1 shutdown')
    made.write(output.text().slice(from, output.text().lastIndexOf('\n') + 1))
    expect(made.text()).toBe('● op1 shutdown web-01: verified')
    expect(output.text().slice(before)).toContain('\u001b[3A')
    input.write('\u0004')
    expect(await code).toBe(0)
  })

  it.each([
    ['TERM=dumb', { env: { TERM: 'dumb' } }],
    ['--plain', { plain: true }],
  ])('%s: prints only the last card, and asks no keys', async (_name, extra) => {
    const { input, output, fake, code } = start(
      true,
      { 'start web-01': going, 'shutdown web-01': waits },
      extra,
    )
    await until(() => output.text() === 'demo (alice)> ')
    input.write('start web-01\n')
    await until(() => fake.followed.length === 1)
    expect(fake.followed[0]?.options.update).toBeUndefined()
    fake.end(done)
    await until(() => output.text().includes('verified'))
    expect(output.text()).toBe('demo (alice)> op1 shutdown web-01: verified\n\ndemo (alice)> ')
    input.write('shutdown web-01\n')
    await until(() => output.text().includes('waiting') && output.text().endsWith('> '))
    expect(fake.asked).toHaveLength(2)
    expect(output.text()).not.toContain('\u001b')
    input.end()
    expect(await code).toBe(0)
  })

  it.each([
    [true, false, '`serve` carries it out, also when this console is left.'],
    [false, true, 'This console carries it out as long as it is open.'],
    [false, false, 'This console carries it out as long as it is open.'],
    [true, true, 'This console carries it out as long as it is open.'],
  ])('goes on after Ctrl-C (served %s, in this process %s)', async (served, own, said) => {
    const { input, output, fake, code, prompted } = start(true, { 'start web-01': going })
    await prompted(1)
    fake.state.served = served
    input.write('start web-01\r')
    await until(() => fake.followed.length === 1)
    fake.state.executing = own ? [1] : []
    input.write('\u0003')
    await prompted(2)
    expect(output.shown()).toContain('op1 goes on')
    expect(output.shown()).toContain(said)
    expect(output.shown()).not.toContain('[interrupted]')
    expect(fake.words()).toEqual(['start web-01'])
    fake.state.executing = []
    input.write('\u0004')
    expect(await code).toBe(0)
  })

  it('leaves at a second Ctrl-C, where this console executes it', async () => {
    const { input, fake, code, prompted } = start(true, { 'start web-01': going })
    await prompted(1)
    input.write('start web-01\r')
    await until(() => fake.followed.length === 1)
    fake.state.executing = [1]
    input.write('\u0003')
    await prompted(2)
    input.write('\u0003')
    expect(await code).toBe(130)
  })

  it('does not leave at a second Ctrl-C where serve goes on with it', async () => {
    const { input, output, fake, code, prompted } = start(true, { 'start web-01': going })
    await prompted(1)
    fake.state.served = true
    input.write('start web-01\r')
    await until(() => fake.followed.length === 1)
    input.write('\u0003')
    await prompted(2)
    input.write('\u0003')
    await until(() => output.shown().includes('To leave, type exit or press Ctrl-D.'))
    input.write('exit\r')
    expect(await code).toBe(0)
  })

  it('lets go of the keyboard and of the card when the program has to end', async () => {
    const ending = new AbortController()
    const { input, output, fake, code, prompted, time } = start(
      true,
      { 'start web-01': going },
      { signal: ending.signal },
    )
    await prompted(1)
    input.write('start web-01\r')
    await until(() => fake.followed.length === 1)
    ending.abort()
    expect(await code).toBe(130)
    const before = output.text()
    fake.update(card({ heading: 'later' }))
    await time.go(1000)
    expect(output.text()).toBe(before)
    expect(input.raw.at(-1)).toBe(false)
  })
})

describe('leaving while this console executes something', () => {
  const leaving = { exit: 'exit\r', 'Ctrl-D': '\u0004' }

  it.each(Object.entries(leaving))(
    '%s: warns once, naming it, and leaves the second time',
    async (_name, keys) => {
      const { input, output, fake, code, prompted } = start(true, {})
      await prompted(1)
      fake.state.executing = [3]
      input.write(keys)
      await prompted(2)
      expect(output.shown()).toContain('op3 is still running and this console executes it')
      expect(output.shown()).toContain('Leave again to stop following')
      input.write(keys)
      expect(await code).toBe(0)
    },
  )

  it('names all of them, and warns again after another command', async () => {
    const { input, output, fake, code, prompted } = start(true, { status: card({ heading: 'all well' }) })
    await prompted(1)
    fake.state.executing = [3, 5]
    input.write('exit\r')
    await prompted(2)
    expect(output.shown()).toContain('op3 and op5 are still running and this console executes them')
    input.write('status\r')
    await prompted(3)
    input.write('exit\r')
    await prompted(4)
    expect(output.shown().split('still running')).toHaveLength(3)
    input.write('\u0003')
    expect(await code).toBe(130)
  })

  it.each([
    ['serve is alive', true, [3]],
    ['nothing is executed here', false, []],
  ])('leaves at once where %s', async (_name, served, executing) => {
    const { input, fake, code, prompted } = start(true, {})
    await prompted(1)
    fake.state.served = served
    fake.state.executing = executing
    input.write('\u0004')
    expect(await code).toBe(0)
  })

  it('leaves at once when the terminal goes away', async () => {
    const { input, fake, code, prompted } = start(true, {})
    await prompted(1)
    fake.state.executing = [3]
    input.end()
    expect(await code).toBe(0)
  })

  it('does not warn of what has ended before its eyes', async () => {
    const { input, fake, code, prompted } = start(true, { 'start web-01': going })
    await prompted(1)
    input.write('start web-01\r')
    await until(() => fake.followed.length === 1)
    fake.state.executing = [1]
    fake.end(done)
    await prompted(2)
    input.write('exit\r')
    expect(await code).toBe(0)
  })
})

describe('a confirmation by a key press', () => {
  const waiting = async (choices = [CONFIRM, CANCEL], more: Readonly<Record<string, Answer>> = {}) => {
    const asked = { ...waits, choices }
    const answers = {
      'shutdown web-01': asked,
      [confirmed]: going,
      'cancel op1': operation('cancelled'),
      ...more,
    }
    const console = start(true, answers)
    await console.prompted(1)
    console.input.write('shutdown web-01\r')
    await until(() => console.output.shown().includes('[y] yes'))
    return console
  }

  it('y asks the road for just this plan, and follows it', async () => {
    const { input, output, fake, code, prompted } = await waiting()
    expect(output.shown()).toContain('Confirm op1: shutdown web-01?  [y] yes  [n] not now')
    expect(output.shown()).toContain('[c] Cancel op1')
    input.write('y')
    await until(() => fake.followed.length === 1)
    expect(fake.words()[1]).toEqual(['confirm', 'op1', '--plan', '1a2b3c4d'])
    fake.end(done)
    await prompted(2)
    expect(output.shown()).toContain('op1 shutdown web-01: verified')
    input.write('\u0004')
    expect(await code).toBe(0)
  })

  it('takes Y with Enter behind it too', async () => {
    const { input, fake, code } = await waiting()
    input.write('Y\r')
    await until(() => fake.asked.length === 2)
    fake.end(done)
    await settle()
    input.write('exit\r')
    expect(await code).toBe(0)
  })

  it('c cancels it', async () => {
    const { input, output, fake, code, prompted } = await waiting()
    input.write('c')
    await prompted(2)
    expect(fake.words()[1]).toEqual(['cancel', 'op1'])
    expect(output.shown()).toContain('op1 shutdown web-01: cancelled')
    input.write('\u0004')
    expect(await code).toBe(0)
  })

  it.each([
    ['n', 'n'],
    ['Enter', '\r'],
    ['Escape', '\u001b'],
    ['Ctrl-C', '\u0003'],
    ['Ctrl-D', '\u0004'],
    ['a paste that ends in Ctrl-C', 'yyy\u0003'],
  ])('%s leaves it as it is, and the session goes on', async (_name, key) => {
    const { input, output, fake, code, prompted } = await waiting()
    input.write(key)
    await prompted(2)
    expect(output.shown()).toContain('not now\n\n')
    expect(fake.words()).toEqual(['shutdown web-01'])
    input.write('\u0004')
    expect(await code).toBe(0)
  })

  it('takes no other key for an answer, nor a paste', async () => {
    const { input, output, fake, prompted, code } = await waiting()
    for (const key of ['x', '\u001b[A', 'yes', 'y y', '1', ' ']) {
      input.write(key)
      await settle()
    }
    expect(fake.asked).toHaveLength(1)
    input.write('n')
    await prompted(2)
    expect(output.shown()).toContain('not now')
    input.write('\u0004')
    expect(await code).toBe(0)
  })

  it('does not count a key that was pressed before the question was there', async () => {
    const slow = operation('waiting', { report: { needs: 'confirmation' }, choices: [CONFIRM] })
    const { input, output, fake, code, prompted } = start(true, { [confirmed]: going })
    let answer: (said: Answer) => void = () => {}
    fake.road.ask = (request) => {
      fake.asked.push(request)
      return new Promise((resolve) => {
        answer = resolve
      })
    }
    await prompted(1)
    input.write('shutdown web-01\r')
    await until(() => fake.asked.length === 1)
    input.write('y')
    await settle()
    answer(slow)
    await until(() => output.shown().includes('[y] yes'))
    await settle()
    expect(fake.asked).toHaveLength(1)
    input.write('n')
    await prompted(2)
    input.write('\u0004')
    expect(await code).toBe(0)
  })

  it('asks nobody who typed the next lines already', async () => {
    const answers = { 'shutdown web-01': waits, 'confirm op1': done }
    const { input, output, fake, code, prompted } = start(true, answers)
    await prompted(1)
    input.write('shutdown web-01\rconfirm op1\r')
    await until(() => fake.asked.length === 2)
    await prompted(2)
    expect(fake.words()).toEqual(['shutdown web-01', 'confirm op1'])
    expect(output.shown()).not.toContain('[y]')
    input.write('\u0004')
    expect(await code).toBe(0)
  })

  it('asks nobody who cannot confirm it', async () => {
    const { input, output, code, prompted } = start(true, { 'approve op1': { ...waits, choices: [] } })
    await prompted(1)
    input.write('approve op1\r')
    await prompted(2)
    expect(output.shown()).not.toContain('[y]')
    input.write('\u0004')
    expect(await code).toBe(0)
  })

  it('asks nothing where another person has to decide', async () => {
    const other = operation('waiting', { report: { needs: 'approval' }, choices: [CANCEL] })
    const { input, output, code, prompted } = start(true, { 'stop web-01': other })
    await prompted(1)
    input.write('stop web-01\r')
    await prompted(2)
    expect(output.shown()).not.toContain('[y]')
    input.write('\u0004')
    expect(await code).toBe(0)
  })

  it('wants the phrase typed, and a reason, where they are asked for', async () => {
    const words = [...confirmed.split(' '), '--type', 'web-01', '--reason', "it's broken --type x"]
    const both = { ...CONFIRM, typed: 'web-01', reason: true }
    const { input, output, fake, code, prompted } = await waiting([both], { [words.join(' ')]: done })
    input.write('y')
    await until(() => output.text().includes('Type web-01 to go on'))
    await settle()
    input.write('web-02\r')
    await until(() => output.text().includes('That is not web-01.'))
    input.write('\u007f1\r')
    await until(() => output.text().includes('The reason'))
    await settle()
    input.write("it's broken --type x\r")
    await until(() => fake.asked.length === 2)
    expect(fake.words()[1]).toEqual(words)
    await prompted(2)
    expect(input.raw.at(-1)).toBe(true)
    input.write('exit\r')
    expect(await code).toBe(0)
  })

  it('asks the road nothing when the phrase is not typed', async () => {
    const { input, output, fake, code, prompted } = await waiting([{ ...CONFIRM, typed: 'web-01' }])
    input.write('y')
    await until(() => output.text().includes('Type web-01 to go on'))
    await settle()
    input.write('\u0003')
    await prompted(2)
    expect(fake.asked).toHaveLength(1)
    input.write('exit\r')
    expect(await code).toBe(0)
  })

  it('ends with the session', async () => {
    const ending = new AbortController()
    const console = start(true, { 'shutdown web-01': waits }, { signal: ending.signal })
    await console.prompted(1)
    console.input.write('shutdown web-01\r')
    await until(() => console.output.shown().includes('[y] yes'))
    ending.abort()
    expect(await console.code).toBe(130)
    expect(console.fake.asked).toHaveLength(1)
  })

  it('is stopped by an interrupt from outside, and the next key counts again', async () => {
    const { input, fake, code, prompted, interrupt } = await waiting()
    interrupt()
    await prompted(2)
    input.write('exit\r')
    expect(await code).toBe(0)
    expect(fake.words()).toEqual(['shutdown web-01', 'exit'])
  })

  it.each(['n', 'c'])('draws hostile labels harmlessly and within the width (%s)', async (key) => {
    const evil = { ...CONFIRM, label: `Confirm \u001b[2J${'服务器'.repeat(40)}` }
    const { input, output, code, prompted } = await waiting([
      evil,
      { ...CANCEL, label: 'C\u0007\u202e\u001b[5Aancel' },
    ])
    input.write(key)
    await prompted(2)
    for (const bad of ['\u001b[2J', '\u001b[5A', '\u0007', '\u202e']) expect(output.text()).not.toContain(bad)
    for (const line of output.shown().split('\n')) expect(displayWidth(line)).toBeLessThanOrEqual(80)
    input.write('exit\r')
    expect(await code).toBe(0)
  })
})

describe('approvals as a list', () => {
  const list: Answer = {
    kind: 'choice',
    card: card({ heading: '1 operation to decide' }),
    choices: [APPROVE, DENY, CANCEL],
  }
  const open = async (more: Readonly<Record<string, Answer>> = {}) => {
    const console = start(true, { approvals: list, ...more })
    await console.prompted(1)
    console.input.write('approvals\r')
    await until(() => console.output.text().includes('Nothing now'))
    await settle()
    return console
  }

  it('shows the card, then nothing now as the first choice', async () => {
    const { input, output, fake, code, prompted } = await open()
    expect(output.text()).toMatch(
      /1 operation to decide[\s\S]*Decide something\?[\s\S]*● Nothing now[\s\S]*Approve op1/,
    )
    input.write('\r')
    await prompted(2)
    expect(fake.words()).toEqual(['approvals'])
    input.write('exit\r')
    expect(await code).toBe(0)
  })

  it('approves what the arrow keys lead to, and follows it', async () => {
    const { input, output, fake, code, prompted } = await open({ 'approve op1 --plan 1a2b3c4d': going })
    input.write('\u001b[B')
    await settle()
    input.write('\r')
    await until(() => fake.followed.length === 1)
    expect(fake.words()[1]).toEqual(['approve', 'op1', '--plan', '1a2b3c4d'])
    expect(input.raw.at(-1)).toBe(true)
    fake.end(done)
    await prompted(2)
    expect(output.shown()).toContain('op1 shutdown web-01: verified')
    input.write('exit\r')
    expect(await code).toBe(0)
  })

  it('asks for the reason of a denial', async () => {
    const { input, output, fake, code, prompted } = await open({
      'deny op1 --reason not today': operation('denied'),
    })
    for (let at = 0; at < 2; at++) {
      input.write('\u001b[B')
      await settle()
    }
    input.write('\r')
    await until(() => output.text().includes('The reason'))
    await settle()
    input.write('not today\r')
    await prompted(2)
    expect(fake.words()[1]).toEqual(['deny', 'op1', '--reason', 'not today'])
    input.write('exit\r')
    expect(await code).toBe(0)
  })

  it.each([
    ['Escape', '\u001b'],
    ['Ctrl-C', '\u0003'],
  ])('%s decides nothing', async (_name, key) => {
    const { input, fake, code, prompted } = await open()
    input.write(key)
    await prompted(2)
    expect(fake.asked).toHaveLength(1)
    input.write('exit\r')
    expect(await code).toBe(0)
  })

  it('is the card alone when there is nothing to choose', async () => {
    const none: Answer = { kind: 'choice', card: card({ heading: 'Nothing waits' }), choices: [] }
    const { input, output, code, prompted } = start(true, { approvals: none })
    await prompted(1)
    input.write('approvals\r')
    await prompted(2)
    expect(output.text()).not.toContain('Decide something')
    input.write('exit\r')
    expect(await code).toBe(0)
  })
})

describe('what came up meanwhile', () => {
  const reminder = card({ heading: 'op2 still waits: stop db-01', tone: 'warning' })

  it('is told before the next prompt', async () => {
    const { input, output, fake, code, prompted } = start(true, { status: card({ heading: 'all well' }) })
    await prompted(1)
    fake.state.news = [reminder]
    input.write('status\r')
    await prompted(2)
    expect(output.shown()).toMatch(/all well\n\n▲ op2 still waits: stop db-01\n\ndemo/)
    input.write('exit\r')
    expect(await code).toBe(0)
  })

  it('appears above the line that is being typed, once', async () => {
    const { input, output, fake, time, code, prompted } = start(true, {
      status: card({ heading: 'all well' }),
    })
    await prompted(1)
    input.write('stat')
    await settle()
    fake.state.news = [reminder]
    await time.go(5000)
    expect(output.shown()).toMatch(/▲ op2 still waits: stop db-01\n\ndemo \(alice\)> stat$/)
    await time.go(5000)
    expect(output.shown().split('still waits')).toHaveLength(2)
    input.write('us\r')
    await until(() => output.shown().includes('all well'))
    expect(fake.words()).toEqual(['status'])
    input.write('exit\r')
    expect(await code).toBe(0)
  })

  it('is not told to a script', async () => {
    const { input, output, fake, code } = start(false, { status: card({ heading: 'all well' }) })
    fake.state.news = [reminder]
    input.end('status\n')
    expect(await code).toBe(0)
    expect(output.text()).toBe('all well\n')
  })
})
