import { describe, expect, it } from '@jest/globals'
import { adopt } from '../../../src/chat/pressing.js'
import { card } from '../../../src/core/card.js'
import type { CardMessage } from '../../../src/ports/store/card-messages.js'
import { operation } from '../core/operations.js'

/** A click on a card that the store does not know: it was posted just before a crash. */

async function clicked(known: string | null) {
  const kept: CardMessage = {
    ...{ operation: 7, surface: 'slack', channel: 'C1', thread: null, message: known, delivered: null },
    ...{ final: false, failures: 0, error: null, notBefore: null },
  }
  const rows = [kept]
  const nothing = async () => {}
  const retired: string[] = []
  const run = {
    surface: 'slack' as const,
    board: {
      view: async () => ({ operation: operation({ id: 7, state: 'running' }), card: card({ heading: 'x' }) }),
    },
    stores: {
      cards: {
        want: nothing,
        open: async () => rows,
        of: async () => rows,
        byMessage: async () => null,
        delivered: async (_: unknown, { message }: { readonly message: string }) => {
          rows[0] = { ...kept, message: known ?? message }
        },
        failed: nothing,
        lost: nothing,
        refused: nothing,
        stuck: async () => ({ waiting: 0, givenUp: 0 }),
      },
    },
  }
  await adopt(run, 7, { channel: 'C1', thread: null, message: 'm9' }, async (text) => void retired.push(text))
  return { retired, message: rows[0]?.message }
}

describe('a click on a card that the store does not know', () => {
  it('makes it the card of its channel where there is none', async () => {
    expect(await clicked(null)).toEqual({ retired: [], message: 'm9' })
  })

  it('points to the other one where there is one, without a state that nobody would correct', async () => {
    const { retired, message } = await clicked('m8')

    expect(message).toBe('m8')
    expect(retired).toEqual(['op7: a newer message in this channel shows how it stands.'])
  })
})
