import type { GuestRef } from '../../core/args.js'
import { type Card, card, type Fact, type Section, stateTone } from '../../core/card.js'
import type { Picture } from '../../core/change.js'
import { column, fact, guestState, kindWord, liveSource, syncedSource } from '../../core/facts.js'
import { guestKey } from '../../core/resource.js'
import type { GuestLive, Known } from '../../ports/pve.js'

/** Config keys that are shown as facts elsewhere, or say nothing to a person. */
const SHOWN_ELSEWHERE = new Set([
  'name',
  'hostname',
  'tags',
  'description',
  'digest',
  'lock',
  'template',
  'meta',
  'parent',
  'smbios1',
  'vmgenid',
])

/** A guest as PVE tells right now. What could not be read is said to be unknown, with the reason. */
export function guestLiveCard(picture: Picture, ref: GuestRef, live: GuestLive): Card {
  const stored = picture.inventory.guests.find((guest) => guest.vmid === ref.vmid)
  const state = guestState({ status: 'unknown', template: live.template, lock: live.lock })
  const word = state === 'unknown' ? live.status : state
  return card({
    heading: `${live.name} (${kindWord(ref.kind)} ${ref.vmid}) is ${word} on ${live.node}`,
    tone: stateTone(word),
    facts: [
      fact('state', word, 'state'),
      fact('uptime', live.uptime === 0 ? null : live.uptime, 'seconds'),
      fact('cpu', live.cpu, 'ratio', live.maxcpu === null ? {} : { note: `of ${live.maxcpu} cores` }),
      fact('memory', live.mem, 'bytes', sizeNote(live.maxmem)),
      fact('disk', live.maxdisk, 'bytes'),
      fact('pool', stored?.pool ?? null),
      fact('tags', live.tags.join(';'), 'tags'),
      fact('high availability', live.ha ?? 'not managed'),
      ...(live.lock === null ? [] : [fact('lock', live.lock, 'text', { tone: 'warning' })]),
      knownFact('addresses', live.addresses, (addresses) =>
        addresses.length === 0 ? null : addresses.join(', '),
      ),
    ],
    sections: [...notes(live), ...snapshots(live), ...pending(live), ...configuration(live)],
    actions: [
      { label: 'load over time', words: `metrics ${ref.vmid}` },
      { label: 'what changed', words: `history ${ref.vmid}` },
    ],
    sources: [liveSource(ref.cluster, live.at)],
  })
}

function sizeNote(bytes: number | null): { note?: string } {
  return bytes === null ? {} : { note: `of ${(bytes / 2 ** 30).toFixed(1)} GiB` }
}

function knownFact<T>(label: string, known: Known<T>, print: (value: T) => string | null): Fact {
  if (known.kind === 'known') return fact(label, print(known.value))
  return fact(label, 'unknown', 'text', { tone: 'muted', note: known.why })
}

function unreadable(title: string, why: string): Section {
  return { title, text: `unknown: ${why}` }
}

function notes(live: GuestLive): readonly Section[] {
  if (live.config.kind === 'unknown') return []
  const text = live.config.value.description
  return text === undefined || text === '' ? [] : [{ title: 'Notes', text: String(text).trimEnd() }]
}

function snapshots(live: GuestLive): readonly Section[] {
  if (live.snapshots.kind === 'unknown') return [unreadable('Snapshots', live.snapshots.why)]
  if (live.snapshots.value.length === 0) return []
  const columns = [
    column('name', 'name', 'text', 0),
    column('time', 'taken', 'time', 0),
    column('memory', 'with memory', 'text', 2),
    column('description', 'description', 'text', 1),
  ]
  const rows = [...live.snapshots.value]
    .sort((a, b) => (a.time ?? '').localeCompare(b.time ?? ''))
    .map((snapshot) => ({
      name: snapshot.name,
      time: snapshot.time,
      memory: snapshot.withMemory ? 'yes' : 'no',
      description: snapshot.description,
    }))
  return [{ title: 'Snapshots', table: { columns, rows, empty: '' } }]
}

function pending(live: GuestLive): readonly Section[] {
  if (live.pending.kind === 'unknown') return [unreadable('Pending changes', live.pending.why)]
  const rows = live.pending.value.map((change) => ({
    key: change.key,
    now: change.value,
    next: change.removed ? '(removed)' : change.pending,
  }))
  if (rows.length === 0) return []
  const columns = [
    column('key', 'setting', 'text', 0),
    column('now', 'now', 'text', 1),
    column('next', 'after a restart', 'text', 0),
  ]
  return [{ title: 'Pending changes', table: { columns, rows, empty: '' } }]
}

function configuration(live: GuestLive): readonly Section[] {
  if (live.config.kind === 'unknown') return [unreadable('Configuration', live.config.why)]
  const rows = Object.entries(live.config.value)
    .filter(([key]) => !SHOWN_ELSEWHERE.has(key))
    .sort(([a], [b]) => a.localeCompare(b, 'en', { numeric: true }))
    .map(([key, value]) => ({ key, value }))
  const columns = [column('key', 'setting', 'text', 0), column('value', 'value', 'text', 0)]
  return [{ title: 'Configuration', table: { columns, rows, empty: 'It is empty.' } }]
}

/** A guest as last synced, where the cluster cannot be asked now. */
export function guestStoredCard(picture: Picture, ref: GuestRef, why: string): Card {
  const guest = picture.inventory.guests.find((candidate) => candidate.vmid === ref.vmid)
  const used = picture.usage[guestKey(ref.vmid)]
  const state = guest === undefined ? 'unknown' : guestState(guest)
  return card({
    heading: `${ref.name} (${kindWord(ref.kind)} ${ref.vmid}) was ${state} on ${ref.node} when last seen`,
    tone: 'warning',
    text: `${why} This is the last synced picture; the configuration can only be read live.`,
    facts: [
      fact('state then', state, 'state'),
      fact('memory', used?.mem ?? null, 'bytes', sizeNote(guest?.maxmem ?? null)),
      fact('disk', guest?.maxdisk ?? null, 'bytes'),
      fact('pool', guest?.pool ?? null),
      fact('tags', guest?.tags.join(';') ?? '', 'tags'),
      fact('high availability', guest?.hastate ?? 'not managed'),
    ],
    sources: [syncedSource(picture, why)],
  })
}
