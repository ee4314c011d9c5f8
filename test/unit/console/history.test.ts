import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { fileHistory, mayRemember } from '../../../src/chat/console/history.js'
import type { Clock } from '../../../src/ports/clock.js'

const clock: Clock = {
  now: () => new Date(),
  monotonic: () => performance.now(),
  sleep: async (milliseconds) => {
    await wait(milliseconds)
  },
}

describe('mayRemember', () => {
  it.each([
    'status',
    'ls vms tag=prod node=pve1 --sort memory',
    'show monitoring-prometheus-production-05',
    'history web-01 --since 24h',
    'metrics internationalization-service',
    'task show t12',
    'why is web-01 on pve2?',
  ])('keeps %j', (line) => expect(mayRemember(line)).toBe(true))

  it.each([
    ['nothing', ''],
    ['a leading blank', ' status'],
    ['the word secret', 'note 101 the secret is x'],
    ['a flag for one', 'init --token-secret-file /root/x'],
    ['the word token', 'TOKEN=abc'],
    ['the word password', 'note 101 Password: hunter2'],
    ['a UUID, which PVE secrets are', 'note 101 8a5d0e0c-9c6a-4d43-8f0e-3a1f2b4c5d6e'],
    ['a UUID without dashes', 'note 101 8a5d0e0c9c6a4d438f0e3a1f2b4c5d6e'],
    ['a header', 'x PVEAPIToken=mpc@pve!read=1'],
    ['base64', 'note 101 dGhpcyBpcyBub3QgYSBzZWNyZXQ'],
    ['random letters and digits', 'note 101 q9Zk3TnB7xWv2LcR'],
    ['a key in a longer word', 'note x=abc:hK8sPq2mZt5Vw9Yb3Nd7'],
    ['hex', 'note 101 9f86d081884c7d659a2feaa0'],
    ['a link code', 'link ABCD-EFGH'],
    ['a control character', 'status\u001b[A'],
    ['an endless line', `ls ${'a '.repeat(800)}`],
  ])('does not keep %s', (_what, line) => expect(mayRemember(line)).toBe(false))
})

describe('fileHistory', () => {
  let folder = ''
  let file = ''
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'history-'))
    file = join(folder, 'console-history')
  })
  afterEach(() => rmSync(folder, { recursive: true }))
  const text = () => readFileSync(file, 'utf8')

  it('keeps lines for the next session, each once, the newest last', async () => {
    const first = fileHistory(file, clock)
    for (const line of ['status', 'ls', 'status', ' hidden', 'show secret']) await first.add(line)
    expect(await fileHistory(file, clock).load()).toEqual(['ls', 'status'])
    expect(text()).toBe('ls\nstatus\n')
  })

  it('is readable by its owner alone, also when it was not before', async () => {
    await fileHistory(file, clock).add('status')
    expect(statSync(file).mode & 0o777).toBe(0o600)
    chmodSync(file, 0o644)
    await fileHistory(file, clock).load()
    expect(statSync(file).mode & 0o777).toBe(0o600)
  })

  it('holds at most 1,000 lines', async () => {
    writeFileSync(file, Array.from({ length: 3000 }, (_, i) => `show ${i}\n`).join(''))
    const history = fileHistory(file, clock)
    expect(await history.load()).toHaveLength(1000)
    await history.add('status')
    const lines = text().trimEnd().split('\n')
    expect(lines).toHaveLength(1000)
    expect(lines[0]).toBe('show 2001')
    expect(lines.at(-1)).toBe('status')
  })

  it('loses nothing when consoles share it', async () => {
    const consoles = [fileHistory(file, clock), fileHistory(file, clock), fileHistory(file, clock)]
    await Promise.all(Array.from({ length: 60 }, (_, i) => consoles[i % 3]?.add(`show ${100 + i}`)))
    expect(text().trimEnd().split('\n').sort()).toEqual(
      Array.from({ length: 60 }, (_, i) => `show ${100 + i}`),
    )
    expect(existsSync(`${file}.lock`)).toBe(false)
  })

  it('gets over the lock of a console that died', async () => {
    writeFileSync(`${file}.lock`, '')
    const old = new Date(Date.now() - 60_000)
    utimesSync(`${file}.lock`, old, old)
    await fileHistory(file, clock).add('status')
    expect(text()).toBe('status\n')
  })

  it('never shows what an older version or a hand put there', async () => {
    writeFileSync(file, 'status\npassword hunter2\n\u001b[2J\n')
    expect(await fileHistory(file, clock).load()).toEqual(['status'])
  })

  it('does without where nothing can be read or written', async () => {
    const nowhere = fileHistory(join(folder, 'missing', 'history'), clock)
    expect(await nowhere.load()).toEqual([])
    await expect(nowhere.add('status')).resolves.toBeUndefined()
  })
})
