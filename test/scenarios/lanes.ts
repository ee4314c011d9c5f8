import { afterAll, beforeAll, it } from '@jest/globals'
import type { Stage } from './stage.js'

/** Something that people do, from its beginning to its end; it minds nothing that others do meanwhile. */
export type Play = (stage: Stage) => Promise<void>

/** Places in which plays go on side by side: most of the time all of them wait. */
const LANES: readonly string[] = ['ops', 'web', 'night', 'day', 'deep']
const PATIENCE_MS = 90_000

export type Lanes = {
  readonly places?: readonly string[]
  /** The home is begun anew before: what has just begun may say as much at once as its platform lets through. */
  readonly anew?: boolean
}

/**
 * A test for each play. They begin together, a few at a time and each lane in a place of its own; each test waits for its
 * own.
 */
export function sideBySide(
  of: () => Stage,
  plays: Readonly<Record<string, Play>>,
  { places = LANES, anew = false }: Lanes = {},
): void {
  const running = new Map<string, Promise<void>>()
  let lanes: Promise<unknown> = Promise.resolve()

  beforeAll(async () => {
    if (anew) await of().lab.restart()
    const begin = new Map<string, (stage: Stage) => void>()
    for (const [name, play] of Object.entries(plays)) {
      const turn = new Promise<Stage>((resolve) => begin.set(name, resolve))
      const played = turn.then(play)
      played.catch(() => {})
      running.set(name, played)
    }
    const waiting = [...begin]
    const lane = async (place: string) => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        const [name, go] = next
        go(of().at(place))
        await running.get(name)?.catch(() => {})
      }
    }
    lanes = Promise.all(places.map(lane))
  }, PATIENCE_MS)
  afterAll(() => lanes.then(() => {}), PATIENCE_MS)

  it.each(Object.keys(plays))('%s', (name) => running.get(name), PATIENCE_MS)
}
