import { type NewOperation, type Operation, operationName, type Step } from '../core/operation.js'
import { type Actor, grantsOf } from '../core/people.js'
import { isRefusal, type Refusal } from '../core/refusal.js'
import { type Around, askedFor, type OperationEvent, transition } from '../core/transition.js'
import type { Claimed, OperationStore, OwnTask } from '../ports/store/operations.js'
import { appendAudit, laterOf } from './audit.js'
import { freezeIn } from './freezes.js'
import { cleaned, damaged, headOf, type OperationRow, operationOf, stepBody } from './operation-schema.js'
import { personIn } from './people.js'
import { sqlJson } from './row-schema.js'
import type { Database, SqlValue, Tx } from './tx.js'

/** An operation with all that belongs to it in one statement, and so in one consistent reading. */
export const SELECT_OPERATION = `SELECT "id", "workspace", "state", "planDigest", "expiresAt", "leaseHolder", "leaseBeat", "head",
  (SELECT json_group_array(json_array("index", "state", "upid", "body", "cluster", "vmid")) FROM "OperationStep"
    WHERE "operationId" = "Operation"."id") AS "steps",
  (SELECT json_group_array(json_array("index", "body", "personId", "verdict")) FROM "Decision"
    WHERE "operationId" = "Operation"."id") AS "decisions"
  FROM "Operation"`

export function operationStore(database: Database): OperationStore {
  const list = async (where: string, ...values: readonly SqlValue[]): Promise<readonly Operation[]> =>
    (await database.rows<OperationRow>(`${SELECT_OPERATION} ${where}`, ...values)).flatMap(
      (row) => operationOf(row) ?? [],
    )
  return {
    create: ({ operation: asked, plan, shown, at: now }) =>
      database.write(async (tx) => {
        const at = await laterOf(tx, now)
        const operation = bornAt(asked, at, now)
        const { workspace, state, planDigest, expiresAt, steps, decisions } = operation
        const rows: readonly { id: bigint | number }[] = await tx.$queryRawUnsafe(
          `INSERT INTO "Operation" ("workspace", "state", "planDigest", "expiresAt", "head", "plan", "shown")
           VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING "id"`,
          workspace,
          state,
          planDigest,
          expiresAt,
          headOf(operation),
          plan,
          shown,
        )
        const made: Operation = cleaned({ ...operation, id: Number(rows[0]?.id) })
        for (const step of steps) await insertStep(tx, made.id, step)
        for (const [index, decision] of decisions.entries())
          await insertDecision(tx, made.id, index, decision)
        await appendAudit(tx, [askedFor(made, shown)], at)
        return made
      }),
    get: async (id) => {
      const [row] = await database.rows<OperationRow>(`${SELECT_OPERATION} WHERE "id" = ?`, id)
      return row === undefined ? null : whole(row)
    },
    plan: async (id) => {
      const [row] = await database.rows<{ plan: string; planDigest: string; shown: string }>(
        'SELECT "plan", "planDigest", "shown" FROM "Operation" WHERE "id" = ?',
        id,
      )
      return row === undefined ? null : { json: row.plan, planDigest: row.planDigest, shown: row.shown }
    },
    list: ({ workspaces, states, limit, oldestFirst }) =>
      list(
        `WHERE (?1 IS NULL OR "workspace" IN (SELECT "value" FROM json_each(?1)))
           AND (?2 IS NULL OR "state" IN (SELECT "value" FROM json_each(?2))) ORDER BY "id" ${oldestFirst === true ? 'ASC' : 'DESC'} LIMIT ?3`,
        workspaces === undefined ? null : sqlJson(workspaces),
        states === undefined ? null : sqlJson(states),
        limit,
      ),
    apply: (id, event, now) => database.write(async (tx) => applyIn(tx, await need(tx, id), event, now)),
    claim: (id, by, now) => database.write((tx) => claim(tx, id, by, now)),
    beat: async (id, holder) => {
      const beaten = await database.run(
        `UPDATE "Operation" SET "leaseBeat" = "leaseBeat" + 1 WHERE "id" = ? AND "state" = 'running' AND "leaseHolder" = ?`,
        id,
        holder,
      )
      return beaten === 1
    },
    holders: async (id) => (await database.rows<HolderRow>(HOLDERS, id, '[]')).map(holderOf),
    closeDamaged: (id, actor, now) => database.write((tx) => closeDamaged(tx, id, actor, now)),
    ownUpids: (cluster, upids) => ownUpids(database, cluster, upids),
  }
}

/** Where the clock was set back behind the newest time in the log: dated with that, and living as long as was meant by the clock. */
function bornAt(operation: NewOperation, at: Date, now: Date): NewOperation {
  const more = at.getTime() - now.getTime()
  if (more === 0) return operation
  const later = (time: string): string => new Date(Date.parse(time) + more).toISOString()
  const { createdAt, expiresAt, decidedAt } = operation
  return {
    ...operation,
    createdAt: later(createdAt),
    expiresAt: later(expiresAt),
    clockAhead: Math.max(0, more),
    decidedAt: decidedAt === null ? null : later(decidedAt),
  }
}

async function need(tx: Tx, id: number): Promise<Operation> {
  const rows: readonly OperationRow[] = await tx.$queryRawUnsafe(`${SELECT_OPERATION} WHERE "id" = ?`, id)
  if (rows[0] === undefined) throw new Error(`there is no operation ${id}`)
  return whole(rows[0])
}

function whole(row: OperationRow): Operation {
  const operation = operationOf(row)
  if (operation === null) throw damaged(Number(row.id))
  return operation
}

/** The state machine decides, the rows that differ are written, and the log tells of it: all of it or nothing. */
async function applyIn(
  tx: Tx,
  before: Operation,
  event: OperationEvent,
  now: Date,
): Promise<Operation | Refusal> {
  const at = await laterOf(tx, now)
  // What comes out is made of what the database gave and of the event: both are clean.
  const around = event.kind === 'intend' ? await aroundIn(tx, before, at) : undefined
  const { operation: after, audit, refusal } = transition(before, cleaned(event), at, around, now)
  await writeDifferences(tx, before, after)
  await appendAudit(tx, audit, at)
  return refusal ?? after
}

/** A freeze that is committed before an intent is seen by it, however long the guest was read before. */
async function aroundIn(tx: Tx, { workspace, requester }: Operation, at: Date): Promise<Around> {
  const freeze = await freezeIn(tx, workspace, at)
  const grants = freeze === null ? [] : grantsOf(await personIn(tx, requester.personId), requester)
  return { freeze, grants }
}

async function writeDifferences(tx: Tx, before: Operation, after: Operation): Promise<void> {
  if (after === before) return
  const changed =
    headOf(before) !== headOf(after) ||
    before.state !== after.state ||
    before.expiresAt !== after.expiresAt ||
    before.lease?.holder !== after.lease?.holder ||
    before.lease?.beat !== after.lease?.beat
  if (changed)
    await tx.$executeRawUnsafe(
      `UPDATE "Operation" SET "state" = ?, "expiresAt" = ?, "leaseHolder" = ?, "leaseBeat" = ?, "head" = ? WHERE "id" = ?`,
      after.state,
      after.expiresAt,
      after.lease?.holder ?? null,
      after.lease?.beat ?? 0,
      headOf(after),
      after.id,
    )
  for (const step of after.steps) {
    const old = before.steps[step.index]
    // The state machine gives back as they are the steps that it does not touch.
    if (old === step || JSON.stringify(old) === JSON.stringify(step)) continue
    await tx.$executeRawUnsafe(
      `UPDATE "OperationStep" SET "state" = ?, "upid" = ?, "body" = ? WHERE "operationId" = ? AND "index" = ?`,
      step.state,
      step.upid,
      stepBody(step),
      after.id,
      step.index,
    )
  }
  for (const [index, decision] of after.decisions.entries()) {
    const old = before.decisions[index]
    if (old === undefined) await insertDecision(tx, after.id, index, decision)
    else if (JSON.stringify(old) !== JSON.stringify(decision))
      await tx.$executeRawUnsafe(
        'UPDATE "Decision" SET "body" = ? WHERE "operationId" = ? AND "index" = ?',
        sqlJson(decision),
        after.id,
        index,
      )
  }
}

async function insertStep(tx: Tx, id: number, step: Step): Promise<void> {
  await tx.$executeRawUnsafe(
    `INSERT INTO "OperationStep" ("operationId", "index", "cluster", "vmid", "state", "upid", "body") VALUES (?, ?, ?, ?, ?, ?, ?)`,
    id,
    step.index,
    step.cluster,
    step.vmid,
    step.state,
    step.upid,
    stepBody(step),
  )
}

async function insertDecision(
  tx: Tx,
  id: number,
  index: number,
  decision: Operation['decisions'][number],
): Promise<void> {
  await tx.$executeRawUnsafe(
    'INSERT INTO "Decision" ("operationId", "index", "personId", "verdict", "body") VALUES (?, ?, ?, ?, ?)',
    id,
    index,
    decision.actor.personId,
    decision.verdict,
    sqlJson(decision),
  )
}

type HolderRow = { readonly name: string | number; readonly operationId: bigint | number }

/**
 * Steps of other operations that hold guests of one, told by the columns alone: a damaged one holds as well. What the
 * targets of ?2 may take is a shutdown under way, of the very same guest.
 */
const HOLDERS = `SELECT CASE WHEN json_valid(other."body") THEN json_extract(other."body", '$.name') ELSE other."vmid" END AS "name", other."operationId" AS "operationId"
       FROM "OperationStep" AS own
       JOIN "OperationStep" AS other ON other."cluster" = own."cluster" AND other."vmid" = own."vmid"
       JOIN "Operation" ON "Operation"."id" = other."operationId"
       WHERE own."operationId" = ?1 AND other."operationId" <> ?1
         AND "Operation"."state" IN ('running', 'unknown')
         AND other."state" IN ('pending', 'sent', 'following', 'unknown')
         AND NOT (own."index" IN (SELECT "value" FROM json_each(?2)) AND other."state" = 'following'
           AND ifnull(CASE WHEN json_valid(other."body") THEN json_extract(other."body", '$.verb') END, '') = 'shutdown')
       LIMIT 20`

const holderOf = ({ name, operationId }: HolderRow) => ({
  guest: String(name),
  operation: Number(operationId),
})

type By = Parameters<OperationStore['claim']>[1]

/** All guests of an operation at once or none: so that two can never wait for each other. */
async function claim(tx: Tx, id: number, { holder, seen, overrules }: By, now: Date): Promise<Claimed> {
  const operation = await need(tx, id)
  if (operation.state === 'ready') {
    const by: readonly HolderRow[] = await tx.$queryRawUnsafe(HOLDERS, id, sqlJson(overrules))
    if (by.length > 0) return { kind: 'held', by: by.map(holderOf) }
  }
  const applied = await applyIn(tx, operation, { kind: 'claim', holder, seen }, now)
  return isRefusal(applied) ? applied : { kind: 'claimed', operation: applied }
}

/** Frees the guests of an operation whose row cannot be read any more. Nothing of it is carried out, or told. */
async function closeDamaged(tx: Tx, id: number, actor: Actor, now: Date): Promise<boolean> {
  const [row]: readonly OperationRow[] = await tx.$queryRawUnsafe(`${SELECT_OPERATION} WHERE "id" = ?`, id)
  if (row === undefined || operationOf(row) !== null) return false
  await tx.$executeRawUnsafe(
    `UPDATE "Operation" SET "state" = 'unverified', "leaseHolder" = NULL WHERE "id" = ?`,
    id,
  )
  const entry = {
    action: 'operation.closed',
    actor,
    workspace: row.workspace,
    operation: id,
    subject: operationName(id),
    code: 'plan_edited',
    data: { state: String(row.state) },
  }
  await appendAudit(tx, [entry], await laterOf(tx, now))
  return true
}

/** Whose operation it was cannot be read any more. */
const NOBODY: OwnTask['requester'] = {
  personId: 0,
  person: 'somebody',
  account: '',
  realPersonId: null,
  realPerson: null,
}

async function ownUpids(
  database: Database,
  cluster: string,
  upids: readonly string[],
): Promise<ReadonlyMap<string, OwnTask>> {
  const rows = await database.rows<{ upid: string; id: bigint | number; requester: string | null }>(
    `SELECT "OperationStep"."upid" AS "upid", "Operation"."id" AS "id",
       CASE WHEN json_valid("Operation"."head") THEN json_extract("Operation"."head", '$.requester') END AS "requester"
     FROM "OperationStep" JOIN "Operation" ON "Operation"."id" = "OperationStep"."operationId"
     WHERE "OperationStep"."cluster" = ? AND "OperationStep"."upid" IN (SELECT "value" FROM json_each(?))`,
    cluster,
    sqlJson(upids),
  )
  return new Map(
    rows.map(({ upid, id, requester }) => [
      upid,
      { operation: Number(id), requester: requester === null ? NOBODY : JSON.parse(requester) },
    ]),
  )
}
