import { describe, expect, it } from '@jest/globals'
import { lineFor } from '../../../src/chat/offers.js'
import { optionsFor, plain } from '../../../src/chat/slack/options.js'
import { clip } from '../../../src/chat/text.js'
import { arg, optional } from '../../../src/core/args.js'
import { commandName } from '../../../src/core/command.js'
import { complete } from '../../../src/pipeline/complete.js'
import type { Completion } from '../../../src/ports/road.js'
import { registry } from '../../../src/registry.js'

const words = { label: 'x', summary: 'x' }
const GUEST = arg.guest(words)
const GUESTS = arg.guests(words)

const guest = (text: string, vmid: number, state = 'running'): Completion => ({
  text,
  note: `${vmid} (pve1, ${state})`,
  exact: String(vmid),
})
const FEW = [guest('web-01', 101), guest('web-02', 102), guest('db-web', 103), guest('mail', 104, 'stopped')]
const values = (list: readonly { readonly value?: string }[]) => list.map(({ value }) => value)

describe('options', () => {
  it('look like name (number, node, state) and carry what the grammar takes', () => {
    expect(optionsFor(GUEST, 'web-01', FEW, [])[0]).toEqual({
      text: { type: 'plain_text', text: 'web-01 (101, pve1, running)', emoji: false },
      value: 'web-01',
    })
  })

  it.each([
    ['', ['web-01', 'web-02', 'db-web', 'mail']],
    ['web', ['web-01', 'web-02', 'db-web']],
    ['WEB-', ['web-01', 'web-02']],
    ['102', ['web-02']],
    ['stopped', ['mail']],
    ['mial', ['mail']],
    ['web-03', ['web-01', 'web-02']],
    ['zzzzzz', []],
  ])('%j finds', (typed, expected) => {
    expect(values(optionsFor(GUEST, typed, FEW, []))).toEqual(expected)
  })

  it('offers what merely resembles it only where nothing fits', () => {
    expect(values(optionsFor(GUEST, 'web-01', FEW, []))).toEqual(['web-01'])
  })

  it('puts the last used first, within what fits equally well', () => {
    expect(values(optionsFor(GUEST, '', FEW, ['mail', 'db-web', 'gone']))).toEqual([
      'mail',
      'db-web',
      'web-01',
      'web-02',
    ])
    expect(values(optionsFor(GUEST, 'web', FEW, ['db-web', 'web-02']))).toEqual([
      'web-02',
      'web-01',
      'db-web',
    ])
  })

  it('names by number what shares its name, whatever its case', () => {
    const two = [guest('web', 101), guest('Web', 205), guest('mail', 104)]

    expect(values(optionsFor(GUEST, '', two, []))).toEqual(['101', '205', 'mail'])
  })

  it.each(['205', 'a,b', 'tag prod', 'lab/101', '--force', 'x=y=z', '"q"'])(
    'names by number what the grammar would misread: %j',
    (name) => {
      expect(values(optionsFor(GUESTS, '', [guest(name, 101)], []))).toEqual(['101'])
    },
  )

  it('never gives more than 100, and finds what is far behind', () => {
    const many = Array.from({ length: 5000 }, (_, i) => guest(`vm-${i}`, 1000 + i))

    expect(optionsFor(GUEST, '', many, [])).toHaveLength(100)
    expect(values(optionsFor(GUEST, 'vm-4999', many, []))).toEqual(['vm-4999'])
    expect(values(optionsFor(GUEST, '', many, ['vm-4999']))[0]).toBe('vm-4999')
    expect(optionsFor(GUESTS, 'status=', many, []).length).toBeLessThanOrEqual(100)
  })

  it('keeps the limits of Slack with any name', () => {
    const odd = [
      guest('x'.repeat(300), 1),
      guest(`😀${'é'.repeat(90)}`, 2),
      guest('‮<!channel> :boom:', 3),
      guest('', 4),
    ]
    const options = optionsFor(GUEST, '', odd, [])

    expect(options.length).toBeGreaterThan(2)
    for (const { text, value } of options) {
      expect(text.text.length).toBeLessThanOrEqual(75)
      expect(text.text.length).toBeGreaterThan(0)
      expect(text).toMatchObject({ type: 'plain_text', emoji: false })
      expect(text.text).not.toMatch(/[\u202a-\u202e]/)
      expect(value?.length).toBeLessThanOrEqual(150)
    }
  })

  it.each([
    ['guests', GUESTS, 'tag=new', ['tag=new']],
    ['guests', GUESTS, 'web-01,mail', ['web-01,mail']],
    ['guests', GUESTS, 'nosuch', []],
    ['a guest', GUEST, 'tag=new', []],
    ['what is gone', optional.resource(words, ['guest'], true), 'old-01', ['old-01']],
    ['what is there', arg.resource(words, ['guest']), 'old-01', []],
    ['a task', arg.task(words), 'UPID:pve1:00', ['UPID:pve1:00']],
    ['an operation', arg.operation(words), 'op999', ['op999']],
    ['an operation', arg.operation(words), 'opera', []],
    ['two words', GUESTS, 'tag=new more', []],
  ])('%s may be what nobody knows: %j %j', (_, spec, typed, expected) => {
    expect(values(optionsFor(spec, typed, [], []))).toEqual(expected)
  })
})

describe('lineFor', () => {
  it.each(
    registry.flatMap((command) =>
      Object.entries(command.args)
        .filter(([, spec]) => spec.kind === 'choice')
        .map(([name, spec]) => [`${commandName(command)} ${name}`, command, name, spec] as const),
    ),
  )('%s is completed with its own choices', async (_, command, name, spec) => {
    if (spec.kind !== 'choice') throw new Error('not a choice')
    const offers = await complete(
      { by: null, commands: registry, workspaces: [] },
      lineFor(command, name),
      null,
      'all',
    )

    expect(offers.map(({ text }) => text)).toEqual(expect.arrayContaining([...spec.choices]))
  })

  it('does not offer the choice where the guests are asked for', async () => {
    const ls = registry.find((command) => commandName(command) === 'ls')
    if (ls === undefined) throw new Error('no ls')
    const from = { by: null, commands: registry, workspaces: [] }
    const texts = (await complete(from, lineFor(ls, 'select'), null, 'all')).map(({ text }) => text)

    expect(texts).not.toContain('nodes')
    expect(texts).toContain('status=running')
  })
})

describe('texts', () => {
  it('never cuts a character in half', () => {
    expect(clip('abc', 3)).toBe('abc')
    expect(clip('abcd', 3)).toBe('ab…')
    expect(clip('a😀bc', 3)).toBe('a…')
    expect(plain('a\nb', 10).text).toBe('a ↵ b')
  })
})
