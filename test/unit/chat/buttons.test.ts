import { describe, expect, it } from '@jest/globals'
import {
  BUTTON_VERBS,
  buttonsOf,
  formOfButton,
  parseButton,
  wordsOfButton,
} from '../../../src/chat/buttons.js'
import type { Operation } from '../../../src/core/operation.js'
import { operation } from '../core/operations.js'

const nowhere = () => null
const verbsOf = (one: Operation) => buttonsOf(one, nowhere).map(({ verb }) => verb)

describe('buttons', () => {
  const waiting = operation()

  it.each([
    [{}, ['approve', 'deny', 'cancel']],
    [{ reason: true }, ['approve_reason', 'deny', 'cancel']],
    [{ confirm: 'typed' }, ['approve_typed', 'deny', 'cancel']],
    [{ confirm: 'typed', reason: true }, ['approve_typed_reason', 'deny', 'cancel']],
    [{ confirm: 'plain', approvals: 0 }, ['confirm', 'cancel']],
    [{ confirm: 'plain' }, ['confirm', 'approve', 'deny', 'cancel']],
  ] as const)('ask for what the policy asks for: %j', (more, verbs) => {
    expect(verbsOf({ ...waiting, requirement: { ...waiting.requirement, ...more } })).toEqual(verbs)
  })

  it.each([
    ['ready', ['cancel']],
    ['running', ['cancel']],
    ['unknown', ['continue', 'cancel']],
    ['verified', []],
    ['denied', []],
    ['expired', []],
    ['stale', []],
  ] as const)('of an operation that is %s', (state, verbs) => {
    expect(verbsOf({ ...waiting, state })).toEqual(verbs)
  })

  it('carry a verb, an operation and the beginning of the digest, and nothing else', () => {
    const [approve] = buttonsOf(waiting, nowhere)

    expect(approve?.value).toBe(`v1:approve:${waiting.id}:${waiting.planDigest.slice(0, 8)}`)
    expect(parseButton(approve?.value ?? '')).toEqual({
      verb: 'approve',
      operation: waiting.id,
      digest: waiting.planDigest.slice(0, 8),
    })
  })

  it('ask once more, naming guest, number and node', () => {
    const [approve] = buttonsOf(waiting, () => 'pve1')

    expect(approve?.sure?.text).toMatch(/stop: vm-101 \(lab\/101 on pve1\)/)
  })

  describe('of many guests', () => {
    const many = (count: number, name: (at: number) => string): Operation => {
      const [step] = waiting.steps
      if (step === undefined) throw new Error('no step')
      const steps = Array.from({ length: count }, (_, index) => ({
        ...step,
        ...{ index, vmid: 1000 + index, name: name(index) },
      }))
      return { ...waiting, steps }
    }
    const sureOf = (one: Operation) => buttonsOf(one, () => 'pve1')[0]?.sure?.text ?? ''

    it('ask with their number first, and as many names as fit, none of them cut', () => {
      const text = sureOf(many(200, (at) => `a-rather-long-name-of-a-guest-${at}`))

      expect(text).toMatch(/^stop 200 guests: a-rather-long-name-of-a-guest-0 \(lab\/1000 on pve1\), /)
      expect(text).toMatch(/ on pve1\) and \d{3} more$/)
      expect(text.length).toBeLessThanOrEqual(300)
    })

    it('name them all where they fit', () => {
      expect(sureOf(many(2, (at) => `web-${at}`))).toBe(
        'stop 2 guests: web-0 (lab/1000 on pve1), web-1 (lab/1001 on pve1)',
      )
    })

    it('keep the number and the node of one with an endless name', () => {
      const text = sureOf(many(1, () => 'x\n'.repeat(500)))

      expect(text).toContain('(lab/1000 on pve1)')
      expect(text.length).toBeLessThanOrEqual(300)
    })
  })

  it.each(['waiting', 'ready', 'running', 'unknown'] as const)(
    'cancelling what is %s names what it is about, too',
    (state) => {
      const cancel = buttonsOf({ ...waiting, state }, () => 'pve1').find(({ verb }) => verb === 'cancel')

      expect(cancel?.sure).toMatchObject({
        title: expect.stringMatching(/^(Cancel|Stop|Close) op\d+\?$/),
        text: expect.stringContaining('lab/101 on pve1'),
      })
    },
  )

  it.each([
    '',
    'v1:approve:0:12345678',
    'v2:approve:1:12345678',
    'v1:stop:1:12345678',
    'v1:approve:1:1234',
    'x',
  ])('are not read from %j', (value) => {
    expect(parseButton(value)).toBeNull()
  })

  it.each(BUTTON_VERBS)('%s stands for words of the one grammar', (verb) => {
    const pressed = { verb, operation: 7, digest: '12345678' }
    const form = formOfButton(verb)
    const words = wordsOfButton(pressed, {
      reason: form?.reason === 'required' ? '--because' : null,
      typed: form?.typed === true ? 'web 01' : null,
    })

    expect(words.slice(0, 2)).toEqual([verb.split('_')[0], 'op7'])
    expect(words.includes('--plan')).toBe(/^(approve|confirm)/.test(verb))
    expect(words.includes('--reason=--because')).toBe(verb.endsWith('_reason'))
    expect(words.includes('--type=web 01')).toBe(verb.includes('_typed'))
  })
})
