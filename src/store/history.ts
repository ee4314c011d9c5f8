import { gunzipSync } from 'node:zlib'
import type { DatedChange } from '../core/change.js'
import { replay } from '../core/replay.js'
import type { HistoryStore, PastResource } from '../ports/store/history.js'
import { changesAfter } from './keyframes.js'
import { changeOf, changesOf, inventoryOf, sqlJson, stateOf } from './row-schema.js'
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
    since: (cluster, since, limit) =>
      lines('"cluster" = ? AND "at" > ?', cluster, new Date(since).toISOString(), limit),
    stateAt: (cluster, at) => stateAt(database, cluster, at),
    find: async (cluster, name) => {
      const rows = await database.rows<{ type: PastResource['type']; key: string; name: string }>(
        `SELECT "type", "key", "name" FROM "ResourceChange" WHERE "id" IN (
           SELECT max("id") FROM "ResourceChange" WHERE "cluster" = ?1 AND "key" IN (
             SELECT "key" FROM "ResourceChange" WHERE "cluster" = ?1 AND ("name" = ?2 OR "key" = ?3 OR "key" = ?2
               OR ("before" IN (SELECT "value" FROM json_each(?4)) AND ("attribute" = 'name' OR "what" = 'recreated'))))
           GROUP BY "key") ORDER BY "id" DESC LIMIT 20`,
        cluster,
        name,
        `guest/${name}`,
        formerly(name),
      )
      return rows.map((row) => ({ cluster, type: row.type, key: row.key, name: row.name }))
    },
  }
}

/** How history wrote that something was called so before it got another name, or before another took its place. */
function formerly(name: string): string {
  return sqlJson([name, ['qemu', name], ['lxc', name]].map((before) => sqlJson(before)))
}

/**
 * The keyframe and the changes after it, in one statement and so in one consistent reading: a keyframe may be pruned at
 * any time. The keyframe at or before the time; where there is none, the first.
 */
const STATE_AT = `SELECT CAST("frame"."at" AS TEXT) AS "at", "frame"."state" AS "state",
    (SELECT json_group_array(json("line")) FROM (SELECT ${LINE}, 'resource', json("resource")) AS "line" FROM "ResourceChange"
      WHERE "cluster" = ?1 AND "at" <= ?2 AND ${changesAfter('"frame"')} ORDER BY "id")) AS "lines"
  FROM "StateSnapshot" AS "frame" WHERE "frame"."cluster" = ?1
  ORDER BY "frame"."at" <= ?2 DESC, CASE WHEN "frame"."at" <= ?2 THEN -"frame"."id" ELSE "frame"."id" END LIMIT 1`

async function stateAt(database: Database, cluster: string, time: string) {
  const at = new Date(time).toISOString()
  const rows = await database.rows<{ at: string; state: Uint8Array; lines: string }>(STATE_AT, cluster, at)
  const [frame] = rows
  if (frame === undefined) return null
  const inventory = inventoryOf(
    replay(stateOf(gunzipSync(frame.state).toString('utf8')), changesOf(frame.lines)),
  )
  return { at: frame.at <= at ? at : frame.at, inventory }
}
