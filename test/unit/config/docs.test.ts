import { readFileSync } from 'node:fs'
import { describe, expect, it } from '@jest/globals'
import { parseConfig } from '../../../src/config/load.js'
import { REFUSAL_CODES } from '../../../src/core/refusal.js'

const page = readFileSync('docs/operating.md', 'utf8')
const examples = [...page.matchAll(/```yaml\n([\s\S]*?)```/g)].map((match) => match[1] ?? '')
/** What stands for the reader's own value. */
const filled = (text: string) =>
  text.replace('AA:BB:…', `${'AA:'.repeat(31)}BB`).replace('sha256/…', `sha256/${'A'.repeat(43)}=`)
const whole = examples.filter((text) => text.startsWith('version:')).map(filled)

describe('docs/operating.md', () => {
  it('has whole examples and parts', () => {
    expect(whole).toHaveLength(2)
    expect(examples.length).toBeGreaterThan(whole.length)
  })

  it.each(whole)('its examples of the whole file are valid', (text) => {
    expect(parseConfig(text, 'operating.md')).not.toHaveProperty('details')
  })

  it.each(examples.filter((text) => !text.startsWith('version:')))(
    'its examples of a part are valid: %s',
    (text) => {
      const [first = ''] = whole
      const rest = first.replace(/^(policy|assume|timing):.*\n/gm, '')

      expect(parseConfig(rest + text, 'operating.md')).not.toHaveProperty('details')
    },
  )

  it('asks of production what it says it does', () => {
    expect(parseConfig(whole[1] ?? '', 'operating.md')).toMatchObject({
      policy: {
        rules: [
          { name: 'production', require: { approvals: 2, reason: true } },
          { require: { role: 'admin', confirm: 'typed' } },
          { refuse: expect.stringContaining('storage') },
        ],
      },
    })
  })

  it('tells of every code that a refusal may have', () => {
    const missing = Object.keys(REFUSAL_CODES).filter((code) => !page.includes(`\`${code}\``))

    expect(missing).toEqual([])
  })
})
