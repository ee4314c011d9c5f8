import type { Column, Fact, Source, Tone, Unit, Value } from './card.js'
import type { Picture } from './change.js'
import { type Guest, type Task, taskOutcome } from './resource.js'

/** Makes a fact; `unit` says how surfaces print the raw value. */
export function fact(
  label: string,
  value: Value,
  unit: Unit = 'text',
  extra: { tone?: Tone; note?: string } = {},
): Fact {
  return { label, value, unit, ...extra }
}

/** Makes a column; the higher the priority number, the earlier it goes on a narrow surface. */
export function column(key: string, label: string, unit: Unit = 'text', priority = 1): Column {
  return { key, label, unit, priority }
}

/** The age of a synced picture, as a card says it. */
export function syncedSource(picture: Pick<Picture, 'cluster' | 'at'>, note?: string): Source {
  return { cluster: picture.cluster, kind: 'synced', at: picture.at, ...(note === undefined ? {} : { note }) }
}

export function neverSynced(cluster: string, note?: string): Source {
  return { cluster, kind: 'synced', at: null, ...(note === undefined ? {} : { note }) }
}

/** The ages behind an answer from the store, for every cluster of the workspace. */
export function pictureSources(
  clusters: readonly string[],
  pictures: readonly Pick<Picture, 'cluster' | 'at'>[],
  staleBecause: ReadonlyMap<string, string>,
): readonly Source[] {
  return clusters.map((cluster) => {
    const picture = pictures.find((candidate) => candidate.cluster === cluster)
    const note = staleBecause.get(cluster)
    return picture === undefined ? neverSynced(cluster, note) : syncedSource(picture, note)
  })
}

export function liveSource(cluster: string, at: string): Source {
  return { cluster, kind: 'live', at }
}

/** The one word for a guest's state: template, suspended and locked are told apart from the power state. */
export function guestState(guest: Pick<Guest, 'status' | 'template' | 'lock'>): string {
  if (guest.template) return 'template'
  if (guest.lock === 'suspended') return 'suspended'
  return guest.status
}

/** `VM` or `CT`, as people who run Proxmox VE say. */
export function kindWord(kind: Guest['kind']): string {
  return kind === 'qemu' ? 'VM' : 'CT'
}

/** A task's state word and, when it failed, why. */
export function taskState(task: Pick<Task, 'status'>): string {
  return taskOutcome(task.status)
}

/** ISO time of unix seconds. */
export function isoTime(unixSeconds: number): string {
  return new Date(unixSeconds * 1000).toISOString()
}

/** `1 guest`, `2 guests`. */
export function count(number: number, one: string, many = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`
}
