import { describe, expect, it } from '@jest/globals'
import { renderCard, renderRefusal } from '../../../src/chat/slack/blocks/card.js'
import { typedOnSlack } from '../../../src/chat/slack/typed.js'
import { card } from '../../../src/core/card.js'
import { refuse } from '../../../src/core/refusal.js'
import { registry } from '../../../src/registry.js'

const typed = typedOnSlack(registry)

describe('words as they are typed in Slack', () => {
  it.each([
    ['approve op12', '/pve approve op12'],
    ["approve op12 --reason '…'", "/pve approve op12 --reason '…'"],
    ['/pve show 101', '/pve show 101'],
    ['Workspace bind lab --approvals', '/pve Workspace bind lab --approvals'],
    ['task ls', '/pve task ls'],
    ['web-01', 'web-01'],
    ['task', 'task'],
    ['exit', 'exit'],
    ['proxmox-mpc doctor slack', 'proxmox-mpc doctor slack'],
    ['C0123ABCD', 'C0123ABCD'],
    ['', ''],
  ])('%j', (words, said) => {
    expect(typed(words)).toBe(said)
  })

  const drawing = { timeZone: 'UTC', now: new Date(0), typed }

  it('stand so in hints of cards, also where a notification says them', () => {
    const drawn = renderCard(
      card({ heading: 'It waits', text: 'For others: `approve op12`, on `web-01`.' }),
      drawing,
    )

    expect(JSON.stringify(drawn.blocks)).toContain('`/pve approve op12`, on `web-01`')
    expect(drawn.text).toContain('/pve approve op12, on web-01')
  })

  it('stand so in the hint of a refusal, and not in what it is about', () => {
    const refusal = refuse('unknown_command', 'There is no `status`.', 'Type `help`.')
    const text = JSON.stringify(renderRefusal(refusal, drawing).blocks)

    expect(text).toContain('There is no `status`.')
    expect(text).toContain('Type `/pve help`.')
  })
})
