import { ENDED } from '../core/operation.js'
import type { CardMessage, CardMessageStore } from '../ports/store/card-messages.js'
import { type CardMessageRow, cardMessageOf } from './chat-schema.js'
import { sqlJson } from './row-schema.js'
import type { Database, SqlValue, Tx } from './tx.js'

const COLUMNS =
  '"operation", "surface", "channel", "thread", "message", "delivered", "final", "failures", "error", "notBefore"'
const ONE = '"operation" = ? AND "surface" = ? AND "channel" = ?'
const GIVEN_UP = '("failures" > 0 AND "notBefore" IS NULL)'
const OVER = `("final" = 1 OR ${GIVEN_UP})`
const KEEP_MS = 30 * 86_400_000

type Key = Pick<CardMessage, 'operation' | 'surface' | 'channel'>
const keyOf = ({ operation, surface, channel }: Key) => [operation, surface, channel] as const

export function cardMessageStore(database: Database): CardMessageStore {
  const read = async (where: string, ...values: readonly SqlValue[]): Promise<readonly CardMessage[]> =>
    (
      await database.rows<CardMessageRow>(`SELECT ${COLUMNS} FROM "CardMessage" WHERE ${where}`, ...values)
    ).map(cardMessageOf)
  return {
    want: async (card) => {
      // It is wanted again and again, and is there nearly always: looking keeps out of the writers' way.
      const known = await database.rows(`SELECT 1 FROM "CardMessage" WHERE ${ONE}`, ...keyOf(card))
      if (known.length > 0) return
      await database.run(
        `INSERT INTO "CardMessage" ("operation", "surface", "channel", "thread") VALUES (?, ?, ?, ?)
         ON CONFLICT ("operation", "surface", "channel") DO NOTHING`,
        ...keyOf(card),
        card.thread,
      )
    },
    open: (surface) =>
      read(`"surface" = ? AND "final" = 0 AND NOT ${GIVEN_UP} ORDER BY "operation", "channel"`, surface),
    of: (operation) => read('"operation" = ? ORDER BY "surface", "channel"', operation),
    byMessage: async (surface, channel, message) => {
      const where = '"surface" = ? AND "channel" = ? AND "message" = ? ORDER BY "operation" DESC LIMIT 1'
      return (await read(where, surface, channel, message))[0] ?? null
    },
    delivered: async (card, { message, delivered, final }) => {
      // Of a message that was only found nothing is known but that it is there; one that is known already stays as it is.
      const which = delivered === null ? '"message" IS NULL' : '("message" IS NULL OR "message" = ?)'
      await database.run(
        `UPDATE "CardMessage" SET "message" = ?, "delivered" = ?, "final" = ?,
           "failures" = 0, "error" = NULL, "notBefore" = NULL WHERE ${ONE} AND ${which}`,
        message,
        delivered,
        final,
        ...keyOf(card),
        ...(delivered === null ? [] : [message]),
      )
    },
    failed: async (card, { error, notBefore }) => {
      await database.run(
        `UPDATE "CardMessage" SET "failures" = "failures" + 1, "error" = ?, "notBefore" = ? WHERE ${ONE}`,
        sqlJson(error),
        notBefore?.toISOString() ?? null,
        ...keyOf(card),
      )
    },
    refused: async (card, { error, delivered, final }) => {
      await database.run(
        `UPDATE "CardMessage" SET "delivered" = ?, "final" = ?, "failures" = "failures" + 1, "error" = ?, "notBefore" = ?
         WHERE ${ONE}`,
        delivered,
        final,
        sqlJson(error),
        new Date(0).toISOString(),
        ...keyOf(card),
      )
    },
    lost: async (card, { message, error, notBefore }) => {
      await database.run(
        `UPDATE "CardMessage" SET "message" = NULL, "delivered" = NULL, "failures" = "failures" + 1, "error" = ?,
           "notBefore" = ? WHERE ${ONE} AND "message" = ?`,
        sqlJson(error),
        notBefore.toISOString(),
        ...keyOf(card),
        message,
      )
    },
    stuck: async (surface) => {
      const [row] = await database.rows<{ tried: number | bigint; givenUp: number | bigint }>(
        `SELECT count(*) FILTER (WHERE NOT ${OVER}) AS "tried", count(*) FILTER (WHERE ${OVER}) AS "givenUp"
           FROM "CardMessage" WHERE "surface" = ? AND "failures" > 0`,
        surface,
      )
      return { waiting: Number(row?.tried ?? 0), givenUp: Number(row?.givenUp ?? 0) }
    },
  }
}

/** Forgets the cards of operations that ended more than 30 days ago, delivered or not; at most `most` at once. */
export async function pruneCardMessages(tx: Tx, now: Date, most: number): Promise<void> {
  await tx.$executeRawUnsafe(
    `DELETE FROM "CardMessage" WHERE "operation" IN
       (SELECT "id" FROM "Operation" WHERE "id" IN (SELECT "operation" FROM "CardMessage")
          AND "state" IN (SELECT "value" FROM json_each(?1)) AND json_valid("head")
          AND json_extract("head", '$.endedAt') < ?2 ORDER BY "id" LIMIT ?3)`,
    sqlJson([...ENDED]),
    new Date(now.getTime() - KEEP_MS).toISOString(),
    most,
  )
}
