import { describe, expect, it } from '@jest/globals'
import type { Grant } from '../../../src/core/people.js'
import { SHIPPED_POLICY } from '../../../src/core/policy.js'
import { authorise } from '../../../src/pipeline/authorise.js'
import { identify } from '../../../src/pipeline/identify.js'
import { noteEnd } from '../../../src/pipeline/note.js'
import { road } from '../../../src/pipeline/road.js'
import type { RoadParts } from '../../../src/pipeline/road-parts.js'
import type { Caller } from '../../../src/ports/road.js'
import { registry } from '../../../src/registry.js'
import {
  ALICE,
  BOB,
  CAROL,
  contextOf,
  everything,
  fakeAudit,
  fakePeople,
  NOW,
  person,
} from '../features/support.js'

const MARIA = person(7, 'maria', everything('reader'), [{ surface: 'slack', id: 'U0MARIA' }])
const SETTINGS = { policy: SHIPPED_POLICY, policyHash: 'x', assume: [], demo: false }
const DEMO = { ...SETTINGS, demo: true }
const slack = (account: string, more: Partial<Caller> = {}): Caller => ({
  surface: 'slack',
  account,
  as: null,
  ...more,
})
const people = () => fakePeople([ALICE, BOB, CAROL, MARIA])

describe('who somebody is', () => {
  it.each(['reader', 'operator'] as const)(
    'a group gives %s to a known person, for this request',
    async (role) => {
      const store = people()
      const granted = everything(role, 'operator')

      const speaker = await identify(slack('U0MARIA', { granted }), store, SETTINGS)

      expect(speaker).toMatchObject({
        kind: 'known',
        person: { name: 'maria', grants: everything('reader', 'operator') },
      })
      expect((await store.byName('maria'))?.grants).toEqual(MARIA.grants)
    },
  )

  it('a group gives no more than that', async () => {
    const granted = everything('approver', 'admin', 'auditor')

    expect(await identify(slack('U0MARIA', { granted }), people(), SETTINGS)).toMatchObject({
      person: { grants: MARIA.grants },
    })
  })

  it('a group narrows by its scope', async () => {
    const grant: Grant = { role: 'operator', scope: { kind: 'pool', name: 'dev' } }

    expect(await identify(slack('U0MARIA', { granted: [grant] }), people(), SETTINGS)).toMatchObject({
      person: { grants: [...MARIA.grants, grant] },
    })
  })

  it.each([SETTINGS, DEMO])('a stranger stays one, whatever is granted (%#)', async (settings) => {
    const granted = everything('operator')

    expect(await identify(slack('U0EVE', { granted }), people(), settings)).toEqual({ kind: 'stranger' })
    // An account of the same name on another surface is another account.
    expect(await identify(slack('alice'), people(), settings)).toEqual({ kind: 'stranger' })
  })

  it('in a demo the console alone starts as somebody', async () => {
    const console = { surface: 'console', account: 'eve', as: null } as const

    expect(await identify(console, people(), DEMO)).toMatchObject({ person: { name: 'alice' } })
    expect(await identify({ ...console, as: 'bob' }, people(), DEMO)).toMatchObject({
      person: { name: 'bob' },
    })
  })

  it.each([
    [SETTINGS, 'U0MARIA', 'alice'],
    [{ ...SETTINGS, assume: ['maria'] }, 'U0MARIA', 'alice'],
    [DEMO, 'U0MARIA', 'alice'],
    [DEMO, 'U0MARIA', 'maria'],
    [DEMO, 'U0EVE', 'alice'],
  ] as const)('nobody speaks as another one from a chat (%#)', async (settings, account, as) => {
    expect(await identify(slack(account, { as }), people(), settings)).toMatchObject({
      code: 'not_assumable',
    })
  })

  it('what is given on the console does not count there', async () => {
    const caller = { surface: 'console', account: 'bob', as: null, granted: everything('operator') } as const

    expect(await identify(caller, people(), SETTINGS)).toMatchObject({ person: { grants: BOB.grants } })
  })
})

describe('a stranger is told how to get in', () => {
  const ls = { path: ['ls'], role: 'reader', surfaces: 'all' } as const
  it.each([
    ['slack', '`/pve link CODE`'],
    ['discord', '`link`'],
    ['console', '--os-user'],
  ] as const)('on %s', (surface, words) => {
    const refusal = authorise(ls, { surface, account: 'x', as: null }, { kind: 'stranger' })

    expect(refusal).toMatchObject({ code: 'no_role', hint: expect.stringContaining(words) })
    expect(JSON.stringify(refusal).includes('--os-user')).toBe(surface === 'console')
  })
})

describe('link, from Slack', () => {
  const CODE = '7KQD-M2XW-9FHT'
  const faults: unknown[] = []
  function home() {
    const audit = fakeAudit()
    const store = people()
    const { stores, ...context } = contextOf({ audit, people: store })
    const parts: Partial<RoadParts> = {
      ...context,
      stores,
      commands: registry,
      startWorkspace: 'demo',
      settings: { current: () => SETTINGS, lastGood: () => null },
      now: () => NOW,
      onFault: (error) => {
        faults.push(error)
        return 'f1'
      },
    }
    // What a runner does is no part of linking.
    return { audit, store, road: road(parts as RoadParts), parts: parts as RoadParts }
  }
  const ask = (to: ReturnType<typeof home>, words: string, account = 'U0EVE') =>
    to.road.ask({
      caller: slack(account),
      words,
      workspace: null,
      channel: { surface: 'slack', id: 'C0OPS', name: 'ops' },
    })
  const spoiled = (text: string) =>
    [CODE, CODE.toLowerCase(), CODE.replaceAll('-', '')].some((each) => text.includes(each))

  it('makes a stranger a person, and the code is written nowhere', async () => {
    const to = home()
    await ask(to, 'whoami')
    const invited = await to.road.ask({
      caller: { surface: 'console', account: 'carol', as: null },
      words: 'person invite maria',
      workspace: null,
    })
    expect(JSON.stringify(invited)).toContain(CODE)

    const linked = await ask(to, `link ${CODE.toLowerCase()}`)

    expect(linked).toMatchObject({ kind: 'card', heading: 'slack:U0EVE is maria now' })
    expect(await ask(to, 'whoami')).toMatchObject({ heading: 'You are maria' })
    expect(await ask(to, 'unlink')).toMatchObject({ heading: 'slack:U0EVE is not maria any more' })
    expect(spoiled(JSON.stringify([linked, to.audit.entries, faults]))).toBe(false)
  })

  it.each([`link ${CODE}`, `link ${CODE} `, `link ${CODE} --x`, `link "${CODE}`])(
    'a wrong one is not repeated: %s',
    async (words) => {
      const to = home()

      const answer = await ask(to, words)

      expect(answer.kind).toBe('refusal')
      expect(spoiled(JSON.stringify([answer, to.audit.entries, faults]))).toBe(false)
    },
  )

  it('whatever it comes to, its words are not kept', async () => {
    const to = home()
    const command = registry.find(({ path }) => path[0] === 'link')
    if (command === undefined) throw new Error('there is no link')
    const refusal = { kind: 'refusal', code: 'link_wrong', message: '', hint: '', details: [] } as const
    const request = { caller: slack('U0EVE'), words: `link ${CODE}`, workspace: null }

    await noteEnd(to.parts, request, { command, raw: {} }, { kind: 'stranger' }, refusal)

    expect(to.audit.entries).toEqual([])
  })
})

describe('where something is said', () => {
  it('comes to the command: a channel is bound where it is typed', async () => {
    const admin = person(8, 'nina', everything('admin'), [{ surface: 'slack', id: 'U0NINA' }])
    const { stores, ...context } = contextOf({ people: fakePeople([admin]) })
    const parts = {
      ...context,
      stores,
      commands: registry,
      startWorkspace: 'demo',
      settings: { current: () => SETTINGS, lastGood: () => null },
      now: () => NOW,
      onFault: String,
    }
    const to = road(parts as unknown as RoadParts)
    const request = { caller: slack('U0NINA'), words: 'workspace bind --approvals', workspace: null }

    expect(await to.ask(request)).toMatchObject({ code: 'no_channel' })
    await to.ask({ ...request, channel: { surface: 'slack', id: 'C0OPS', name: 'ops' } })

    expect(await stores.bindings.list({})).toMatchObject([
      { channel: 'C0OPS', workspace: 'demo', approvals: true },
    ])
  })
})
