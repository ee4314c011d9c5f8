import { type Format, makeFormat } from '../format.js'

/**
 * Values as a message tells them, which is read on other days too: no time is told as one of today, and the same state
 * always comes out the same.
 */
export function messageFormat(timeZone: string): Format {
  // Seen from so early, every time is of another year.
  return makeFormat({ timeZone, now: new Date(0), unicode: true })
}
