import type { z } from 'zod'
import type { PveError } from '../ports/pve.js'
import type { CallOptions } from './call.js'
import type { Engine } from './engine.js'
import { type Api, typedApi } from './proxy.js'
import { decode, decodeRows, type Rows } from './schema.js'

/** The typed proxy with the decoding that its answers need. `request` names what was asked, for errors. */
export type Source = {
  readonly api: Api
  /** A list; rows that cannot be read are in `left`. Throws `notProxmox` when it is none. */
  readonly rows: <T>(schema: z.ZodType<T>, request: string, answer: Promise<unknown>) => Promise<Rows<T>>
  /** One object. Throws `notProxmox` when it is not as expected. */
  readonly one: <T>(schema: z.ZodType<T>, request: string, answer: Promise<unknown>) => Promise<T>
}

/** A source whose calls all have these options. */
export function sourceOf(engine: Engine, options: CallOptions = {}): Source {
  const unexpected = (request: string): PveError =>
    engine.outage('notProxmox', request, 'the answer is not of the form that Proxmox VE gives it')
  return {
    api: typedApi(engine, options),
    rows: async (schema, request, answer) => {
      const rows = decodeRows(schema, await answer)
      if (rows === null) throw unexpected(request)
      return rows
    },
    one: async (schema, request, answer) => {
      const value = decode(schema, await answer)
      if (value === null) throw unexpected(request)
      return value
    },
  }
}
