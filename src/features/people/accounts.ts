import { arg, optional } from '../../core/args.js'
import { card } from '../../core/card.js'
import { type Answer, defineCommand, type Query } from '../../core/command.js'
import { sha256 } from '../../core/digest.js'
import { fact } from '../../core/facts.js'
import { type Account, grantText, holdsEverywhere, type Person, SURFACES } from '../../core/people.js'
import { isRefusal, type Refusal, refuse } from '../../core/refusal.js'
import type { QueryContext } from '../../ports/query.js'
import { normalCode } from './code.js'
import { findPerson } from './find.js'
import { accountText, callerAccount, strangerCard, whoamiCard } from './view.js'

const OPEN = { group: 'workspace', role: 'anyone', freshness: 'none' } as const

const link = defineCommand({
  ...OPEN,
  path: ['link'],
  summary: 'Links the account you use to a person, by the code they were given',
  risk: 'routine',
  examples: ['link 7KQD-M2XW-9FHT'],
  args: { code: arg.text({ label: 'code', summary: 'as `person invite` showed it' }, 200) },
  answer: async (context: QueryContext, { code }) => {
    const account = callerAccount(context.caller)
    const linked = await context.stores.people.redeem(sha256(normalCode(code)), account, context.now)
    if (isRefusal(linked)) return linked
    return card({
      heading: `${accountText(account)} is ${linked.name} now`,
      tone: 'good',
      text: 'It holds at once, and the code is used up.',
      facts: [fact('roles', linked.grants.map(grantText).join(', ') || 'none yet')],
    })
  },
})

const unlink = defineCommand({
  ...OPEN,
  path: ['unlink'],
  summary: 'Parts an account from its person: your own, or for admins any',
  risk: 'routine',
  examples: ['unlink', 'unlink console:mhuber'],
  args: {
    account: optional.text({ label: 'account', summary: 'as `person ls` shows it: console:mhuber' }, 100),
  },
  answer: async (context: QueryContext, args) => {
    const account =
      args.account === undefined ? callerAccount(context.caller) : readAccount(context, args.account)
    if (isRefusal(account)) return account
    const { actor, person } = context
    if (actor === null || person === null) return noPerson(account)
    const owner = await context.stores.people.byAccount(account)
    const admin = holdsEverywhere(person.grants, 'admin')
    const own = owner !== null && (owner.id === actor.personId || owner.id === actor.realPersonId)
    // Whether an account is known is nobody's business but its owner's and the admins'.
    if (!own && !admin && args.account !== undefined)
      return refuse(
        'no_role',
        `${accountText(account)} is not yours.`,
        'Only admins part an account from somebody else.',
      )
    if (owner === null) return unknownAccount(context, account)
    const parted = await context.stores.people.change({ kind: 'unlink', account }, actor, context.now)
    if (isRefusal(parted)) return parted
    return card({
      heading: `${accountText(account)} is not ${owner.name} any more`,
      tone: 'good',
      text: `It holds at once. To link it again takes a new code: person invite ${owner.name}`,
    })
  },
})

function readAccount({ nearest }: QueryContext, typed: string): Account | Refusal {
  const text = typed.trim()
  const cut = text.indexOf(':')
  const word = text.slice(0, Math.max(0, cut)).toLowerCase()
  const surface = SURFACES.find((candidate) => candidate === word)
  const id = text.slice(cut + 1)
  if (surface !== undefined && id !== '') return { surface, id }
  const near = cut < 0 ? null : nearest(word, SURFACES)
  return refuse(
    'wrong_argument',
    `\`${typed}\` is no account.`,
    near === null ? 'Write it as `person ls` shows it: `console:maria`.' : `Did you mean \`${near}:${id}\`?`,
  )
}

function noPerson(account: Account): Refusal {
  return refuse(
    'unknown_account',
    `The account ${accountText(account)} is linked to nobody, or not for you to part.`,
    '`whoami` tells who you are here.',
  )
}

async function unknownAccount(context: QueryContext, account: Account): Promise<Refusal> {
  const people = await context.stores.people.list()
  const near = context.nearest(
    accountText(account),
    people.flatMap(({ accounts }) => accounts.map(accountText)),
  )
  return refuse(
    'unknown_account',
    `The account ${accountText(account)} is linked to nobody.`,
    near === null ? '`person ls` lists the accounts.' : `Did you mean \`${near}\`?`,
  )
}

const whoami = defineCommand({
  ...OPEN,
  path: ['whoami'],
  summary: 'Who you are here, your roles, and what you may do',
  risk: 'read',
  examples: ['whoami'],
  args: {},
  answer: (context: QueryContext) =>
    context.person === null ? strangerCard(context) : whoamiCard(context, context.person),
})

const as = defineCommand({
  ...OPEN,
  path: ['as'],
  summary: 'Speak as another person: in a demo, or where the config allows it',
  risk: 'read',
  surfaces: 'console',
  examples: ['as bob'],
  args: { name: arg.person({ label: 'person', summary: 'as whom' }) },
  answer: async (context: QueryContext, { name }): Promise<Answer> => {
    const refusal = notAssumable(context, name)
    if (refusal !== null) return refusal
    const person = await findPerson(context, name)
    if (isRefusal(person)) return person
    return {
      kind: 'session',
      effect: { kind: 'as', person: person.name },
      card: card({ heading: `You speak as ${person.name} now`, facts: factsOf(person) }),
    }
  },
})

function factsOf(person: Person) {
  return [fact('roles', person.grants.map(grantText).join(', ') || 'none yet')]
}

/** Whether the one who really types may speak as others; to be oneself again is always allowed. */
function notAssumable(context: QueryContext, name: string): Refusal | null {
  const settings = context.settings()
  if (isRefusal(settings)) return settings
  if (settings.demo) return null
  const real = context.actor?.realPerson ?? context.actor?.person ?? null
  if (real !== null && (settings.assume.includes(real) || real.toLowerCase() === name.trim().toLowerCase()))
    return null
  return refuse(
    'not_assumable',
    real === null
      ? 'Nobody here knows you, so you speak for nobody.'
      : `${real} may speak only as ${real} here.`,
    'Whoever runs this home can allow it in the config file: assume: [NAME].',
  )
}

export const accountCommands: readonly Query<QueryContext>[] = [link, unlink, whoami, as]
