import { describe, expect, it } from '@jest/globals'
import { sha256 } from '../../../src/core/digest.js'
import { peopleCommands } from '../../../src/features/people/commands.js'
import type { QueryContext } from '../../../src/ports/query.js'
import {
  ALICE,
  actorOf,
  BOB,
  CAROL,
  cardOf,
  contextOf,
  DAVE,
  everything,
  fakePeople,
  guest,
  NOW,
  person,
  picture,
  say,
  textOf,
  type World,
} from './support.js'

const PICTURES = [
  picture(
    'lab',
    [
      guest(101, 'web-01', { tags: ['prod', 'web'], pool: 'production' }),
      guest(102, 'twin'),
      guest(103, 'twin'),
      guest(104, 'ghost', { hidden: true }),
    ],
    ['production'],
  ),
]

function world(more: World = {}) {
  const people = fakePeople([ALICE, BOB, CAROL, DAVE])
  return { people, context: contextOf({ people, pictures: PICTURES, ...more }) }
}

const ask = (line: string | readonly string[], context: QueryContext) => say(peopleCommands, line, context)

describe('person add', () => {
  it('makes a person without roles, by the account of the host', async () => {
    const { people, context } = world()

    const card = cardOf(await ask('person add Maria --os-user mhuber', context))

    expect(people.changes).toEqual([
      { kind: 'add', name: 'maria', accounts: [{ surface: 'console', id: 'mhuber' }], grants: [] },
    ])
    expect(card.heading).toBe('maria is known now')
    expect(card.text).toContain('no role yet')
    expect(card.actions.map(({ words }) => words)).toEqual(['grant add maria reader'])
  })

  it('without an account, offers a code', async () => {
    const { context } = world()

    expect(cardOf(await ask('person add maria', context)).actions.map(({ words }) => words)).toEqual([
      'grant add maria reader',
      'person invite maria',
    ])
  })

  it.each([
    ['blanks', 'maria huber'],
    ['a line break', 'maria\nadmin'],
    ['a terminal sequence', '\u001b[31mmaria'],
    ['letters that look like others', 'аlice'],
    ['a mention', '@everyone'],
    ['a flag', '-rf'],
    ['a right-to-left override', 'maria\u202e'],
    ['markup', '`maria`'],
    ['nothing', ' '],
    ['too much', 'm'.repeat(33)],
    ['a formula', '=1+1'],
  ])('refuses a name with %s', async (_, name) => {
    const { people, context } = world()

    expect(await ask(['person', 'add', name], context)).toMatchObject({ code: 'wrong_argument' })
    expect(people.changes).toEqual([])
  })

  it.each(['a b', 'a:b', 'ä', 'x\u0000', ''])('refuses the user %j', async (user) => {
    const { people, context } = world()

    expect(await ask(['person', 'add', 'maria', '--os-user', user], context)).toMatchObject({
      code: 'wrong_argument',
    })
    expect(people.changes).toEqual([])
  })

  it('refuses a name that differs from a known one by case alone', async () => {
    const people = fakePeople([person(1, 'Maria', [])])

    expect(await ask('person add maria', contextOf({ people }))).toMatchObject({ code: 'person_exists' })
    expect(people.changes).toEqual([])
  })

  it('says what the store refuses', async () => {
    const { context } = world()

    expect(await ask('person add maria --os-user alice', context)).toMatchObject({ code: 'account_taken' })
  })
})

describe('person ls, rm', () => {
  it('lists roles and accounts and marks who asks, and who really does', async () => {
    const { context } = world({ speaker: BOB, real: ALICE })

    const rows = cardOf(await ask('person ls', context)).table?.rows

    expect(rows).toEqual([
      { name: 'alice', you: 'really you', roles: 'operator, approver, auditor', accounts: 'console:alice' },
      { name: 'bob', you: 'you', roles: 'approver, auditor', accounts: 'console:bob' },
      { name: 'carol', you: '', roles: 'admin', accounts: 'console:carol' },
      { name: 'dave', you: '', roles: 'reader', accounts: 'none' },
    ])
  })

  it('removes by name, whatever its case', async () => {
    const { people, context } = world()

    expect(cardOf(await ask('person rm DAVE', context)).heading).toBe('dave is gone')
    expect(people.changes).toEqual([{ kind: 'remove', name: 'dave' }])
  })

  it('offers the nearest name', async () => {
    const { people, context } = world()

    expect(await ask('person rm aclie', context)).toMatchObject({
      code: 'unknown_person',
      hint: 'Did you mean `alice`?',
    })
    expect(people.changes).toEqual([])
  })

  it('leaves the last admin', async () => {
    expect(await ask('person rm carol', world().context)).toMatchObject({ code: 'last_admin' })
  })
})

describe('person invite, link', () => {
  it('shows the code once and keeps only its hash', async () => {
    const { people, context } = world()

    const card = cardOf(await ask('person invite dave', context))

    expect(card.code?.text).toBe('link 7KQD-M2XW-9FHT')
    expect(people.invites).toEqual([
      { name: 'dave', codeHash: sha256('7kqdm2xw9fht'), expiresAt: new Date(NOW.getTime() + 600_000) },
    ])
    expect(JSON.stringify(people.invites)).not.toMatch(/7kqd/i)
    expect(card.facts[0]).toMatchObject({ label: 'valid until', value: '2026-03-12T14:10:00.000Z' })
  })

  it.each(['7KQD-M2XW-9FHT', '7kqd m2xw 9fht', ' 7KQDM2XW9FHT '])('%j links the account', async (code) => {
    const { people, context } = world()
    await ask('person invite dave', context)

    const answer = await ask(['link', code], contextOf({ people, speaker: null }))

    expect(cardOf(answer).heading).toBe('console:eve is dave now')
    expect((await people.byName('dave'))?.accounts).toEqual([{ surface: 'console', id: 'eve' }])
  })

  it('passes on that a code is wrong', async () => {
    expect(await ask('link nonsense', world({ speaker: null }).context)).toMatchObject({ code: 'link_wrong' })
  })
})

describe('grant add', () => {
  it.each([
    ['operator', { kind: 'everything' }],
    ['operator everything', { kind: 'everything' }],
    ['operator EVERYTHING', { kind: 'everything' }],
    ['operator pool=production', { kind: 'pool', name: 'production' }],
    ['operator pool=PRODUCTION', { kind: 'pool', name: 'production' }],
    ['operator tag=Prod', { kind: 'tag', name: 'prod' }],
    ['operator node=pve1', { kind: 'node', name: 'pve1' }],
    ['operator guest=web-01', { kind: 'guest', cluster: 'lab', vmid: 101 }],
    ['operator guest=WEB-01', { kind: 'guest', cluster: 'lab', vmid: 101 }],
    ['operator guest=103', { kind: 'guest', cluster: 'lab', vmid: 103 }],
    ['operator guest=lab/103', { kind: 'guest', cluster: 'lab', vmid: 103 }],
  ])('%s', async (words, scope) => {
    const { people, context } = world()

    const card = cardOf(await ask(`grant add dave ${words}`, context))

    expect(people.changes).toEqual([{ kind: 'grant', name: 'dave', grant: { role: 'operator', scope } }])
    expect(card.text).toContain('at once')
  })

  it.each([
    ['pool=prodution', 'unknown_resource', 'Did you mean `pool=production`?'],
    ['tag=prdo', 'unknown_resource', 'Did you mean `tag=prod`?'],
    ['node=pve9', 'unknown_resource', 'Did you mean `node=pve1`?'],
    ['pool=zzz', 'unknown_resource', 'Known: production.'],
    ['pol=production', 'wrong_argument', 'Did you mean `pool=production`?'],
    ['evrything', 'wrong_argument', 'Did you mean `everything`?'],
    ['everything=1', 'wrong_argument', 'Did you mean `everything`?'],
    ['guest=', 'wrong_argument', 'Did you mean `guest=NAME`?'],
    ['guest=wbe-01', 'unknown_guest', 'Did you mean `guest=web-01`?'],
    ['guest=ghost', 'unknown_guest', '`ls` lists the guests there are.'],
    ['guest=other/101', 'unknown_guest', '`ls` lists the guests there are.'],
    ['guest=twin', 'ambiguous_guest', 'Name it by its number.'],
    ['tag=$(reboot)', 'unknown_resource', 'Known: prod, web.'],
  ])('refuses %s', async (scope, code, hint) => {
    const { people, context } = world()

    const answer = await ask(['grant', 'add', 'dave', 'operator', scope], context)

    expect(answer).toMatchObject({ kind: 'refusal', code })
    expect(answer).toMatchObject({ hint: expect.stringContaining(hint) })
    expect(people.changes).toEqual([])
  })

  it('lists the guests of an ambiguous name', async () => {
    expect(await ask('grant add dave operator guest=twin', world().context)).toMatchObject({
      details: ['guest=lab/102 twin', 'guest=lab/103 twin'],
    })
  })

  it('takes a tag that no guest has yet, and says so', async () => {
    const { people, context } = world()

    const card = cardOf(await ask('grant add dave operator tag=customers', context))

    expect(people.changes).toHaveLength(1)
    expect(card.tone).toBe('warning')
    expect(card.text).toContain('No guest has the tag customers now')
  })

  it.each(['auditor', 'admin'])('refuses %s for a part', async (role) => {
    const { people, context } = world()

    expect(await ask(`grant add dave ${role} pool=production`, context)).toMatchObject({
      code: 'wrong_argument',
    })
    expect(people.changes).toEqual([])
  })

  it.each([
    ['approver', 'not_here'],
    ['admin', 'not_here'],
  ])('%s comes from the console alone', async (role, code) => {
    const { people, context } = world()
    const elsewhere: QueryContext = {
      ...context,
      caller: JSON.parse('{"surface":"slack","account":"U1","as":null}'),
    }

    expect(await ask(`grant add dave ${role}`, elsewhere)).toMatchObject({ code })
    expect(people.changes).toEqual([])
    expect(cardOf(await ask('grant add dave operator', elsewhere)).tone).toBe('good')
  })

  it('says that a role was there already, or adds nothing', async () => {
    const { people, context } = world()

    expect(cardOf(await ask('grant add bob approver', context))).toMatchObject({ outcome: 'already' })
    expect(people.changes).toEqual([])
    expect(cardOf(await ask('grant add carol approver', context)).text).toContain('adds nothing yet')
  })

  it('tells that somebody without an account cannot use it', async () => {
    expect(cardOf(await ask('grant add dave operator', world().context)).text).toContain('person invite dave')
  })
})

describe('grant rm, ls', () => {
  const grants = [
    ...everything('reader'),
    { role: 'operator', scope: { kind: 'guest', cluster: 'lab', vmid: 999 } },
    { role: 'operator', scope: { kind: 'guest', cluster: 'lab', vmid: 101 } },
    { role: 'approver', scope: { kind: 'pool', name: 'gone' } },
  ] as const
  const setting = () => {
    const people = fakePeople([person(4, 'dave', grants)])
    return { people, context: contextOf({ people, pictures: PICTURES }) }
  }

  it.each([
    ['reader', grants[0]],
    ['operator guest=999', grants[1]],
    ['operator guest=lab/999', grants[1]],
    ['operator guest=web-01', grants[2]],
    ['approver pool=gone', grants[3]],
    ['approver POOL=GONE', grants[3]],
  ])('takes back %s, also of what is gone', async (words, grant) => {
    const { people, context } = setting()

    const card = cardOf(await ask(`grant rm dave ${words}`, context))

    expect(people.changes).toEqual([{ kind: 'revoke', name: 'dave', grant }])
    expect(card.text).toContain('at once')
  })

  it.each(['operator', 'approver pool=production', 'auditor', 'operator guest=102', 'operator guest=nobody'])(
    'refuses %s, and lists what there is',
    async (words) => {
      const { people, context } = setting()

      expect(await ask(`grant rm dave ${words}`, context)).toMatchObject({
        code: 'no_such_grant',
        details: [
          'reader everything',
          'operator guest=lab/999',
          'operator guest=lab/101',
          'approver pool=gone',
        ],
      })
      expect(people.changes).toEqual([])
    },
  )

  it('lists all, or those of one, with the names of guests', async () => {
    const { context } = setting()

    const card = cardOf(await ask('grant ls Dave', context))

    expect(card.heading).toBe('4 grants of dave')
    expect(card.table?.rows.map(({ scope, guest: name }) => [scope, name])).toEqual([
      ['everything', null],
      ['guest=lab/999', null],
      ['guest=lab/101', 'web-01'],
      ['pool=gone', null],
    ])
    expect(cardOf(await ask('grant ls', world().context)).heading).toBe('7 grants')
    expect(await ask('grant ls nobody', context)).toMatchObject({ code: 'unknown_person' })
  })
})

describe('unlink', () => {
  it('parts the own account', async () => {
    const { people, context } = world({ speaker: BOB })

    expect(cardOf(await ask('unlink', context)).heading).toBe('console:bob is not bob any more')
    expect(people.changes).toEqual([{ kind: 'unlink', account: { surface: 'console', id: 'bob' } }])
  })

  it('the own account is that of the one who really types', async () => {
    const { people, context } = world({ speaker: BOB, real: ALICE })

    await ask('unlink', context)

    expect(people.changes).toEqual([{ kind: 'unlink', account: { surface: 'console', id: 'alice' } }])
  })

  it.each(['console:alice', 'console:nobody', 'slack:U123'])('%s is only for admins', async (account) => {
    const { people, context } = world({ speaker: BOB })

    expect(await ask(`unlink ${account}`, context)).toMatchObject({ code: 'no_role' })
    expect(people.changes).toEqual([])
  })

  it('an admin parts any', async () => {
    const { people, context } = world()

    expect(cardOf(await ask('unlink Console:bob', context)).heading).toContain('console:bob')
    expect(people.changes).toHaveLength(1)
  })

  it.each([
    ['console:bbo', 'unknown_account', 'console:bob'],
    ['consle:bob', 'wrong_argument', 'console:bob'],
    ['bob', 'wrong_argument', 'console:maria'],
    ['console:', 'wrong_argument', ''],
    ['console:\u001b[2J', 'unknown_account', ''],
  ])('refuses %j', async (account, code, hint) => {
    const { people, context } = world()

    const answer = await ask(['unlink', account], context)

    expect(answer).toMatchObject({ code })
    expect(answer).toMatchObject({ hint: expect.stringContaining(hint) })
    expect(people.changes).toEqual([])
  })

  it.each(['unlink', 'unlink console:bob'])('a stranger parts nothing: %s', async (line) => {
    const { people, context } = world({ speaker: null })

    expect(await ask(line, context)).toMatchObject({ code: 'unknown_account' })
    expect(people.changes).toEqual([])
  })
})

describe('whoami', () => {
  it('tells roles, for what, and what they mean', async () => {
    const scoped = person(5, 'eva', [
      ...everything('reader'),
      { role: 'approver', scope: { kind: 'pool', name: 'production' } },
    ])

    const card = cardOf(await ask('whoami', contextOf({ speaker: scoped })))

    expect(card.heading).toBe('You are eva')
    expect(card.table?.rows).toEqual([
      { role: 'reader', scope: 'everything', means: expect.stringContaining('eva may look') },
      { role: 'approver', scope: 'pool=production', means: expect.stringContaining('somebody else') },
    ])
    expect(card.facts[0]).toMatchObject({ value: 'console:eva' })
  })

  it('tells who it really is', async () => {
    const card = cardOf(await ask('whoami', world({ speaker: BOB, real: ALICE }).context))

    expect(card.heading).toBe('You speak as bob; really you are alice')
  })

  it('tells a stranger how to get in', async () => {
    const card = cardOf(await ask('whoami', world({ speaker: null }).context))

    expect(card.heading).toBe('Nobody here knows console:eve')
    expect(textOf(card)).toContain('person add NAME --os-user eve')
    expect(textOf(card)).toContain('link CODE')
  })
})

describe('as', () => {
  it('anybody is anybody in a demo', async () => {
    const { context } = world({ speaker: ALICE, settings: { demo: true } })

    expect(await ask('as BOB', context)).toMatchObject({
      kind: 'session',
      effect: { kind: 'as', person: 'bob' },
    })
    expect(await ask('as bbo', context)).toMatchObject({
      code: 'unknown_person',
      hint: 'Did you mean `bob`?',
    })
  })

  it('elsewhere, only who is named in the config, by who they really are', async () => {
    const settings = { assume: ['alice'] }

    expect(await ask('as bob', world({ speaker: ALICE, settings }).context)).toMatchObject({
      kind: 'session',
    })
    expect(await ask('as carol', world({ speaker: BOB, real: ALICE, settings }).context)).toMatchObject({
      kind: 'session',
    })
    expect(await ask('as carol', world({ speaker: BOB, settings }).context)).toMatchObject({
      code: 'not_assumable',
    })
    expect(await ask('as carol', world({ speaker: ALICE, real: BOB, settings }).context)).toMatchObject({
      code: 'not_assumable',
    })
  })

  it('to be oneself again needs no leave', async () => {
    expect(await ask('as alice', world({ speaker: BOB, real: ALICE }).context)).toMatchObject({
      effect: { person: 'alice' },
    })
  })

  it('a stranger learns no names', async () => {
    const { context } = world({ speaker: null })

    expect(await ask('as alice', context)).toMatchObject({ code: 'not_assumable' })
    expect(await ask('as nobody', context)).toMatchObject({ code: 'not_assumable' })
  })
})

describe('who may type it at all', () => {
  it.each([
    ['person add', 'admin'],
    ['person ls', 'reader'],
    ['person rm', 'admin'],
    ['person invite', 'admin'],
    ['grant add', 'admin'],
    ['grant rm', 'admin'],
    ['grant ls', 'reader'],
    ['link', 'anyone'],
    ['unlink', 'anyone'],
    ['whoami', 'anyone'],
    ['as', 'anyone'],
  ])('%s: %s', (name, role) => {
    const command = peopleCommands.find(({ path }) => path.join(' ') === name)

    expect(command).toMatchObject({ role, freshness: 'none', surfaces: name === 'as' ? 'console' : 'all' })
  })

  it('changes are written down under the one who speaks', async () => {
    const seen: unknown[] = []
    const { context } = world({ speaker: CAROL, real: ALICE })
    const people = {
      ...context.stores.people,
      change: async (_: unknown, actor: unknown) => {
        seen.push(actor)
        return DAVE
      },
    }

    await ask('grant add dave operator', { ...context, stores: { ...context.stores, people } })

    expect(seen).toEqual([actorOf(CAROL, ALICE)])
  })
})
