/**
 * Every reason for which a request is not carried out, in one list. The card, the audit row and the exit
 * status derive from the code; the sentence and the hint are for the person who asked.
 */
export const REFUSAL_CODES = {
  // the words
  unknown_command: 'bad_input',
  incomplete_command: 'bad_input',
  missing_argument: 'bad_input',
  wrong_argument: 'bad_input',
  unknown_flag: 'bad_input',
  unbalanced_quote: 'bad_input',
  too_long: 'bad_input',
  // what they name
  unknown_guest: 'bad_input',
  ambiguous_guest: 'bad_input',
  unknown_resource: 'bad_input',
  ambiguous_resource: 'bad_input',
  unknown_task: 'bad_input',
  ambiguous_task: 'bad_input',
  unknown_workspace: 'bad_input',
  no_workspace: 'bad_input',
  no_history: 'bad_input',
  // who and where
  not_here: 'refused',
  no_role: 'refused',
  out_of_scope: 'refused',
  unknown_person: 'bad_input',
  person_exists: 'refused',
  last_admin: 'refused',
  account_taken: 'refused',
  unknown_account: 'bad_input',
  no_such_grant: 'bad_input',
  link_wrong: 'refused',
  link_locked: 'refused',
  not_assumable: 'refused',
  // channels
  no_channel: 'bad_input',
  not_bound: 'refused',
  channel_refused: 'refused',
  outsider: 'refused',
  rate_limited: 'refused',
  surface_off: 'refused',
  // what is asked for
  is_template: 'refused',
  wrong_state: 'refused',
  protected: 'refused',
  policy_refused: 'refused',
  no_approvers: 'refused',
  frozen: 'refused',
  not_frozen: 'refused',
  facts_unknown: 'refused',
  identity_unknown: 'refused',
  identity_changed: 'refused',
  no_operate_token: 'refused',
  too_many_targets: 'refused',
  nothing_selected: 'bad_input',
  // decisions
  unknown_operation: 'bad_input',
  own_plan: 'refused',
  same_person: 'refused',
  not_yours: 'refused',
  wrong_digest: 'refused',
  typed_wrong: 'refused',
  needs_reason: 'refused',
  already_decided: 'refused',
  nothing_to_decide: 'refused',
  denied: 'refused',
  expired: 'refused',
  cancelled: 'refused',
  // on the way
  plan_stale: 'refused',
  plan_edited: 'failed',
  lease_lost: 'failed',
  no_runner: 'refused',
  held: 'refused',
  task_failed: 'failed',
  task_killed: 'failed',
  not_started: 'failed',
  not_verified: 'failed',
  outcome_unknown: 'failed',
  overtaken: 'failed',
  not_undoable: 'refused',
  undo_conflict: 'refused',
  nothing_to_continue: 'refused',
  // the audit log
  audit_broken: 'failed',
  // the home
  no_home: 'bad_input',
  home_exists: 'bad_input',
  home_unwritable: 'failed',
  config_invalid: 'bad_input',
  config_missing: 'bad_input',
  secret_missing: 'bad_input',
  init_interrupted: 'refused',
  // the store
  store_unreadable: 'failed',
  store_locked: 'failed',
  store_corrupt: 'failed',
  store_newer: 'failed',
  store_migration_failed: 'failed',
  backup_invalid: 'bad_input',
  backup_missing: 'bad_input',
  disk_full: 'failed',
  // the cluster
  cluster_unreachable: 'failed',
  cluster_no_quorum: 'failed',
  node_unreachable: 'failed',
  tls_untrusted: 'failed',
  tls_fingerprint: 'failed',
  tls_wrong_host: 'failed',
  auth_failed: 'failed',
  missing_privilege: 'failed',
  not_proxmox: 'failed',
  answer_too_large: 'failed',
  unsupported_version: 'failed',
  guest_gone: 'failed',
  guest_locked: 'failed',
  proxy_timeout: 'failed',
  rejected_by_pve: 'failed',
  sync_failed: 'failed',
  // the program
  manifest_differs: 'failed',
  interrupted: 'refused',
  internal: 'failed',
} as const satisfies Record<string, RefusalClass>

/** `bad_input` and `refused` end a script with 2, `failed` with 1. */
export type RefusalClass = 'bad_input' | 'refused' | 'failed'
export type RefusalCode = keyof typeof REFUSAL_CODES

export type Refusal = {
  readonly kind: 'refusal'
  readonly code: RefusalCode
  /** One clear sentence: what is wrong. May hold untrusted text. */
  readonly message: string
  /** What to do about it. */
  readonly hint: string
  /** Candidates, lines, missing privileges: one per row. */
  readonly details: readonly string[]
}

/** Makes a refusal value. */
export function refuse(
  code: RefusalCode,
  message: string,
  hint: string,
  details: readonly string[] = [],
): Refusal {
  return { kind: 'refusal', code, message, hint, details }
}

/** Tells whether a value returned by a stage is a refusal. */
export function isRefusal(value: unknown): value is Refusal {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'refusal'
}

/**
 * Carries a refusal through code that can only throw (library callbacks, constructors).
 * The pipeline turns it back into the value at its edge.
 */
export class RefusalError extends Error {
  override readonly name = 'RefusalError'
  readonly refusal: Refusal

  constructor(refusal: Refusal, options?: { readonly cause?: unknown }) {
    super(`${refusal.code}: ${refusal.message}`, options)
    this.refusal = refusal
  }
}
