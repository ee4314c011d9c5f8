import { arg, optional } from '../../core/args.js'
import { card } from '../../core/card.js'
import { defineCommand, type Query } from '../../core/command.js'
import { sha256 } from '../../core/digest.js'
import { fact } from '../../core/facts.js'
import { isRefusal, refuse } from '../../core/refusal.js'
import type { QueryContext } from '../../ports/query.js'
import { accountCommands } from './accounts.js'
import { normalCode } from './code.js'
import { findPerson, newName, osUser } from './find.js'
import { grantCommands } from './grants.js'
import { accountText, peopleCard } from './view.js'

/** How long a code is good for. */
const INVITE_MS = 10 * 60_000

const ADMIN = { group: 'workspace', risk: 'admin', role: 'admin', freshness: 'none' } as const
const PERSON = arg.person({ label: 'name', summary: 'who, as `person ls` names them' })

const personLs = defineCommand({
  path: ['person', 'ls'],
  group: 'workspace',
  summary: 'Who is known here, with their roles and accounts',
  risk: 'read',
  role: 'reader',
  examples: ['person ls'],
  freshness: 'none',
  args: {},
  answer: async (context: QueryContext) => peopleCard(context, await context.stores.people.list()),
})

const personAdd = defineCommand({
  ...ADMIN,
  path: ['person', 'add'],
  summary: 'Makes a person known, without any role yet',
  examples: ['person add maria', 'person add maria --os-user mhuber'],
  args: {
    name: arg.text({ label: 'name', summary: 'a new name: letters, digits, dots and dashes' }, 64),
    'os-user': optional.text(
      { label: 'user', summary: 'their user on this host, for the console', flag: true },
      64,
    ),
  },
  answer: async (context: QueryContext, args) => {
    const made = newName(args.name, await context.stores.people.list())
    if (isRefusal(made)) return made
    const user = args['os-user'] === undefined ? null : osUser(args['os-user'])
    if (isRefusal(user)) return user
    const { name } = made
    const accounts = user === null ? [] : [{ surface: 'console', id: user.id } as const]
    const added = await context.stores.people.change(
      { kind: 'add', name, accounts, grants: [] },
      context.actor,
      context.now,
    )
    if (isRefusal(added)) return added
    return card({
      heading: `${added.name} is known now`,
      tone: 'good',
      text: `${added.name} has no role yet and may do nothing.`,
      facts: [fact('accounts', added.accounts.map(accountText).join(', ') || 'none yet')],
      actions: [
        { label: 'lets them look', words: `grant add ${added.name} reader` },
        ...(user === null
          ? [{ label: 'a code for their account', words: `person invite ${added.name}` }]
          : []),
      ],
    })
  },
})

const personRm = defineCommand({
  ...ADMIN,
  path: ['person', 'rm'],
  summary: 'Forgets a person, with their roles and accounts',
  examples: ['person rm maria'],
  args: { name: PERSON },
  answer: async (context: QueryContext, args) => {
    const person = await findPerson(context, args.name)
    if (isRefusal(person)) return person
    const removed = await context.stores.people.change(
      { kind: 'remove', name: person.name },
      context.actor,
      context.now,
    )
    if (isRefusal(removed)) return removed
    return card({
      heading: `${person.name} is gone`,
      tone: 'good',
      text: 'That takes effect at once: their decisions on what has not begun count no more. The audit log keeps the name.',
    })
  },
})

const personInvite = defineCommand({
  ...ADMIN,
  path: ['person', 'invite'],
  summary: 'Makes a code with which a person links an account of theirs',
  examples: ['person invite maria'],
  args: { name: PERSON },
  answer: async (context: QueryContext, args) => {
    const { actor, now } = context
    if (actor === null)
      return refuse('no_role', 'Only an admin can invite.', '`whoami` tells how to be let in.')
    const person = await findPerson(context, args.name)
    if (isRefusal(person)) return person
    const code = context.newCode()
    const expiresAt = new Date(now.getTime() + INVITE_MS)
    const invited = await context.stores.people.invite(
      { name: person.name, codeHash: sha256(normalCode(code)), expiresAt },
      actor,
      now,
    )
    if (isRefusal(invited)) return invited
    return card({
      heading: `A code for ${person.name}`,
      tone: 'warning',
      text: `It is shown only here and only now. ${person.name} types this from their own account; whoever has the code can. An earlier code is void.`,
      facts: [fact('valid until', expiresAt.toISOString(), 'time'), fact('uses', 'one')],
      code: { language: 'text', text: `link ${code}` },
    })
  },
})

export const peopleCommands: readonly Query<QueryContext>[] = [
  personAdd,
  personLs,
  personRm,
  personInvite,
  ...grantCommands,
  ...accountCommands,
]
