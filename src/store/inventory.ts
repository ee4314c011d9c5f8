import type { Picture, StoredInventory } from '../core/change.js'
import { guestKey, nodeKey, poolKey, storageKey } from '../core/resource.js'
import type { InventoryStore, SyncFailure, SyncRun, SyncWrite } from '../ports/store/inventory.js'
import { writeKeyframe } from './keyframes.js'
import { prune } from './prune.js'
import {
  GUEST_COLUMNS,
  guestCells,
  NODE_COLUMNS,
  nodeCells,
  POOL_COLUMNS,
  pictureOf,
  poolCells,
  STORAGE_COLUMNS,
  sqlJson,
  storageCells,
} from './row-schema.js'
import type { Database, Tx } from './tx.js'

const array = (columns: readonly string[]) => `json_array(${columns.map((name) => `"${name}"`).join(', ')})`
const all = (table: string, columns: readonly string[]) =>
  `(SELECT json_group_array(${array(columns)}) FROM "${table}" WHERE "cluster" = ?1)`
const newest = (what: string) =>
  `(SELECT ${what} FROM "SyncRun" WHERE "cluster" = ?1 AND "status" = 'ok' ORDER BY "id" DESC LIMIT 1)`

/** One statement, so one consistent reading; parsed once. Row by row it would take ten times as long. */
const picture = (usage: string) => `SELECT json_object(
  'run', ${newest(array(['id', 'startedAt', 'quorate', 'clusterName', 'version']))},
  'vms', ${all('Vm', GUEST_COLUMNS)}, 'cts', ${all('Container', GUEST_COLUMNS)},
  'nodes', ${all('Node', NODE_COLUMNS)}, 'storages', ${all('Storage', STORAGE_COLUMNS)},
  'pools', ${all('Pool', POOL_COLUMNS)}, 'usage', ${usage}) AS "text"`
const WITH_USAGE = picture(newest('json("usage")'))
const WITHOUT_USAGE = picture('NULL')

export type InventoryOptions = { readonly keyframeEvery: number }

export function inventoryStore(database: Database, { keyframeEvery }: InventoryOptions): InventoryStore {
  const load = async (sql: string, cluster: string): Promise<Picture | null> => {
    const [row] = await database.rows<{ text: string }>(sql, cluster)
    const found = row === undefined ? null : pictureOf(row.text)
    return found === null ? null : { cluster, ...found }
  }
  return {
    picture: (cluster) => load(WITH_USAGE, cluster),
    base: (cluster) => load(WITHOUT_USAGE, cluster),
    commit: (write) =>
      database.write(async (tx) => {
        if ((await newestRun(tx, write.cluster)) !== write.basedOn) return { kind: 'superseded' }
        const runId = await insertRun(tx, write)
        await removeRows(tx, write)
        await upsertRows(tx, write.cluster, write.upsert)
        await insertChanges(tx, write, runId)
        await upsertTasks(tx, write)
        await writeKeyframe(tx, write, runId, keyframeEvery)
        if (writesRows(write)) await prune(tx, new Date(write.finishedAt))
        return { kind: 'committed', runId }
      }),
    fail: (failure) =>
      database.write(async (tx) => {
        await insertFailure(tx, failure)
        await prune(tx, new Date(failure.finishedAt))
      }),
    runs: (cluster, limit) => runs(database, cluster, limit),
  }
}

/** Whether a reading brings anything but itself. */
function writesRows({ upsert, remove, changes, tasks }: SyncWrite): boolean {
  const { guests, nodes, storages, pools } = upsert
  return [guests, nodes, storages, pools, remove, changes, tasks].some((rows) => rows.length > 0)
}

async function newestRun(tx: Tx, cluster: string): Promise<number | null> {
  const rows: readonly { id: bigint | number }[] = await tx.$queryRawUnsafe(
    `SELECT "id" FROM "SyncRun" WHERE "cluster" = ? AND "status" = 'ok' ORDER BY "id" DESC LIMIT 1`,
    cluster,
  )
  return rows[0] === undefined ? null : Number(rows[0].id)
}

async function insertRun(tx: Tx, write: SyncWrite): Promise<number> {
  const seen = <Row extends { readonly hidden: boolean }>(rows: readonly Row[]) =>
    rows.filter((row) => !row.hidden).length
  await tx.$executeRawUnsafe(
    'UPDATE "SyncRun" SET "usage" = NULL WHERE "cluster" = ? AND "usage" IS NOT NULL',
    write.cluster,
  )
  const rows: readonly { id: bigint | number }[] = await tx.$queryRawUnsafe(
    `INSERT INTO "SyncRun" ("cluster", "startedAt", "finishedAt", "status", "version", "clusterName", "quorate",
       "guests", "nodes", "storages", "pools", "changes", "warnings", "usage")
     VALUES (?, ?, ?, 'ok', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING "id"`,
    write.cluster,
    write.startedAt,
    write.finishedAt,
    write.version,
    write.clusterName,
    write.quorate ? 1 : 0,
    seen(write.after.guests),
    seen(write.after.nodes),
    seen(write.after.storages),
    seen(write.after.pools),
    write.changes.length,
    sqlJson(write.warnings),
    sqlJson(write.usage),
  )
  return Number(rows[0]?.id)
}

async function insertFailure(tx: Tx, failure: SyncFailure): Promise<void> {
  await tx.$executeRawUnsafe(
    `INSERT INTO "SyncRun" ("cluster", "startedAt", "finishedAt", "status", "code", "message") VALUES (?, ?, ?, 'failed', ?, ?)`,
    failure.cluster,
    failure.startedAt,
    failure.finishedAt,
    failure.code,
    failure.message,
  )
}

async function removeRows(tx: Tx, { cluster, remove }: SyncWrite): Promise<void> {
  const names = (prefix: string) =>
    remove.filter((key) => key.startsWith(prefix)).map((key) => key.slice(prefix.length))
  const among = (table: string, column: string, values: readonly (string | number)[]) =>
    values.length === 0
      ? Promise.resolve(0)
      : tx.$executeRawUnsafe(
          `DELETE FROM "${table}" WHERE "cluster" = ? AND ${column} IN (SELECT "value" FROM json_each(?))`,
          cluster,
          sqlJson(values),
        )
  const guests = names('guest/').map(Number)
  await among('Vm', '"vmid"', guests)
  await among('Container', '"vmid"', guests)
  await among('Node', '"name"', names('node/'))
  await among('Pool', '"name"', names('pool/'))
  await among(
    'Storage',
    `CASE "node" WHEN '' THEN "name" ELSE "node" || '/' || "name" END`,
    names('storage/'),
  )
}

async function upsertRows(tx: Tx, cluster: string, rows: StoredInventory): Promise<void> {
  const vms = rows.guests.filter((guest) => guest.kind === 'qemu')
  const containers = rows.guests.filter((guest) => guest.kind === 'lxc')
  // A guest that is now of the other kind leaves its old table.
  await leave(
    tx,
    'Container',
    cluster,
    vms.map((guest) => guest.vmid),
  )
  await leave(
    tx,
    'Vm',
    cluster,
    containers.map((guest) => guest.vmid),
  )
  await put(tx, 'Vm', GUEST_COLUMNS, cluster, vms.map(guestCells))
  await put(tx, 'Container', GUEST_COLUMNS, cluster, containers.map(guestCells))
  await put(tx, 'Node', NODE_COLUMNS, cluster, rows.nodes.map(nodeCells))
  await put(tx, 'Storage', STORAGE_COLUMNS, cluster, rows.storages.map(storageCells))
  await put(tx, 'Pool', POOL_COLUMNS, cluster, rows.pools.map(poolCells))
}

async function leave(tx: Tx, table: string, cluster: string, vmids: readonly number[]): Promise<void> {
  if (vmids.length === 0) return
  const sql = `DELETE FROM "${table}" WHERE "cluster" = ? AND "vmid" IN (SELECT "value" FROM json_each(?))`
  await tx.$executeRawUnsafe(sql, cluster, sqlJson(vmids))
}

/** All rows of a table in one statement. */
async function put(
  tx: Tx,
  table: string,
  columns: readonly string[],
  cluster: string,
  rows: readonly (readonly unknown[])[],
): Promise<void> {
  if (rows.length === 0) return
  const names = columns.map((name) => `"${name}"`).join(', ')
  const cells = columns.map((_, i) => `json_extract("value", '$[${i}]')`).join(', ')
  const sql = `INSERT OR REPLACE INTO "${table}" ("cluster", ${names}) SELECT ?, ${cells} FROM json_each(?)`
  await tx.$executeRawUnsafe(sql, cluster, sqlJson(rows))
}

const CHANGE_COLUMNS = [
  'type',
  'key',
  'name',
  'incarnation',
  'what',
  'attribute',
  'before',
  'after',
  'resource',
] as const

async function insertChanges(tx: Tx, write: SyncWrite, runId: number): Promise<void> {
  if (write.changes.length === 0) return
  const resources = byKey(write.after)
  const begins = new Set(['added', 'recreated', 'visible'])
  const rows = write.changes.map((change) => [
    change.type,
    change.key,
    change.name,
    change.incarnation,
    change.what,
    change.attribute,
    change.before === null ? null : sqlJson(change.before),
    change.after === null ? null : sqlJson(change.after),
    begins.has(change.what) ? sqlJson(resources.get(change.key) ?? null) : null,
  ])
  const names = CHANGE_COLUMNS.map((name) => `"${name}"`).join(', ')
  const cells = CHANGE_COLUMNS.map((_, i) => `json_extract("value", '$[${i}]')`).join(', ')
  await tx.$executeRawUnsafe(
    `INSERT INTO "ResourceChange" ("cluster", "runId", "since", "at", ${names})
     SELECT ?, ?, coalesce((SELECT "startedAt" FROM "SyncRun" WHERE "id" = ?), ?), ?, ${cells} FROM json_each(?)`,
    write.cluster,
    runId,
    write.basedOn,
    write.startedAt,
    write.startedAt,
    sqlJson(rows),
  )
}

function byKey(inventory: StoredInventory): ReadonlyMap<string, unknown> {
  return new Map<string, unknown>([
    ...inventory.guests.map((row) => [guestKey(row.vmid), row] as const),
    ...inventory.nodes.map((row) => [nodeKey(row.name), row] as const),
    ...inventory.storages.map((row) => [storageKey(row), row] as const),
    ...inventory.pools.map((row) => [poolKey(row.name), row] as const),
  ])
}

async function upsertTasks(tx: Tx, { cluster, tasks }: SyncWrite): Promise<void> {
  if (tasks.length === 0) return
  const rows = [...tasks]
    .sort((a, b) => a.startTime - b.startTime)
    .map((task) => [
      task.upid,
      task.node,
      task.type,
      task.id,
      task.user,
      task.startTime,
      task.endTime,
      task.status,
    ])
  const cells = rows[0]?.map((_, i) => `json_extract("value", '$[${i}]')`).join(', ') ?? ''
  await tx.$executeRawUnsafe(
    `INSERT INTO "Task" ("cluster", "upid", "node", "type", "taskId", "user", "startTime", "endTime", "status")
     SELECT ?, ${cells} FROM json_each(?) WHERE true
     ON CONFLICT ("cluster", "upid") DO UPDATE SET
       "endTime" = coalesce(excluded."endTime", "endTime"), "status" = coalesce(excluded."status", "status")`,
    cluster,
    sqlJson(rows),
  )
}

async function runs(database: Database, cluster: string, limit: number): Promise<readonly SyncRun[]> {
  type Row = Omit<SyncRun, 'warnings' | 'id'> & { readonly id: number; readonly warnings: string }
  const rows = await database.rows<{ text: string }>(
    `SELECT json_object('id', "id", 'cluster', "cluster", 'startedAt', "startedAt", 'finishedAt', "finishedAt",
       'status', "status", 'code', "code", 'message', "message", 'guests', "guests", 'nodes', "nodes",
       'storages', "storages", 'pools', "pools", 'changes', "changes", 'warnings', "warnings") AS "text"
     FROM "SyncRun" WHERE "cluster" = ? ORDER BY "id" DESC LIMIT ?`,
    cluster,
    limit,
  )
  return rows.map(({ text }) => {
    const row: Row = JSON.parse(text)
    const warnings: readonly string[] = JSON.parse(row.warnings)
    return { ...row, warnings }
  })
}
