import type { WorkspaceRow, WorkspaceStore } from '../ports/store/workspaces.js'
import type { Database } from './tx.js'

export function workspaceStore(database: Database): WorkspaceStore {
  const list = async (): Promise<readonly WorkspaceRow[]> => {
    const rows = await database.rows<{ name: string; cluster: string | null }>(
      `SELECT "Workspace"."name" AS "name", "Cluster"."name" AS "cluster" FROM "Workspace"
       LEFT JOIN "Cluster" ON "Cluster"."workspaceName" = "Workspace"."name" ORDER BY 1, 2`,
    )
    const byName = new Map<string, string[]>()
    for (const { name, cluster } of rows) {
      const clusters = byName.get(name) ?? []
      byName.set(name, cluster === null ? clusters : [...clusters, cluster])
    }
    return [...byName].map(([name, clusters]) => ({ name, clusters }))
  }
  return {
    list,
    ensure: async (workspaces) => {
      const known = new Map(
        (await list()).flatMap(({ name, clusters }) => clusters.map((cluster) => [cluster, name] as const)),
      )
      const wanted = workspaces.flatMap(({ name, clusters }) =>
        clusters.map((cluster) => [cluster, name] as const),
      )
      if (wanted.every(([cluster, name]) => known.get(cluster) === name)) return
      await database.write(async (tx) => {
        for (const { name } of workspaces)
          await tx.$executeRawUnsafe('INSERT OR IGNORE INTO "Workspace" ("name") VALUES (?)', name)
        for (const [cluster, name] of wanted)
          await tx.$executeRawUnsafe(
            `INSERT INTO "Cluster" ("name", "workspaceName") VALUES (?, ?)
             ON CONFLICT ("name") DO UPDATE SET "workspaceName" = excluded."workspaceName"`,
            cluster,
            name,
          )
      })
    },
  }
}
