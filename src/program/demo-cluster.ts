import type { OpenHome } from '../compose.js'
import { type Attached, attachSimulator } from '../setup/demo.js'
import { systemClock } from '../system/clock.js'
import type { Process } from './process.js'

/** A demo's cluster lives as long as somebody is attached to it: whoever opens the home attaches. Null for a real home. */
export async function attachDemo(
  { config, paths }: Pick<OpenHome, 'config' | 'paths'>,
  here: Process,
): Promise<Attached | null> {
  if (!config.demo) return null
  return attachSimulator({ paths, clock: systemClock, program: here.program })
}
