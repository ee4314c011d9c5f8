import type { OutboxItem, OutboxStore } from '../ports/store/outbox.js'
import { type OutboxRow, outboxItemOf, postBody } from './chat-schema.js'
import { cleaned } from './operation-schema.js'
import { sqlJson } from './row-schema.js'
import type { Database, Tx } from './tx.js'

const HOUR_MS = 3_600_000
/** How long the key of a post is remembered after its end. */
const KEEP_MS = 7 * 24 * HOUR_MS
/** Nothing waits longer than this before it is tried again; what seems to was put off before the clock was set back. */
const LONGEST_MS = HOUR_MS

/** `waiting`, `done` or `given_up`; what is done is kept for its key alone. */
export function outboxStore(database: Database): OutboxStore {
  return {
    // No transaction: what goes is forgotten whoever looks, and the key itself decides who of two is first.
    add: async (asked, now) => {
      const post = cleaned(asked)
      await database.run('DELETE FROM "Outbox" WHERE "key" = ? AND "endedAt" <= ?', post.key, forgotten(now))
      const taken = await database.run(
        `INSERT INTO "Outbox" ("key", "surface", "channel", "state", "at", "body") VALUES (?, ?, ?, 'waiting', ?, ?)
         ON CONFLICT ("key") DO NOTHING`,
        post.key,
        post.surface,
        post.channel,
        now.toISOString(),
        postBody(post),
      )
      return taken === 1
    },
    due: async (surface, now, limit) => {
      const rows = await database.rows<OutboxRow>(
        `SELECT "id", "key", "surface", "channel", "at", "body", "failures", "error" FROM "Outbox"
         WHERE "id" IN (SELECT min("id") FROM "Outbox" WHERE "surface" = ?1 AND "state" = 'waiting' GROUP BY "channel")
           AND ("notBefore" IS NULL OR "notBefore" <= ?2 OR "notBefore" > ?3)
         ORDER BY "id" LIMIT ?4`,
        surface,
        now.toISOString(),
        later(now, LONGEST_MS),
        limit,
      )
      return rows.map((row): OutboxItem => outboxItemOf(row))
    },
    done: async (id, now) => {
      await database.run(
        `UPDATE "Outbox" SET "state" = 'done', "endedAt" = ?, "body" = '{}', "error" = NULL, "notBefore" = NULL
         WHERE "id" = ? AND "state" = 'waiting'`,
        now.toISOString(),
        id,
      )
    },
    failed: async (id, { error, notBefore }, now) => {
      const latest = later(now, LONGEST_MS)
      const next = notBefore?.toISOString() ?? null
      await database.run(
        `UPDATE "Outbox" SET "state" = ?1, "endedAt" = ?2, "failures" = "failures" + 1, "error" = ?3, "notBefore" = ?4
         WHERE "id" = ?5 AND "state" = 'waiting'`,
        next === null ? 'given_up' : 'waiting',
        next === null ? now.toISOString() : null,
        sqlJson(error),
        next !== null && next > latest ? latest : next,
        id,
      )
    },
    waiting: async (surface) => {
      const [row] = await database.rows<{ waiting: number | bigint; givenUp: number | bigint }>(
        `SELECT ifnull(sum("state" = 'waiting'), 0) AS "waiting", ifnull(sum("state" = 'given_up'), 0) AS "givenUp"
         FROM "Outbox" WHERE "surface" = ?`,
        surface,
      )
      return { waiting: Number(row?.waiting ?? 0), givenUp: Number(row?.givenUp ?? 0) }
    },
  }
}

/** Forgets posts that ended more than 7 days ago, at most `most` at once. */
export async function pruneOutbox(tx: Tx, now: Date, most: number): Promise<void> {
  await tx.$executeRawUnsafe(
    `DELETE FROM "Outbox" WHERE "id" IN
       (SELECT "id" FROM "Outbox" WHERE "endedAt" <= ? ORDER BY "endedAt" LIMIT ?)`,
    forgotten(now),
    most,
  )
}

const later = (now: Date, milliseconds: number): string =>
  new Date(now.getTime() + milliseconds).toISOString()
const forgotten = (now: Date): string => later(now, -KEEP_MS)
