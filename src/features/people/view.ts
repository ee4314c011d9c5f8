import { type Card, card, type Row } from '../../core/card.js'
import { column, count, fact } from '../../core/facts.js'
import { type Account, grantText, type Person, type Role, scopeText } from '../../core/people.js'
import type { QueryContext } from '../../ports/query.js'

/** `console:maria`. */
export function accountText({ surface, id }: Account): string {
  return `${surface}:${id}`
}

/** What a role lets somebody do, in one sentence. */
export function roleSentence(role: Role): string {
  switch (role) {
    case 'reader':
      return 'may look at guests, nodes, tasks, history and operations.'
    case 'operator':
      return 'may ask for changes, confirm their own and take changes back.'
    case 'approver':
      return 'may approve or deny what somebody else asked for.'
    case 'auditor':
      return 'may read, verify and export the audit log.'
    case 'admin':
      return 'may do everything, also change people, roles and freezes; but not approve their own plan.'
  }
}

type From = Pick<QueryContext, 'actor'>

function mark({ actor }: From, person: Person): string {
  if (actor === null) return ''
  if (actor.realPersonId === person.id) return 'really you'
  return actor.personId === person.id ? 'you' : ''
}

export function peopleCard(from: From, people: readonly Person[]): Card {
  const rows = people.map(
    (person): Row => ({
      name: person.name,
      you: mark(from, person),
      roles: person.grants.length === 0 ? 'none' : person.grants.map(grantText).join(', '),
      accounts: person.accounts.length === 0 ? 'none' : person.accounts.map(accountText).join(', '),
    }),
  )
  const columns = [
    column('name', 'person', 'text', 0),
    column('you', '', 'text', 0),
    column('roles', 'roles', 'text', 0),
    column('accounts', 'accounts', 'text', 1),
  ]
  return card({
    heading: count(people.length, 'person', 'persons'),
    table: { columns, rows, empty: 'There is nobody here yet.' },
  })
}

/** One line per grant; a guest that is still there with its name. */
export function grantsCard(
  people: readonly Person[],
  guestName: (cluster: string, vmid: number) => string | null,
): Card {
  const rows = people.flatMap((person) =>
    person.grants.map(({ role, scope }): Row => {
      const guest = scope.kind === 'guest' ? guestName(scope.cluster, scope.vmid) : null
      return { person: person.name, role, scope: scopeText(scope), guest, means: roleSentence(role) }
    }),
  )
  const columns = [
    column('person', 'person', 'text', 0),
    column('role', 'role', 'text', 0),
    column('scope', 'for', 'text', 0),
    ...(rows.some(({ guest }) => guest !== null) ? [column('guest', 'guest', 'text', 1)] : []),
    column('means', 'which means', 'text', 2),
  ]
  const [only] = people
  const whose = people.length === 1 && only !== undefined ? ` of ${only.name}` : ''
  return card({
    heading: `${count(rows.length, 'grant')}${whose}`,
    table: { columns, rows, empty: 'No roles were given.' },
  })
}

/** Who speaks, and what they may do. */
export function whoamiCard(context: Pick<QueryContext, 'actor' | 'caller'>, person: Person): Card {
  const { actor, caller } = context
  const real = actor?.realPerson ?? null
  const assumed = real !== null && real !== person.name
  const others = person.accounts
    .map(accountText)
    .filter((text) => text !== accountText(callerAccount(caller)))
  const held = person.grants.map(grantText)
  const given = (caller.granted ?? []).map(grantText).filter((text) => held.includes(text))
  return card({
    heading: assumed ? `You speak as ${person.name}; really you are ${real}` : `You are ${person.name}`,
    ...(assumed
      ? { text: `What you do is written down under both names; neither approves for the other.` }
      : {}),
    facts: [
      fact('account', accountText(callerAccount(caller))),
      ...(others.length === 0 ? [] : [fact('other accounts', others.join(', '))]),
      ...(given.length === 0 ? [] : [fact('by groups of the chat', given.join(', '))]),
    ],
    table: {
      columns: [
        column('role', 'role', 'text', 0),
        column('scope', 'for', 'text', 0),
        column('means', 'which means', 'text', 0),
      ],
      rows: person.grants.map(({ role, scope }) => ({
        role,
        scope: scopeText(scope),
        means: `${person.name} ${roleSentence(role)}`,
      })),
      empty: `${person.name} has no role yet. An admin gives one: grant add ${person.name} reader`,
    },
  })
}

/** What somebody is told whom nobody knows here. */
export function strangerCard({ caller }: Pick<QueryContext, 'caller'>): Card {
  const account = accountText(callerAccount(caller))
  const ways =
    caller.surface === 'console'
      ? [
          `An admin adds you by this account: person add NAME --os-user ${caller.account}`,
          'Or they invite you: person invite NAME. They tell you the code, and you type it here: link CODE',
        ]
      : [
          'An admin invites you on the console: person invite NAME',
          `They tell you the code, and you type it here: ${caller.surface === 'slack' ? '/pve link CODE' : 'link CODE'}`,
        ]
  return card({
    heading: `Nobody here knows ${account}`,
    tone: 'warning',
    text: 'Until an admin lets you in, you may use help and link a code.',
    facts: [fact('account', account)],
    sections: [
      {
        title: 'How to get in',
        text: ways.join('\n'),
      },
    ],
  })
}

export function callerAccount(caller: QueryContext['caller']): Account {
  return { surface: caller.surface, id: caller.account }
}
