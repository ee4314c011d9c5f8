import type { Task } from './resource.js'

/**
 * A container has nothing of its own that a restore over it, or another one with the same hardware address, would change.
 * What tells is the tasks: after one that makes or removes it, it may be another.
 */

/** A clone's task is none: it bears the number of what was cloned; what stood in the clone's place had to be destroyed. */
export const BIRTHS: readonly string[] = ['vzcreate', 'vzrestore', 'vzdestroy']

/** After it, what was done is in the list of another node. */
export const MOVE = 'vzmigrate'

/** Where and when a container was read, and what had been done to it by then. */
export type Sighting = {
  readonly node: string
  /** Unix seconds, by the clock of the cluster. */
  readonly time: number
  /** Births that were over by then. */
  readonly births: readonly string[]
}

/** The clocks of a cluster's nodes may differ by so much. Seconds. */
const SLACK = 60

/** From when on tasks may have come after a sighting; in whole minutes, so that several share one list. */
export function sinceFor({ time }: Pick<Sighting, 'time'>): number {
  return Math.floor((time - SLACK) / 60) * 60
}

/** What is to be remembered of the births that a list holds: one that still runs is yet to change it. */
export function birthsOver(tasks: readonly Task[], since: number): readonly string[] {
  return tasks
    .filter(({ type, status, startTime }) => isBirth(type) && status !== null && startTime >= since)
    .map(({ upid }) => upid)
    .sort()
}

/** The newest birth since a sighting; null where there was none. */
export function birthSince(tasks: readonly Task[], { births }: Pick<Sighting, 'births'>): Task | null {
  const news = tasks.filter(({ type, upid }) => isBirth(type) && !births.includes(upid))
  return news.sort((a, b) => b.startTime - a.startTime)[0] ?? null
}

/** `vzrestore by root@pam`. */
export function birthText({ type, user }: Pick<Task, 'type' | 'user'>): string {
  return `${type} by ${user}`
}

const isBirth = (type: string): boolean => BIRTHS.includes(type)
