import { describe, expect, it } from '@jest/globals'
import { admit } from '../../../src/chat/admission.js'
import { ask } from '../../../src/chat/asking.js'
import { ending } from '../../../src/chat/ending.js'
import { backlog } from '../../../src/chat/pace.js'
import { rateLimit } from '../../../src/chat/rate-limit.js'
import { isRefusal, type Refusal, refuse } from '../../../src/core/refusal.js'

describe('what is acknowledged and not over yet', () => {
  it('has a bound, and room again once something is over', () => {
    const { enter, size } = backlog(2)
    const [first, second] = [enter(), enter()]
    expect(enter()).toBeNull()
    first?.()
    first?.()
    expect(size()).toBe(1)
    expect(enter()).not.toBeNull()
    expect(enter()).toBeNull()
    second?.()
    expect(size()).toBe(1)
  })

  it('can be waited for', async () => {
    const { enter, idle } = backlog(2)
    await idle()
    const leave = enter()
    const order: string[] = []
    const waited = idle().then(() => order.push('idle'))
    order.push('working')
    leave?.()
    await waited

    expect(order).toEqual(['working', 'idle'])
  })
})

describe('one more thing that somebody does', () => {
  it('is refused when they are too fast, and when everybody together is', () => {
    const talk = { limit: rateLimit(() => 0, { perMinute: 60, burst: 2 }), backlog: backlog(1) }
    const first = admit(talk, 'U1')
    expect(first).toMatchObject({ kind: 'admitted' })
    expect(admit(talk, 'U2')).toMatchObject({
      code: 'rate_limited',
      message: expect.stringContaining('at once'),
    })
    if (!isRefusal(first)) first.leave()
    expect(admit(talk, 'U1')).toMatchObject({ kind: 'admitted' })
    expect(admit(talk, 'U1')).toMatchObject({
      code: 'rate_limited',
      message: expect.stringContaining('go on in'),
    })
  })
})

describe('what is being answered at the end', () => {
  const asked = async (given: Refusal, ended: boolean) => {
    const end = ending()
    let signalled = false
    const going = ask(
      {
        ...{ surface: 'slack', platform: 'Slack', workspaces: [], ending: end },
        ...{ isDirect: () => true, typed: (words: string) => words, onFault: () => '' },
        stores: {
          bindings: {
            of: async () => null,
            list: async () => [],
            bind: async () => {},
            unbind: async () => false,
          },
        },
        road: {
          ask: async ({ signal }: { readonly signal?: AbortSignal }) => {
            if (ended) end.begin()
            signalled = signal?.aborted === true
            return given
          },
          startWorkspace: () => 'lab',
        },
      },
      {
        reading: { kind: 'open', commands: [] },
        words: 'metrics 101',
        said: { channel: 'D1', name: '', thread: null },
        who: async () => ({ kind: 'caller', caller: { surface: 'slack', account: 'U1', as: null } }),
        mayShow: async () => null,
        workspace: 'lab',
      },
    )
    return { ...(await going), signalled }
  }
  const outage = refuse('cluster_unreachable', 'Cluster lab cannot be reached.', '')

  it('is told as that, and not as an outage that it looks like', async () => {
    expect(await asked(outage, true)).toMatchObject({
      answer: { code: 'interrupted', message: expect.stringContaining('being stopped') },
      signalled: true,
    })
  })

  it('is what it is otherwise', async () => {
    expect(await asked(outage, false)).toMatchObject({ answer: outage, signalled: false })
    const own = refuse('own_plan', 'You cannot approve it yourself.', '')
    expect(await asked(own, true)).toMatchObject({ answer: own })
  })
})
