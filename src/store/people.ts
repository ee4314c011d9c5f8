import type { NewAudit } from '../core/audit.js'
import { canonical } from '../core/digest.js'
import { type Account, type Actor, type Grant, grantText, type Person } from '../core/people.js'
import { isRefusal, type Refusal, refuse } from '../core/refusal.js'
import type { PeopleChange, PeopleStore } from '../ports/store/people.js'
import { appendAudit, laterOf } from './audit.js'
import { redeem } from './link-codes.js'
import { cleaned, type PersonRow, personOf } from './operation-schema.js'
import type { Database, Tx } from './tx.js'

const NAME = /^[a-z0-9][a-z0-9._-]{0,31}$/

export const SELECT_PERSON = `SELECT "id", "name",
  (SELECT json_group_array(json_array("surface", "accountId")) FROM "Account" WHERE "personId" = "Person"."id") AS "accounts",
  (SELECT json_group_array(json_array("role", "scope")) FROM "Grant" WHERE "personId" = "Person"."id") AS "grants"
  FROM "Person"`

export function peopleStore(database: Database): PeopleStore {
  const read = async (where: string, ...values: readonly string[]): Promise<readonly Person[]> =>
    (await database.rows<PersonRow>(`${SELECT_PERSON} WHERE "removedAt" IS NULL ${where}`, ...values)).map(
      personOf,
    )
  return {
    list: () => read('ORDER BY "name"'),
    byAccount: async ({ surface, id }) => {
      const owner = 'AND "id" IN (SELECT "personId" FROM "Account" WHERE "surface" = ? AND "accountId" = ?)'
      return (await read(owner, surface, id))[0] ?? null
    },
    byName: async (name) => (await read('AND "name" = ?', name.toLowerCase()))[0] ?? null,
    change: (change, actor, now) =>
      database.write(async (tx) => {
        const done = await applyChange(tx, cleaned(change), now)
        if (isRefusal(done)) return done
        await appendAudit(tx, [peopleAudit(done.action, actor, done.subject, done.data)], now)
        return done.person
      }),
    invite: (invite, actor, now) =>
      database.write(async (tx) => {
        const person = await named(tx, invite.name)
        if (isRefusal(person)) return person
        // As far away as was meant, where the clock was set back behind the newest time in the log.
        const ahead = (await laterOf(tx, now)).getTime() - now.getTime()
        const expiresAt = new Date(invite.expiresAt.getTime() + ahead).toISOString()
        await tx.$executeRawUnsafe('DELETE FROM "LinkCode" WHERE "personId" = ?', person.id)
        await tx.$executeRawUnsafe(
          'INSERT INTO "LinkCode" ("codeHash", "personId", "expiresAt") VALUES (?, ?, ?)',
          invite.codeHash,
          person.id,
          expiresAt,
        )
        const data = { expiresAt }
        await appendAudit(tx, [peopleAudit('person.invited', actor, person.name, data)], now)
        return person
      }),
    redeem: (codeHash, account, now) => database.write((tx) => redeem(tx, codeHash, cleaned(account), now)),
  }
}

/** The audit entry of something that was done to people; it belongs to no workspace. */
export function peopleAudit(
  action: string,
  actor: Actor | null,
  subject: string,
  data: NewAudit['data'] = {},
  code: string | null = null,
): NewAudit {
  return { action, actor, workspace: null, operation: null, subject, code, data }
}

type Done = {
  readonly person: Person
  readonly action: string
  readonly subject: string
  readonly data: NewAudit['data']
}

async function applyChange(tx: Tx, change: PeopleChange, now: Date): Promise<Done | Refusal> {
  switch (change.kind) {
    case 'add':
      return add(tx, change, now)
    case 'remove':
      return remove(tx, change.name, now)
    case 'grant':
      return grant(tx, change.name, change.grant)
    case 'revoke':
      return revoke(tx, change.name, change.grant)
    case 'link':
      return link(tx, change.name, change.account)
    case 'unlink':
      return unlink(tx, change.account)
  }
}

async function all(tx: Tx): Promise<readonly Person[]> {
  const rows: readonly PersonRow[] = await tx.$queryRawUnsafe(`${SELECT_PERSON} WHERE "removedAt" IS NULL`)
  return rows.map(personOf)
}

async function named(tx: Tx, name: string): Promise<Person | Refusal> {
  const found = (await all(tx)).find((person) => person.name === name.toLowerCase())
  return (
    found ?? refuse('unknown_person', `There is no person \`${name}\`.`, '`person ls` lists who there is.')
  )
}

/** A person as a transaction sees them; undefined where they are no more. */
export async function personIn(tx: Tx, id: number): Promise<Person | undefined> {
  return (await all(tx)).find((person) => person.id === id)
}

async function again(tx: Tx, id: number): Promise<Person> {
  const rows: readonly PersonRow[] = await tx.$queryRawUnsafe(`${SELECT_PERSON} WHERE "id" = ?`, id)
  if (rows[0] === undefined) throw new Error(`person ${id} is gone`)
  return personOf(rows[0])
}

async function add(
  tx: Tx,
  { name: asked, accounts, grants }: Extract<PeopleChange, { kind: 'add' }>,
  now: Date,
): Promise<Done | Refusal> {
  const name = asked.toLowerCase()
  if (!NAME.test(name))
    return refuse(
      'wrong_argument',
      `\`${asked}\` cannot be the name of a person.`,
      'Use letters, digits, dots, dashes and underscores, at most 32.',
    )
  const people = await all(tx)
  if (people.some((person) => person.name === name))
    return refuse('person_exists', `There is a person \`${name}\` already.`, 'Choose another name.')
  const taken = accounts.map((account) => takenBy(people, account)).find((refusal) => refusal !== null)
  if (taken !== undefined && taken !== null) return taken
  const rows: readonly { id: bigint | number }[] = await tx.$queryRawUnsafe(
    'INSERT INTO "Person" ("name", "createdAt") VALUES (?, ?) RETURNING "id"',
    name,
    now.toISOString(),
  )
  const id = Number(rows[0]?.id)
  for (const account of accounts) await insertAccount(tx, id, account)
  for (const each of grants) await insertGrant(tx, id, each)
  const person = await again(tx, id)
  const data = { accounts: person.accounts.map(accountText), grants: person.grants.map(grantText) }
  return { person, action: 'person.added', subject: name, data }
}

async function remove(tx: Tx, name: string, now: Date): Promise<Done | Refusal> {
  const person = await named(tx, name)
  if (isRefusal(person)) return person
  const last = await lastAdmin(tx, { ...person, grants: [], accounts: [] })
  if (last !== null) return last
  for (const table of ['Account', 'Grant', 'LinkCode'])
    await tx.$executeRawUnsafe(`DELETE FROM "${table}" WHERE "personId" = ?`, person.id)
  await tx.$executeRawUnsafe(
    'UPDATE "Person" SET "removedAt" = ? WHERE "id" = ?',
    now.toISOString(),
    person.id,
  )
  const data = { accounts: person.accounts.map(accountText), grants: person.grants.map(grantText) }
  return { person, action: 'person.removed', subject: person.name, data }
}

async function grant(tx: Tx, name: string, given: Grant): Promise<Done | Refusal> {
  const person = await named(tx, name)
  if (isRefusal(person)) return person
  await insertGrant(tx, person.id, given)
  const data = { grant: grantText(given) }
  return { person: await again(tx, person.id), action: 'grant.added', subject: person.name, data }
}

async function revoke(tx: Tx, name: string, taken: Grant): Promise<Done | Refusal> {
  const person = await named(tx, name)
  if (isRefusal(person)) return person
  const scope = canonical(taken.scope)
  const rest = person.grants.filter((each) => each.role !== taken.role || canonical(each.scope) !== scope)
  if (rest.length === person.grants.length)
    return refuse(
      'no_such_grant',
      `${person.name} does not have ${grantText(taken)}.`,
      '`grant ls` lists who has what.',
      person.grants.map(grantText),
    )
  const last = await lastAdmin(tx, { ...person, grants: rest })
  if (last !== null) return last
  await tx.$executeRawUnsafe(
    'DELETE FROM "Grant" WHERE "personId" = ? AND "role" = ? AND "scope" = ?',
    person.id,
    taken.role,
    scope,
  )
  const data = { grant: grantText(taken) }
  return { person: await again(tx, person.id), action: 'grant.removed', subject: person.name, data }
}

async function link(tx: Tx, name: string, account: Account): Promise<Done | Refusal> {
  const person = await named(tx, name)
  if (isRefusal(person)) return person
  const taken = takenBy(await all(tx), account)
  if (taken !== null) return taken
  await insertAccount(tx, person.id, account)
  const data = { account: accountText(account) }
  return { person: await again(tx, person.id), action: 'account.linked', subject: person.name, data }
}

async function unlink(tx: Tx, account: Account): Promise<Done | Refusal> {
  const owner = (await all(tx)).find((person) => person.accounts.some((each) => same(each, account)))
  if (owner === undefined)
    return refuse(
      'unknown_account',
      `${accountText(account)} belongs to nobody.`,
      '`person ls` lists the accounts.',
    )
  const accounts = owner.accounts.filter((each) => !same(each, account))
  const last = await lastAdmin(tx, { ...owner, accounts })
  if (last !== null) return last
  await tx.$executeRawUnsafe(
    'DELETE FROM "Account" WHERE "surface" = ? AND "accountId" = ?',
    account.surface,
    account.id,
  )
  const data = { account: accountText(account) }
  return { person: await again(tx, owner.id), action: 'account.unlinked', subject: owner.name, data }
}

/** Whether nobody could look after people any more, were this person as given. */
async function lastAdmin(tx: Tx, changed: Person): Promise<Refusal | null> {
  const people = await all(tx)
  const withAccounts = people.some(({ accounts }) => accounts.length > 0)
  const rules = (person: Person): boolean =>
    person.grants.some(({ role, scope }) => role === 'admin' && scope.kind === 'everything') &&
    (!withAccounts || person.accounts.length > 0)
  const after = people.map((person) => (person.id === changed.id ? changed : person))
  if (!people.some(rules) || after.some(rules)) return null
  return refuse(
    'last_admin',
    `${changed.name} is the last admin who can get in; without one nobody could grant anything any more.`,
    'Make somebody else admin first: `grant add NAME admin`.',
  )
}

/** Refused where the account belongs to somebody. */
export function takenBy(people: readonly Person[], account: Account): Refusal | null {
  const owner = people.find((person) => person.accounts.some((each) => same(each, account)))
  if (owner === undefined) return null
  return refuse(
    'account_taken',
    `${accountText(account)} belongs to ${owner.name} already.`,
    `Take it away first: \`unlink ${accountText(account)}\`.`,
  )
}

export async function insertAccount(tx: Tx, personId: number, { surface, id }: Account): Promise<void> {
  await tx.$executeRawUnsafe(
    'INSERT INTO "Account" ("surface", "accountId", "personId") VALUES (?, ?, ?)',
    surface,
    id,
    personId,
  )
}

async function insertGrant(tx: Tx, personId: number, { role, scope }: Grant): Promise<void> {
  await tx.$executeRawUnsafe(
    'INSERT OR IGNORE INTO "Grant" ("personId", "role", "scope") VALUES (?, ?, ?)',
    personId,
    role,
    canonical(scope),
  )
}

const same = (one: Account, other: Account): boolean => one.surface === other.surface && one.id === other.id

export function accountText({ surface, id }: Account): string {
  return `${surface}:${id}`
}
