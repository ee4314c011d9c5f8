import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { commandsJson, discordCommands } from '../../../src/chat/derive/discord-commands.js'
import { isRefusal } from '../../../src/core/refusal.js'
import { PROGRAMS, readArguments } from '../../../src/program/arguments.js'
import { runManifest } from '../../../src/program/manifest.js'
import { registry } from '../../../src/registry.js'

const derived = discordCommands(registry)

describe('proxmox-mpc manifest discord', () => {
  let directory = ''
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'manifest-'))
  })
  afterEach(() => rmSync(directory, { recursive: true, force: true }))

  const run = (...args: readonly string[]) => {
    const program = PROGRAMS.find(({ name }) => name === 'manifest')
    if (program === undefined) throw new Error('no such program')
    const read = readArguments(program, ['discord', ...args])
    if (isRefusal(read)) return { result: read, printed: '' }
    const printed: string[] = []
    const output = { write: (text: string) => printed.push(text) }
    const result = runManifest(read.given, { output, workingDirectory: directory })
    return { result, printed: printed.join('') }
  }
  const file = () => join(directory, 'discord-commands.json')

  it('prints JSON', () => {
    const { result, printed } = run()

    expect(result).toBe(0)
    expect(JSON.parse(printed)).toEqual(derived)
    expect(existsSync(file())).toBe(false)
  })

  it('writes the file that is committed, and then is content', () => {
    expect(run('--check').result).toMatchObject({ code: 'manifest_differs' })
    expect(run('--write').result).toBe(0)
    expect(readFileSync(file(), 'utf8')).toBe(commandsJson(derived))
    expect(run('--check').result).toBe(0)
    expect(run('--check').printed).toContain('is what the commands come to')
  })

  it('does not mind how the file is laid out, and says what differs', () => {
    writeFileSync(file(), JSON.stringify(derived))
    expect(run('--check').result).toBe(0)

    writeFileSync(file(), commandsJson(derived).replace('"Cuts the power of guests"', '"Cuts it"'))
    expect(run('--check').result).toMatchObject({
      code: 'manifest_differs',
      details: ['/guest stop has another description'],
    })

    writeFileSync(file(), commandsJson(derived).replace('"name": "guest",', '"name": "guest", "frob": 1,'))
    expect(run('--check').result).toMatchObject({
      code: 'manifest_differs',
      details: [expect.stringContaining('no part of a command')],
    })
  })

  it('names ten differences at most', () => {
    const renamed = derived.map((command) => ({
      ...command,
      options: (command.options ?? []).map((option) => ({ ...option, description: 'x' })),
    }))
    writeFileSync(file(), JSON.stringify(renamed))
    const { result } = run('--check')

    expect(isRefusal(result) ? result.details.length : 0).toBe(10)
  })

  it.each([
    ['{{{', 'cannot be read'],
    ['', 'cannot be read'],
    ['{}', 'is not what'],
    [`[${' '.repeat(1_000_001)}]`, 'is too long'],
  ])('refuses a file with %.10j', (text, message) => {
    writeFileSync(file(), text)

    expect(run('--check').result).toMatchObject({
      code: 'manifest_differs',
      message: expect.stringContaining(message),
    })
  })

  it.each([
    [['more'], 'wrong_argument'],
    [['--write', '--check'], 'wrong_argument'],
    [['--mode', 'http'], 'wrong_argument'],
    [['--url', 'https://x.example'], 'wrong_argument'],
    [['--name', 'PVE'], 'wrong_argument'],
    [['--frob'], 'unknown_flag'],
  ])('%j is refused', (args, code) => {
    expect(run(...args).result).toMatchObject({ kind: 'refusal', code })
  })

  it('says where it cannot write', () => {
    rmSync(directory, { recursive: true })

    expect(run('--write').result).toMatchObject({ code: 'home_unwritable' })
  })
})
