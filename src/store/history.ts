import { gunzipSync } from 'node:zlib'
import type { DatedChange } from '../core/change.js'
import { type ReplayableChange, replay } from '../core/replay.js'
import type { HistoryStore, PastResource } from '../ports/store/history.js'
import { changeOf, inventoryOf, stateOf } from './row-schema.js'
import type { Database, SqlValue } from './tx.js'

const LINE = `json_object('id', "id", 'cluster', "cluster", 'type', "type", 'key', "key", 'name', "name",
  'incarnation', "incarnation", 'what', "what", 'attribute', "attribute", 'before', json("before"), 'after', json("after"),
  'since', "since", 'at', "at"`

export function historyStore(database: Database): HistoryStore {
  const lines = async (where: string, ...values: readonly SqlValue[]): Promise<readonly DatedChange[]> => {
    const rows = await database.rows<{ text: string }>(
      `SELECT ${LINE}) AS "text" FROM "ResourceChange" WHERE ${where} ORDER BY "id" DESC LIMIT ?`,
      ...values,
    )
    return rows.map(({ text }) => changeOf(text))
  }
  return {
    of: (cluster, key, limit) => lines('"cluster" = ? AND "key" = ?', cluster, key, limit),
    since: (cluster, since, limit) => lines('"cluster" = ? AND "at" > ?', cluster, since, limit),
    stateAt: (cluster, at) => stateAt(database, cluster, at),
    find: async (cluster, name) => {
      const rows = await database.rows<{ type: PastResource['type']; key: string; name: string }>(
        `SELECT "type", "key", "name" FROM "ResourceChange" WHERE "id" IN (
           SELECT max("id") FROM "ResourceChange" WHERE "cluster" = ?1 AND "key" IN (
             SELECT "key" FROM "ResourceChange" WHERE "cluster" = ?1 AND ("name" = ?2 OR "key" = ?3 OR "key" = ?4))
           GROUP BY "key") LIMIT 20`,
        cluster,
        name,
        `guest/${name}`,
        name,
      )
      return rows.map((row) => ({ cluster, type: row.type, key: row.key, name: row.name }))
    },
  }
}

type Keyframe = { readonly runId: bigint | number; readonly at: string; readonly state: Uint8Array }

async function stateAt(database: Database, cluster: string, at: string) {
  const pick = (where: string, order: string, ...values: readonly SqlValue[]) =>
    database.rows<Keyframe>(
      `SELECT "runId", CAST("at" AS TEXT) AS "at", "state" FROM "StateSnapshot" WHERE "cluster" = ? ${where} ORDER BY "id" ${order} LIMIT 1`,
      cluster,
      ...values,
    )
  const [before] = await pick('AND "at" <= ?', 'DESC', at)
  const [frame] = before === undefined ? await pick('', 'ASC') : [before]
  if (frame === undefined) return null
  const state = stateOf(gunzipSync(frame.state).toString('utf8'))
  if (before === undefined) return { at: frame.at, inventory: state }
  const rows = await database.rows<{ text: string }>(
    `SELECT ${LINE}, 'resource', json("resource")) AS "text" FROM "ResourceChange"
     WHERE "cluster" = ? AND "runId" > ? AND "at" <= ? ORDER BY "id"`,
    cluster,
    Number(frame.runId),
    at,
  )
  const changes: readonly ReplayableChange[] = rows.map(({ text }) => changeOf(text))
  return { at, inventory: inventoryOf(replay(state, changes)) }
}
