import type { Changed, ParsedChange } from './control-schema.js'
import type { SimGuest, World } from './state.js'
import { ROOT, recordTask } from './tasks.js'

/** What came of a change: the guests it touched, or why it could not be made. */
export type ChangeResult =
  | { readonly kind: 'done'; readonly changed: Changed['changed'] }
  | { readonly kind: 'refused'; readonly error: string }

export type GuestChange = Extract<ParsedChange, { readonly vmid: number }>
export type Existing = Exclude<GuestChange, { readonly kind: 'create' }>

export const done = (vmid: number, what: string): ChangeResult => ({
  kind: 'done',
  changed: [{ vmid, what }],
})
export const refused = (error: string): ChangeResult => ({ kind: 'refused', error })

/** Records what a change in the web interface leaves behind: a finished task of root@pam. */
export function leaveTask(
  world: World,
  guest: SimGuest,
  type: string,
  log: readonly string[] = [],
  node = guest.node,
): void {
  const now = world.clock.seconds()
  const prefix = guest.kind === 'qemu' ? 'qm' : 'vz'
  const task = { node, type: type.replace(/^xx/, prefix), id: String(guest.vmid), owner: ROOT }
  recordTask(world, task, { start: now, end: now }, { status: 'OK', log })
}
