import { describe, expect, it } from '@jest/globals'
import { optionChoices } from '../../../src/chat/discord/complete.js'
import { arg } from '../../../src/core/args.js'

const GUESTS = arg.guests({ label: 'guests', summary: 'which' })
const offers = [
  { text: 'web-01', note: '101 (pve1, running)', exact: '101' },
  { text: 'web-02', note: '102 (pve2, stopped)', exact: '102' },
  { text: 'db-01', note: '201 (pve1, running)', exact: '201' },
]

describe('what is offered while somebody types', () => {
  it('begins with what fits, and calls guests by number, name and where they are', () => {
    expect(optionChoices(GUESTS, 'web', offers, [])).toEqual([
      { name: '101 web-01 (pve1, running)', value: 'web-01' },
      { name: '102 web-02 (pve2, stopped)', value: 'web-02' },
    ])
  })

  it('finds them by number, and puts what was used last in front', () => {
    expect(optionChoices(GUESTS, '201', offers, [])[0]?.value).toBe('db-01')
    expect(optionChoices(GUESTS, '', offers, ['db-01'])[0]?.value).toBe('db-01')
  })

  it('completes the last of a list, and offers none twice', () => {
    expect(optionChoices(GUESTS, 'web-01,w', offers, [])).toEqual([
      { name: 'web-01,102 web-02 (pve2, stopped)', value: 'web-01,web-02' },
    ])
    expect(optionChoices(GUESTS, 'node=pve1 d', offers, [])[0]?.value).toBe('node=pve1 db-01')
  })

  it('gives at most 25, and no value that Discord would refuse', () => {
    const many = Array.from({ length: 60 }, (_, at) => ({
      text: `guest-${at}`,
      note: `${at + 100} (pve1, running)`,
    }))
    const long = [{ text: 'x'.repeat(101), note: '' }]

    expect(optionChoices(GUESTS, '', many, [])).toHaveLength(25)
    expect(optionChoices(GUESTS, '', long, [])).toEqual([])
    for (const { name } of optionChoices(GUESTS, '', [{ text: 'n'.repeat(99), note: '1 (a, b)' }], []))
      expect(name.length).toBeLessThanOrEqual(100)
  })

  it('shows nothing that comes alive or turns the line around', () => {
    const [only] = optionChoices(GUESTS, '', [{ text: 'a\u202eb\u0007', note: '' }], [])
    expect(only?.name).not.toMatch(/[\u202e\u0007]/)
  })
})
