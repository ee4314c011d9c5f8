export type WorkspaceRow = { readonly name: string; readonly clusters: readonly string[] }

export interface WorkspaceStore {
  /** Makes the store know the configured workspaces and clusters; forgets none. Gives cluster names back as stored. */
  ensure(workspaces: readonly WorkspaceRow[]): Promise<void>
  list(): Promise<readonly WorkspaceRow[]>
}
