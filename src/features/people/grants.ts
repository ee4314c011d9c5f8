import { arg, optional } from '../../core/args.js'
import { card } from '../../core/card.js'
import { defineCommand, type Query } from '../../core/command.js'
import { type Grant, grantText, includes, ROLES, type Role, scopeText } from '../../core/people.js'
import { isRefusal, type Refusal, refuse } from '../../core/refusal.js'
import type { QueryContext } from '../../ports/query.js'
import { findPerson } from './find.js'
import { heldGrant, readScope } from './scope.js'
import { grantsCard, roleSentence } from './view.js'

const ADMIN = { group: 'workspace', risk: 'admin', role: 'admin', freshness: 'none' } as const

const ARGS = {
  person: arg.person({ label: 'person', summary: 'who, as `person ls` names them' }),
  role: arg.choice({ label: 'role', summary: 'what they may do' }, ROLES),
  scope: optional.text(
    {
      label: 'scope',
      summary: 'for what: everything (unless said), pool=NAME, tag=NAME, node=NAME, guest=NAME',
    },
    200,
  ),
} as const

/** Given on the host alone: an account of a chat that was taken over must not be able to make approvers. */
const CONSOLE_ONLY: readonly Role[] = ['approver', 'admin']

/** They are about the home, so that a part of the guests means nothing to them. */
const WHOLE: readonly Role[] = ['auditor', 'admin']

const grantAdd = defineCommand({
  ...ADMIN,
  path: ['grant', 'add'],
  summary: 'Gives a person a role, for everything or for a part',
  examples: [
    'grant add maria operator',
    'grant add maria approver pool=production',
    'grant add maria operator guest=web-01',
  ],
  args: ARGS,
  answer: async (context: QueryContext, args) => {
    const person = await findPerson(context, args.person)
    if (isRefusal(person)) return person
    const read = await readScope(context, args.scope ?? 'everything')
    if (isRefusal(read)) return read
    const grant: Grant = { role: args.role, scope: read.scope }
    const unfit = unfitGrant(context, grant)
    if (unfit !== null) return unfit
    if (person.grants.some((held) => grantText(held) === grantText(grant)))
      return card({
        outcome: 'already',
        heading: `${person.name} is ${grantText(grant)} already`,
        text: 'Nothing was changed.',
      })
    const changed = await context.stores.people.change(
      { kind: 'grant', name: person.name, grant },
      context.actor,
      context.now,
    )
    if (isRefusal(changed)) return changed
    const wider = person.grants.find(
      (held) => held.scope.kind === 'everything' && includes(held.role, grant.role),
    )
    return card({
      heading: `${person.name} is ${grantText(grant)} now`,
      tone: read.empty ? 'warning' : 'good',
      text: [
        `It holds at once: ${person.name} ${roleSentence(grant.role)}`,
        ...(read.note === '' ? [] : [read.note]),
        ...(wider === undefined ? [] : [`It adds nothing yet: ${person.name} is ${grantText(wider)}.`]),
        ...(person.accounts.length === 0
          ? [`${person.name} has no account here yet: person invite ${person.name}`]
          : []),
      ].join('\n'),
    })
  },
})

function unfitGrant({ caller }: QueryContext, { role, scope }: Grant): Refusal | null {
  if (CONSOLE_ONLY.includes(role) && caller.surface !== 'console')
    return refuse(
      'not_here',
      `The role ${role} is given in the console only.`,
      'Run `proxmox-mpc console` on the host.',
    )
  if (scope.kind === 'everything' || !WHOLE.includes(role)) return null
  return refuse(
    'wrong_argument',
    `The role ${role} is about the whole home; it cannot be given for ${scopeText(scope)} alone.`,
    role === 'admin'
      ? 'For a part, give operator and approver.'
      : `Leave the scope out: \`grant add NAME ${role}\`.`,
  )
}

const grantRm = defineCommand({
  ...ADMIN,
  path: ['grant', 'rm'],
  summary: 'Takes a role from a person',
  examples: ['grant rm maria operator', 'grant rm maria approver pool=production'],
  args: ARGS,
  answer: async (context: QueryContext, args) => {
    const person = await findPerson(context, args.person)
    if (isRefusal(person)) return person
    const grant = await heldGrant(context, person.grants, {
      person: person.name,
      role: args.role,
      scope: args.scope ?? 'everything',
    })
    if (isRefusal(grant)) return grant
    const changed = await context.stores.people.change(
      { kind: 'revoke', name: person.name, grant },
      context.actor,
      context.now,
    )
    if (isRefusal(changed)) return changed
    const left = changed.grants.map(grantText)
    return card({
      heading: `${person.name} is not ${grantText(grant)} any more`,
      tone: 'good',
      text: [
        'It holds at once: a decision of theirs on what has not begun counts no more if it needed this role.',
        left.length === 0
          ? `${person.name} has no role left.`
          : `What is left: ${person.name} is ${left.join(', ')}.`,
      ].join('\n'),
    })
  },
})

const grantLs = defineCommand({
  path: ['grant', 'ls'],
  group: 'workspace',
  summary: 'Which roles were given, and for what',
  risk: 'read',
  role: 'reader',
  examples: ['grant ls', 'grant ls maria'],
  freshness: 'none',
  args: { person: optional.person({ label: 'person', summary: 'only of this one' }) },
  answer: async (context: QueryContext, args) => {
    const one = args.person === undefined ? null : await findPerson(context, args.person)
    if (isRefusal(one)) return one
    const people = one === null ? await context.stores.people.list() : [one]
    const clusters = context.workspaces.flatMap((workspace) => workspace.clusters)
    const pictures = await Promise.all(clusters.map((cluster) => context.stores.inventory.base(cluster)))
    return grantsCard(people, (cluster, vmid) => {
      const picture = pictures.find((each) => each?.cluster === cluster) ?? null
      return picture?.inventory.guests.find((guest) => guest.vmid === vmid)?.name ?? null
    })
  },
})

export const grantCommands: readonly Query<QueryContext>[] = [grantAdd, grantLs, grantRm]
