import { describe, expect, it } from '@jest/globals'
import { homeOf } from '../../../src/chat/slack/home.js'
import { card } from '../../../src/core/card.js'
import type { Answer } from '../../../src/core/command.js'
import { checkView } from '../../fakes/slack/limits.js'
import { operation } from '../core/operations.js'

/** App Home when there is much to show. */

function home(options: {
  readonly operations: number
  readonly workspaces?: readonly string[]
  readonly long?: boolean
}) {
  const sections =
    options.long === true ? Array.from({ length: 60 }, (_, n) => ({ title: `part ${n}`, text: 'x' })) : []
  const choices = Array.from({ length: options.operations }, (_, n) =>
    ['approve', 'deny', 'cancel'].map((verb) => ({
      label: verb,
      words: `${verb} op${n + 1}`,
      typed: null,
      reason: false,
    })),
  ).flat()
  const answers: Record<string, Answer> = {
    status: card({ heading: 'how the clusters are', sections }),
    approvals: { kind: 'choice', card: card({ heading: 'what waits', sections }), choices },
  }
  const run = {
    workspaces: (options.workspaces ?? ['lab']).map((name) => ({ name, timeZone: 'UTC', clusters: [] })),
    clock: { now: () => new Date(0), monotonic: () => 0, sleep: async () => {} },
    typed: (words: string) => words,
    board: {
      view: async (id: number) => ({ operation: operation({ id }), card: card({ heading: `op${id}` }) }),
      waiting: async () => [],
      onChange: () => () => {},
      reminders: () => [],
    },
    road: {
      ask: async ({ words }: { readonly words: string | readonly string[] }) => {
        const answer = answers[String(words)]
        if (answer === undefined) throw new Error(`nobody asked for ${String(words)}`)
        return answer
      },
    },
  }
  const people = {
    caller: async (account: string) =>
      ({ kind: 'caller', caller: { surface: 'slack', account, as: null } }) as const,
  }
  return homeOf({ run, people }, 'U1')
}

const rowsOf = (view: Awaited<ReturnType<typeof home>>) =>
  view.blocks.flatMap((block) =>
    'elements' in block && block.type === 'actions' && block.elements.length > 1
      ? [block.elements.length]
      : [],
  )

describe('App Home', () => {
  it('has all buttons of an operation or none, and says which operations have none', async () => {
    const view = await home({ operations: 14 })

    expect(rowsOf(view)).toEqual(Array.from({ length: 10 }, () => 3))
    expect(JSON.stringify(view)).toContain('Without buttons here: op11, op12, op13, op14.')
    expect(JSON.stringify(view)).toContain('/pve approvals')
    expect(checkView(JSON.parse(JSON.stringify(view)))).toEqual([])
  })

  it('says nothing of what is left out where all is there', async () => {
    const view = await home({ operations: 2 })

    expect(rowsOf(view)).toEqual([3, 3])
    expect(JSON.stringify(view)).not.toMatch(/Without buttons|Not shown|There is more/)
  })

  it('shows workspaces whole, and names those that do not fit, with how to see them', async () => {
    const view = await home({ operations: 30, workspaces: ['lab', 'prod', 'far'], long: true })
    const text = JSON.stringify(view)

    expect(view.blocks.length).toBeLessThanOrEqual(100)
    expect(text).toContain('Workspace lab')
    expect(text).not.toContain('Workspace prod')
    expect(text).toContain('Not shown, since it does not fit here: prod, far.')
    expect(text).toContain('There is more than fits here: /pve status shows it.')
    expect(checkView(JSON.parse(text))).toEqual([])
  })
})
