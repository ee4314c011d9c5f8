import { describe, expect, it } from '@jest/globals'
import { PROGRAMS, readArguments } from '../../../src/program/arguments.js'

function read(name: string, ...args: readonly string[]) {
  const program = PROGRAMS.find((candidate) => candidate.name === name)
  if (program === undefined) throw new Error(`no program ${name}`)
  const made = readArguments(program, args)
  if (made.kind === 'refusal') throw new Error(`${made.code}: ${made.message}`)
  return made.given
}

describe('the arguments of the programs', () => {
  it('exec takes who speaks, what is confirmed, and how long to stay', () => {
    const words = ['--as', 'bob', '--confirm', '1a2b', '--type', 'web-01', '--reason', 'a b', '--wait', '--']
    const given = read('exec', ...words, 'stop', 'web-01', '--wait')
    expect(['as', 'confirm', 'type', 'reason'].map(given.text)).toEqual(['bob', '1a2b', 'web-01', 'a b'])
    expect([given.flag('wait'), given.flag('detach')]).toEqual([true, false])
    expect(given.words).toEqual(['stop', 'web-01', '--wait'])
  })

  it('serve takes a home and a port', () => {
    const given = read('serve', '--home', '/srv/pve', '--port', '9000')
    expect([given.text('home'), given.text('port')]).toEqual(['/srv/pve', '9000'])
    expect(() => read('serve', 'now')).toThrow('wrong_argument')
  })

  it('init takes the token for operations, and who runs the home', () => {
    const given = read(
      'init',
      '--operate-token-id=mpc@pve!operate',
      '--operate-token-secret-file=/s',
      '--operate=same',
      '--no-solo',
    )
    expect(['operate-token-id', 'operate-token-secret-file', 'operate'].map(given.text)).toEqual([
      'mpc@pve!operate',
      '/s',
      'same',
    ])
    expect([given.flag('solo'), given.flag('no-solo')]).toEqual([false, true])
  })

  it('simulate takes the time-out of the proxy', () => {
    expect(read('simulate', '--proxy-timeout', '500').text('proxy-timeout')).toBe('500')
  })

  it('no program but exec can be told to speak as another', () => {
    for (const { name, options } of PROGRAMS) expect(Object.hasOwn(options, 'as')).toBe(name === 'exec')
  })
})
