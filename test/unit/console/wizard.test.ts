import { describe, expect, it } from '@jest/globals'
import { PLAIN } from '../../../src/chat/console/theme.js'
import { noPrompts, terminalPrompts } from '../../../src/chat/console/wizard.js'
import { fakeInput, fakeOutput, settle, until } from './terminal.js'

const THEME = { colour: false, unicode: true, glyphs: true }

function asking() {
  const input = fakeInput(true)
  const output = fakeOutput({ columns: 80, rows: 24 })
  const stop = new AbortController()
  const prompts = terminalPrompts({ input, output, theme: THEME, signal: stop.signal })
  return { input, output, prompts, stop }
}

describe('terminalPrompts', () => {
  it('gives what is typed, and the initial value for nothing', async () => {
    const { input, output, prompts } = asking()
    const first = prompts.text({ flag: 'workspace', message: 'Name of the workspace', initial: 'lab' })
    await until(() => output.text().includes('Name of the workspace'))
    input.write('prod\r')
    expect(await first).toEqual({ kind: 'value', value: 'prod' })
    const second = prompts.text({ flag: 'workspace', message: 'Once more', initial: 'lab' })
    await until(() => output.text().includes('Once more'))
    input.write('\r')
    expect(await second).toEqual({ kind: 'value', value: 'lab' })
  })

  it('asks again until the text is right', async () => {
    const { input, output, prompts } = asking()
    const asked = prompts.text({
      flag: 'endpoint',
      message: 'Address',
      problem: (text) => (text.startsWith('https://') ? null : 'It starts with https://.'),
    })
    await until(() => output.text().includes('Address'))
    input.write('x\r')
    await until(() => output.text().includes('It starts with https://.'))
    input.write('\u0015https://pve1:8006\r')
    expect(await asked).toEqual({ kind: 'value', value: 'https://pve1:8006' })
  })

  it('never shows a secret', async () => {
    const { input, output, prompts } = asking()
    const asked = prompts.secret({ flag: 'token-secret-file', message: 'Its secret (not shown)' })
    await until(() => output.text().includes('Its secret'))
    for (const char of 'hunter2zqx') {
      input.write(char)
      await settle()
    }
    input.write('\r')
    expect(await asked).toEqual({ kind: 'value', value: 'hunter2zqx' })
    await settle()
    for (const piece of ['hunter2', '2zqx', 'zq']) expect(output.text()).not.toContain(piece)
  })

  it.each([
    ['Ctrl-C', '\u0003'],
    ['Ctrl-D', '\u0004'],
  ])('%s cancels any question', async (_name, key) => {
    const { input, output, prompts } = asking()
    const questions = [
      () => prompts.text({ flag: 'a', message: 'text?' }),
      () => prompts.secret({ flag: 'a', message: 'secret?' }),
      () => prompts.confirm({ flag: 'a', message: 'confirm?', initial: false }),
      () => prompts.select({ flag: 'a', message: 'select?', choices: [{ value: 'x', label: 'x' }] }),
    ]
    for (const question of questions) {
      const before = output.text().length
      const asked = question()
      await until(() => output.text().slice(before).includes('?'))
      input.write(key)
      expect(await asked).toEqual({ kind: 'cancelled' })
    }
  })

  it('confirms and selects', async () => {
    const { input, output, prompts } = asking()
    const sure = prompts.confirm({ flag: 'fingerprint', message: 'Sure?', initial: false })
    await until(() => output.text().includes('Sure?'))
    input.write('y')
    expect(await sure).toEqual({ kind: 'value', value: true })
    const choices = [
      { value: 'one', label: 'One' },
      { value: 'two', label: 'Two', hint: 'the other' },
    ]
    const which = prompts.select({ flag: 'which', message: 'Which?', choices })
    await until(() => output.text().includes('Which?'))
    input.write('\u001b[B')
    await settle()
    input.write('\r')
    expect(await which).toEqual({ kind: 'value', value: 'two' })
  })

  it('ends an open question when the program ends', async () => {
    const { prompts, output, stop } = asking()
    const asked = prompts.text({ flag: 'a', message: 'Name?' })
    await until(() => output.text().includes('Name?'))
    stop.abort()
    expect(await asked).toEqual({ kind: 'cancelled' })
  })

  it('lets no message move the cursor, and tells in lines that can be copied', async () => {
    const { prompts, output } = asking()
    prompts.note('Certificate\u001b[2J', 'for pve1\nissued by \u001b]0;x\u0007')
    await settle()
    expect(output.text()).toBe('\nCertificate␛[2J\n  for pve1\n  issued by ␛]0;x␇\n\n')
  })
})

describe('noPrompts', () => {
  it('refuses every question, naming the flag that answers it', async () => {
    const tell = fakeOutput()
    const prompts = noPrompts(tell, PLAIN)
    const answers = await Promise.all([
      prompts.text({ flag: 'endpoint', message: 'Address of a node?' }),
      prompts.secret({ flag: 'token-secret-file', message: 'Its secret' }),
      prompts.confirm({ flag: 'fingerprint', message: 'Sure?', initial: true }),
      prompts.select({ flag: 'which', message: 'Which?', choices: [] }),
    ])
    expect(answers.map((answer) => (answer.kind === 'refusal' ? answer.code : answer.kind))).toEqual(
      Array(4).fill('missing_argument'),
    )
    expect(answers[0]).toMatchObject({
      message: '--endpoint is missing (Address of a node), and there is no terminal to ask at.',
      hint: 'Give it: --endpoint VALUE',
    })
    prompts.note('Certificate', 'for pve1')
    await settle()
    expect(tell.text()).toBe('Certificate\n  for pve1\n')
  })
})
