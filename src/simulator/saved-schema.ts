import { z } from 'zod'
import type { Saved } from './persist.js'
import { PVE_VERSIONS } from './state.js'

const object = z.record(z.string(), z.unknown())
const identity = z.object({ cert: z.string(), key: z.string() })

/**
 * Checks that a file is a simulator's state. It was written by this program and holds tens of thousands of rows, so
 * only its frame is looked at.
 */
const frame = z.looseObject({
  format: z.literal(1),
  ports: z.object({ port: z.int(), controlPort: z.int() }),
  clock: z.object({ offsetMs: z.number(), rate: z.number() }),
  certificates: z.object({ authority: identity, leaves: z.array(identity) }),
  seed: z.int(),
  rng: z.int(),
  version: z.enum(PVE_VERSIONS),
  nodes: z.array(object).min(1),
  guests: z.array(object),
  tokens: z.array(object),
})

export const savedSchema = z.custom<Saved>((value) => frame.safeParse(value).success)
