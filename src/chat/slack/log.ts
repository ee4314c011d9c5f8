import { type Logger, LogLevel } from '@slack/web-api'
import type { SurfaceLog } from '../parts.js'

const MOST = 2000

/** Bolt's logger on ours. It is never told to debug: then it would log what people typed. */
export function boltLog(log: SurfaceLog): Logger {
  const facts = { from: 'slack' }
  const said = (parts: readonly unknown[]): string => parts.map(String).join(' ').slice(0, MOST)
  return {
    debug: () => {},
    info: (...parts: unknown[]) => log.info(facts, said(parts)),
    warn: (...parts: unknown[]) => log.warn(facts, said(parts)),
    error: (...parts: unknown[]) => log.error(facts, said(parts)),
    setLevel: () => {},
    getLevel: () => LogLevel.INFO,
    setName: () => {},
  }
}
