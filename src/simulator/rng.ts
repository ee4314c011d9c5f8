/** A small seeded generator. Its whole state is one number, so that a restart can go on where it stopped. */
export type Rng = {
  /** The next number, at least 0 and below 1. */
  readonly next: () => number
  /** An integer between both bounds, bounds included. */
  readonly int: (min: number, max: number) => number
  /** One element, or the fallback for an empty list. */
  readonly pick: <T>(list: readonly T[], fallback: T) => T
  /** `digits` hexadecimal digits in lower case. */
  readonly hex: (digits: number) => string
  readonly uuid: () => string
  /** A new list in random order. */
  readonly shuffle: <T>(list: readonly T[]) => T[]
  readonly state: () => number
}

/** Makes a generator (mulberry32) from a 32-bit state. */
export function createRng(start: number): Rng {
  let state = start >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
  const int = (min: number, max: number): number => min + Math.floor(next() * (max - min + 1))
  const hex = (digits: number): string => {
    let text = ''
    while (text.length < digits) text += int(0, 15).toString(16)
    return text
  }
  return {
    next,
    int,
    hex,
    pick: (list, fallback) => list[int(0, list.length - 1)] ?? fallback,
    uuid: () => `${hex(8)}-${hex(4)}-4${hex(3)}-${(8 + int(0, 3)).toString(16)}${hex(3)}-${hex(12)}`,
    shuffle: (list) => {
      const copy = [...list]
      for (let last = copy.length - 1; last > 0; last -= 1) {
        const other = int(0, last)
        const moved = copy.splice(other, 1)
        copy.splice(last, 0, ...moved)
      }
      return copy
    },
    state: () => state,
  }
}

/** A hash of up to four integers, at least 0 and below 1: the same numbers always give the same value. */
export function hashUnit(a: number, b: number, c = 0, d = 0): number {
  let mixed = Math.imul(a ^ 0x9e3779b9, 0x85ebca6b)
  mixed = Math.imul((mixed ^ (mixed >>> 13) ^ b) | 0, 0xc2b2ae35)
  mixed = Math.imul((mixed ^ (mixed >>> 16) ^ c) | 0, 0x27d4eb2f)
  mixed = Math.imul((mixed ^ (mixed >>> 15) ^ d) | 0, 0x165667b1)
  mixed ^= mixed >>> 13
  return (mixed >>> 0) / 4294967296
}
