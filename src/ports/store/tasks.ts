import type { Task } from '../../core/resource.js'

/** A stored task; `handle` is its short name, `t17`. */
export type StoredTask = Task & { readonly cluster: string; readonly handle: string }

export type TaskFilter = {
  readonly node?: string
  /** A vmid or whatever the task's id is. */
  readonly id?: string
  readonly type?: string
  readonly outcome?: 'running' | 'failed'
  readonly limit: number
}

export interface TaskStore {
  /** Newest first. */
  list(cluster: string, filter: TaskFilter): Promise<readonly StoredTask[]>
  /** By handle, by UPID, or by the beginning of a UPID; several when that is ambiguous (at most 10). */
  find(clusters: readonly string[], reference: string): Promise<readonly StoredTask[]>
  /** UPIDs of tasks that had not ended when last seen. */
  running(cluster: string): Promise<readonly string[]>
  /** Which of these finished tasks are stored already. */
  known(cluster: string, upids: readonly string[]): Promise<ReadonlySet<string>>
}
