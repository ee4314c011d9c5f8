import { describe, expect, it } from '@jest/globals'
import { commandName } from '../../../src/core/command.js'
import { isRefusal } from '../../../src/core/refusal.js'
import { nearest } from '../../../src/pipeline/nearest.js'
import { parse } from '../../../src/pipeline/parse.js'
import { registry } from '../../../src/registry.js'

const read = (line: string | readonly string[]) => {
  const parsed = parse(registry, line)
  return isRefusal(parsed) ? [parsed.code, parsed.hint] : [commandName(parsed.command), parsed.raw]
}

describe('parse', () => {
  it.each<[string, unknown[]]>([
    ['status', ['status', {}]],
    ['STATUS', ['status', {}]],
    ['/pve status', ['status', {}]],
    ['show web-01', ['show', { what: ['web-01'] }]],
    ['task ls --failed --limit 5', ['task ls', { failed: true, limit: ['5'] }]],
    ['task ls --limit=5 web-01', ['task ls', { limit: ['5'], of: ['web-01'] }]],
    ['ls', ['ls', {}]],
    ['ls nodes', ['ls', { what: ['nodes'] }]],
    ['ls tag=prod node=pve1', ['ls', { select: ['tag=prod', 'node=pve1'] }]],
    ['ls vms tag=prod', ['ls', { what: ['vms'], select: ['tag=prod'] }]],
    ['metrics web-01 day', ['metrics', { what: ['web-01'], span: ['day'] }]],
    ['show --help', ['help', { topic: ['show'] }]],
    ['help task ls', ['help', { topic: ['task', 'ls'] }]],
  ])('%s', (line, expected) => {
    expect(read(line)).toEqual(expected)
  })

  it.each([
    ['hlep', 'unknown_command', '`help`'],
    ['staus', 'unknown_command', '`status`'],
    ['tsak ls', 'unknown_command', '`task ls`'],
    ['xyzzy', 'unknown_command', 'Type `help`'],
    ['task', 'incomplete_command', 'task ls, task show'],
    ['task lss', 'incomplete_command', '`task ls`'],
    ['show', 'missing_argument', 'Usage: `show NAME`'],
    ['show a b', 'wrong_argument', 'Usage'],
    ['ls --srot name', 'unknown_flag', '`--sort`'],
    ['task ls --failed=yes', 'wrong_argument', 'Usage'],
    ['task ls --limit', 'missing_argument', 'Usage'],
    ['', 'missing_argument', 'help'],
    ['show "web', 'unbalanced_quote', 'Close it'],
  ])('%s is refused', (line, code, hint) => {
    expect(read(line)).toEqual([code, expect.stringContaining(hint)])
  })

  it('takes words from a shell as they are', () => {
    expect(read(['show', 'two words'])).toEqual(['show', { what: ['two words'] }])
  })
})

describe('nearest', () => {
  it.each([
    ['hlep', ['help', 'ls'], 'help'],
    ['sohw', ['show', 'sync'], 'show'],
    ['wb-01', ['web-01', 'db-01'], 'web-01'],
    ['metr', ['metrics'], 'metrics'],
    ['zzz', ['ls', 'show'], null],
    ['a', ['ls'], null],
  ])('%s', (word, candidates, expected) => {
    expect(nearest(word, candidates)).toBe(expected)
  })
})
