import type { Step } from './operation.js'

/**
 * The steps that go first and alone. One that was at its goal already proves nothing, so the next takes its place. Told
 * by the steps alone, so that whoever takes over comes to the same.
 */
export function canarySteps(canary: number, steps: readonly Step[]): readonly Step[] {
  return steps.filter(({ state }) => state !== 'already').slice(0, canary)
}

/** Whether a canary ended other than well: then the rest is not begun, whatever else was asked for. */
export function canaryFell(canary: number, steps: readonly Step[]): boolean {
  return canarySteps(canary, steps).some(({ state }) => !GOING.includes(state) && state !== 'verified')
}

/** How many are still to prove it: what is gone on with later must not go unproved. */
export function canariesLeft(canary: number, steps: readonly Step[]): number {
  return canary - canarySteps(canary, steps).filter(({ state }) => state === 'verified').length
}

const GOING: readonly Step['state'][] = ['pending', 'sent', 'following']
