import type { NewAudit } from '../core/audit.js'
import type { Binding, BindingStore } from '../ports/store/bindings.js'
import { appendAudit } from './audit.js'
import { type BindingRow, bindingOf } from './chat-schema.js'
import { cleaned } from './operation-schema.js'
import { sqlJson } from './row-schema.js'
import type { Database, Tx } from './tx.js'

const COLUMNS = '"surface", "channel", "name", "workspace", "approvals"'

export function bindingStore(database: Database): BindingStore {
  return {
    of: async (surface, channel) => {
      const [row] = await database.rows<BindingRow>(
        `SELECT ${COLUMNS} FROM "ChannelBinding" WHERE "surface" = ? AND "channel" = ?`,
        surface,
        channel,
      )
      return row === undefined ? null : bindingOf(row)
    },
    list: async ({ surface, workspace }) => {
      const rows = await database.rows<BindingRow>(
        `SELECT ${COLUMNS} FROM "ChannelBinding"
         WHERE (?1 IS NULL OR "surface" = ?1) AND (?2 IS NULL OR "workspace" = ?2)
         ORDER BY "workspace", json_extract("name", '$'), "surface", "channel"`,
        surface ?? null,
        workspace ?? null,
      )
      return rows.map(bindingOf)
    },
    bind: (asked, actor, now) =>
      database.write(async (tx) => {
        const binding = cleaned(asked)
        const before = await read(tx, binding.surface, binding.channel)
        await tx.$executeRawUnsafe(
          `INSERT OR REPLACE INTO "ChannelBinding" (${COLUMNS}) VALUES (?, ?, ?, ?, ?)`,
          binding.surface,
          binding.channel,
          sqlJson(binding.name),
          binding.workspace,
          binding.approvals,
        )
        const was = before === null ? null : { workspace: before.workspace, approvals: before.approvals }
        const entry = about(binding, 'channel.bound', { approvals: binding.approvals, before: was })
        await appendAudit(tx, [{ ...entry, actor }], now)
      }),
    unbind: (surface, channel, actor, now) =>
      database.write(async (tx) => {
        const before = await read(tx, surface, channel)
        if (before === null) return false
        await tx.$executeRawUnsafe(
          'DELETE FROM "ChannelBinding" WHERE "surface" = ? AND "channel" = ?',
          surface,
          channel,
        )
        const entry = about(before, 'channel.unbound', { approvals: before.approvals })
        await appendAudit(tx, [{ ...entry, actor }], now)
        return true
      }),
  }
}

function about(
  { surface, channel, name, workspace }: Binding,
  action: string,
  data: Readonly<Record<string, NewAudit['data']>>,
): Omit<NewAudit, 'actor'> {
  const subject = `${surface}:${channel}`
  return { action, workspace, operation: null, subject, code: null, data: { name, ...data } }
}

async function read(tx: Tx, surface: Binding['surface'], channel: string): Promise<Binding | null> {
  const rows: readonly BindingRow[] = await tx.$queryRawUnsafe(
    `SELECT ${COLUMNS} FROM "ChannelBinding" WHERE "surface" = ? AND "channel" = ?`,
    surface,
    channel,
  )
  return rows[0] === undefined ? null : bindingOf(rows[0])
}
