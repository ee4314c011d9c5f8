import type { Account, Person } from '../core/people.js'
import { type Refusal, refuse } from '../core/refusal.js'
import { appendAudit, laterOf } from './audit.js'
import { type PersonRow, personOf } from './operation-schema.js'
import { accountText, insertAccount, peopleAudit, SELECT_PERSON, takenBy } from './people.js'
import type { Tx } from './tx.js'

const HOUR = 3_600_000
/** Wrong codes within an hour after which an account, or the whole home, is locked for linking. */
const MOST_OF_ACCOUNT = 5
const MOST_OF_HOME = 50

/** Links an account by the hash of a code. Wrong ones count against the account and against the home. */
export async function redeem(
  tx: Tx,
  codeHash: string,
  account: Account,
  now: Date,
): Promise<Person | Refusal> {
  const at = await laterOf(tx, now)
  const refused = async (refusal: Refusal): Promise<Refusal> => {
    await appendAudit(tx, [peopleAudit('link.refused', null, accountText(account), {}, refusal.code)], now)
    return refusal
  }
  if (await isLocked(tx, account, at)) return refused(locked())
  const rows: readonly PersonRow[] = await tx.$queryRawUnsafe(
    `${SELECT_PERSON} WHERE "removedAt" IS NULL AND "id" IN
       (SELECT "personId" FROM "LinkCode" WHERE "codeHash" = ? AND "expiresAt" > ?)`,
    codeHash,
    at.toISOString(),
  )
  const [row] = rows
  if (row === undefined) {
    await tx.$executeRawUnsafe(
      'INSERT INTO "LinkFailure" ("surface", "accountId", "at") VALUES (?, ?, ?)',
      account.surface,
      account.id,
      at.toISOString(),
    )
    return refused(
      refuse(
        'link_wrong',
        'That code is wrong, used or too old.',
        'Ask an admin for a new one: `person invite NAME`. After five wrong ones linking is locked for an hour.',
      ),
    )
  }
  const everybody: readonly PersonRow[] = await tx.$queryRawUnsafe(
    `${SELECT_PERSON} WHERE "removedAt" IS NULL`,
  )
  const taken = takenBy(everybody.map(personOf), account)
  if (taken !== null) return refused(taken)
  await tx.$executeRawUnsafe('DELETE FROM "LinkCode" WHERE "codeHash" = ?', codeHash)
  const person = personOf(row)
  await insertAccount(tx, person.id, account)
  const data = { account: accountText(account) }
  await appendAudit(tx, [peopleAudit('account.linked', null, person.name, data)], now)
  return { ...person, accounts: [...person.accounts, account] }
}

function locked(): Refusal {
  return refuse(
    'link_locked',
    'Too many wrong codes were tried: linking is locked for an hour.',
    'Try again later, with a new code from an admin.',
  )
}

async function isLocked(tx: Tx, account: Account, at: Date): Promise<boolean> {
  const since = new Date(at.getTime() - HOUR).toISOString()
  await tx.$executeRawUnsafe('DELETE FROM "LinkFailure" WHERE "at" <= ?', since)
  const rows: readonly { mine: bigint | number; all: bigint | number }[] = await tx.$queryRawUnsafe(
    `SELECT count(*) AS "all", ifnull(sum("surface" = ? AND "accountId" = ?), 0) AS "mine" FROM "LinkFailure"`,
    account.surface,
    account.id,
  )
  return Number(rows[0]?.mine ?? 0) >= MOST_OF_ACCOUNT || Number(rows[0]?.all ?? 0) >= MOST_OF_HOME
}
