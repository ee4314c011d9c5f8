import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { LONGEST_TEXT, mentionLine, slashLine } from '../../../src/chat/slack/words.js'
import { isRefusal } from '../../../src/core/refusal.js'
import { splitWords } from '../../../src/core/words.js'

const wordsOf = (line: string | object) => {
  if (typeof line !== 'string') return line
  const split = splitWords(line)
  return isRefusal(split) ? split.code : split.map(({ text }) => text)
}

describe('what was typed after /pve', () => {
  it.each([
    ['start web-01', 'start web-01'],
    ['', ''],
    ['   ', ''],
    ['  ls   nodes ', 'ls   nodes'],
    ['stop web-01 --reason “no more use”', 'stop web-01 --reason "no more use"'],
    ['stop web-01 --reason „no more use‟', 'stop web-01 --reason "no more use"'],
    ['stop web-01 --reason ‘no more use’', "stop web-01 --reason 'no more use'"],
    ['freeze we’re moving', 'freeze we’re moving'],
    ['stop web-01\u00a0web-02\u202fweb-03', 'stop web-01 web-02 web-03'],
    ['start web\u200b-01\ufeff', 'start web-01'],
    ['task ls —failed', 'task ls --failed'],
    ['task ls –failed', 'task ls --failed'],
    ['freeze maintenance — back soon', 'freeze maintenance — back soon'],
    ['note a&amp;b', 'note a&b'],
    ['note a &lt;b&gt; c', 'note a <b> c'],
    ['note &amp;lt;', 'note &lt;'],
    ['note &amp;amp;amp;', 'note &amp;amp;'],
    ['note a & b < c > d', 'note a & b < c > d'],
    ['show <http://web-01.example.org|web-01.example.org>', 'show web-01.example.org'],
    ['show <http://web-01.example.org>', 'show http://web-01.example.org'],
    ['show <https://x.example/?a=1&amp;b=2>', 'show https://x.example/?a=1&b=2'],
    ['grant add <mailto:root@pam.example|root@pam.example>', 'grant add root@pam.example'],
    ['grant add <mailto:root@pam.example>', 'grant add root@pam.example'],
    ['grant add <@U123ABC|maria>', 'grant add @maria'],
    ['grant add <@U123ABC>', 'grant add @U123ABC'],
    ['show <#C1A|ops>', 'show #ops'],
    ['show <#C1A>', 'show #C1A'],
    ['show <#C1A|>', 'show #C1A'],
    ['workspace bind --channel <#C1A|ops>', 'workspace bind --channel <#C1A|ops>'],
    ['workspace bind —channel=“<#C1A|ops>” lab', 'workspace bind --channel="<#C1A|ops>" lab'],
    ['workspace bind --channel <#C1A>', 'workspace bind --channel <#C1A>'],
    ['workspace bind --channels <#C1A|ops>', 'workspace bind --channels #ops'],
    ['workspace bind --channel lab <#C1A|ops>', 'workspace bind --channel lab #ops'],
    ['workspace bind --channel <@U1A|ann>', 'workspace bind --channel @ann'],
    ['show <!channel>', 'show @channel'],
    ['show <!here>', 'show @here'],
    ['show <!subteam^S12|@admins>', 'show @admins'],
    ['show <!subteam^S12>', 'show @S12'],
    ['show <!date^1700000000^{date}|14 Nov>', 'show 14 Nov'],
    ['show <web-01>', 'show <web-01>'],
    ['show <>', 'show <>'],
    ['show <@>', 'show <@>'],
    ['show <<<<', 'show <<<<'],
    ['show &lt;@U123ABC|maria&gt;', 'show <@U123ABC|maria>'],
    ['show <http://a|&lt;!channel&gt;>', 'show <!channel>'],
  ])('%j', (text, expected) => {
    expect(slashLine(text)).toBe(expected)
  })

  it.each([
    ['stop “web 01” --reason ‘it’s old’', ['stop', 'web 01', '--reason', 'it’s old']],
    ['stop “web 01” --reason “it’s old”', ['stop', 'web 01', '--reason', 'it’s old']],
    ['ls tag=“prod”', ['ls', 'tag=prod']],
    ['stop “web', 'unbalanced_quote'],
  ])('%j as words', (text, expected) => {
    expect(wordsOf(slashLine(text))).toEqual(expected)
  })

  it('takes 2,000 characters and not one more', () => {
    expect(slashLine('x'.repeat(LONGEST_TEXT))).toHaveLength(LONGEST_TEXT)
    expect(slashLine('x'.repeat(LONGEST_TEXT + 1))).toMatchObject({ kind: 'refusal', code: 'too_long' })
    expect(slashLine('&amp;'.repeat(LONGEST_TEXT))).toBe('&'.repeat(LONGEST_TEXT))
    expect(slashLine('x'.repeat(1_000_000))).toMatchObject({ code: 'too_long' })
  })

  it('never throws, and decodes no more than once, whatever comes', () => {
    const piece = fc.constantFrom(
      '<',
      '>',
      '|',
      '&amp;',
      '&lt;',
      '@',
      '#',
      '!',
      'U1',
      'http:',
      '“',
      '’',
      ' ',
      '—a',
      '\u00a0',
    )
    fc.assert(
      fc.property(fc.array(fc.oneof(piece, fc.string()), { maxLength: 60 }), (parts) => {
        const line = slashLine(parts.join(''))
        expect(typeof line === 'string' ? line.length <= LONGEST_TEXT : line.code === 'too_long').toBe(true)
      }),
    )
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('a', '&', '<', '>', ';', 'l', 't', ' ') }), (typed) => {
        const sent = typed.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
        expect(slashLine(sent)).toBe(typed.trim())
      }),
    )
  })

  it('reads a long hostile text in a straight line', () => {
    expect(slashLine('<@'.repeat(7000))).toMatchObject({ code: 'too_long' })
    expect(slashLine(`<${'a:'.repeat(900)}`)).toHaveLength(1801)
  })
})

describe('what was typed in a mention', () => {
  it.each([
    ['<@UBOT> status', 'status'],
    ['  <@UBOT|proxmox>: status', 'status'],
    ['<@UBOT>', ''],
    ['<@UBOT>, ls nodes', 'ls nodes'],
    ['<@ubot> status', 'status'],
    ['<@UBOT> show <@UBOT>', 'show @UBOT'],
    ['<@UOTHER> status', '@UOTHER status'],
    ['hey <@UBOT> status', 'hey @UBOT status'],
    ['<@UBOT> `stop web-01`', 'stop web-01'],
    ['<@UBOT> ```\nstop web-01\n```', 'stop web-01'],
    ['<@UBOT> note `x` and `y`', 'note `x` and `y`'],
    ['<@UBOT> stop web-01\n--reason “old &amp; slow”', 'stop web-01\n--reason "old & slow"'],
    ['<@UBOT> /pve status', '/pve status'],
    ['', ''],
  ])('%j', (text, expected) => {
    expect(mentionLine(text, 'UBOT')).toBe(expected)
  })

  it('is as long as it may be', () => {
    expect(mentionLine(`<@UBOT> ${'x'.repeat(LONGEST_TEXT)}`, 'UBOT')).toHaveLength(LONGEST_TEXT)
    expect(mentionLine(`<@UBOT> ${'x'.repeat(LONGEST_TEXT + 1)}`, 'UBOT')).toMatchObject({ code: 'too_long' })
  })
})
