import { describe, expect, it } from '@jest/globals'
import { execJson, execJsonLine, exitCode } from '../../../src/chat/console/json.js'
import { card } from '../../../src/core/card.js'
import { column } from '../../../src/core/facts.js'
import { REFUSAL_CODES, type RefusalCode, refuse } from '../../../src/core/refusal.js'
import { listSample, refusalSample, showSample, statusSample } from './samples.js'

describe('execJson', () => {
  it('gives a card with its table as columns and rows of raw values', () => {
    const made = execJson(listSample(1))
    expect(made).toMatchObject({ ok: true, code: 'done', operation: null })
    expect(made.card.heading).toBe('1 guests, 1 running')
    expect(made.card.table?.columns.slice(0, 2)).toEqual([
      { key: 'name', label: 'name', unit: 'text' },
      { key: 'vmid', label: 'id', unit: 'text' },
    ])
    expect(made.card.table?.rows).toEqual([
      {
        name: 'web-01',
        vmid: 100,
        state: 'running',
        kind: 'CT',
        node: 'pve1',
        cpu: 0,
        memory: 2 ** 29,
        maxmem: 2 ** 30,
        uptime: 6120,
        tags: 'prod;web',
        pool: 'customers',
        lock: null,
      },
    ])
    expect(made.card.sources[0]?.cluster).toBe('lab')
  })

  it('gives every row every column and nothing else, in sections too', () => {
    const table = { columns: [column('a', 'a'), column('b', 'b')], rows: [{ a: 1, hidden: 2 }], empty: '' }
    const made = execJson(card({ heading: 'x', sections: [{ title: 't', table }] }))
    expect(made.card.sections[0]?.table?.rows).toEqual([{ a: 1, b: null }])
  })

  it('gives a refusal as a card with its hint and details', () => {
    expect(execJson(refusalSample)).toMatchObject({
      ok: false,
      code: 'ambiguous_guest',
      operation: null,
      card: {
        heading: '`web` is the name of 2 guests.',
        hint: 'Name one by its number: `show 101`.',
        details: ['101 web (VM on pve1, running)', '204 web (CT on pve3, stopped)'],
        facts: [],
      },
    })
  })

  it('gives the card of a session answer', () => {
    const answer = { kind: 'session', effect: { kind: 'exit' }, card: card({ heading: 'Bye' }) } as const
    expect(execJson(answer)).toMatchObject({ ok: true, code: 'done', card: { heading: 'Bye' } })
  })
})

describe('execJsonLine', () => {
  it('is one line that holds the same object', () => {
    for (const answer of [statusSample, showSample, refusalSample]) {
      const line = execJsonLine(answer)
      expect(line).not.toContain('\n')
      expect(JSON.parse(line)).toEqual(JSON.parse(JSON.stringify(execJson(answer))))
    }
  })

  it('escapes what a terminal might obey, and loses nothing', () => {
    const heading = 'a\u001b[2J\u009b\u202eb\u2028c\u200dd\ud83d\n'
    const line = execJsonLine(card({ heading }))
    expect(line).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e]/)
    expect(JSON.parse(line).card.heading).toBe(heading)
  })
})

describe('exitCode', () => {
  it('is 0 for a card', () => expect(exitCode(statusSample)).toBe(0))

  it.each(Object.entries(REFUSAL_CODES))('%s (%s)', (code, kind) => {
    if (!isCode(code)) throw new Error(code)
    expect(exitCode(refuse(code, 'm', 'h'))).toBe(kind === 'failed' ? 1 : 2)
  })
})

function isCode(code: string): code is RefusalCode {
  return Object.hasOwn(REFUSAL_CODES, code)
}
