import { type Proxmox, proxmoxApi } from 'proxmox-api'
import type { CallOptions } from './call.js'
import type { Engine } from './engine.js'

/** The typed proxy of PVE's API: `api.nodes.$(node).qemu.$(vmid).config.$get()`. Its results are to be decoded. */
export type Api = Proxmox.Api

const LABEL = '[Proxmox VE API]'

/**
 * The typed proxy over an engine; these options hold for every call made through it. Paths and parameters are checked
 * by its types, answers are not: every boolean is 0 or 1 on the wire, so decode them with `schema.ts`.
 */
export function typedApi(engine: Engine, options: CallOptions = {}): Api {
  const real = proxmoxApi({
    // Only this closure is reachable from the package's own objects.
    doRequest: (method, path, template, parameters) =>
      engine.doRequest(method, path, template, parameters, options),
  })
  return veiled(real)
}

/**
 * The package's proxies show everything they hold to `util.inspect` and send `JSON.stringify` into an endless
 * descent. Behind this one there is nothing to see: its target is empty.
 */
function veiled<T extends object>(real: T): T {
  const handler: ProxyHandler<T> = {
    get: (_, key) => {
      if (typeof key === 'symbol' || key === 'then') return undefined
      if (key === 'toJSON' || key === 'toString' || key === 'valueOf') return () => LABEL
      const inner: unknown = Reflect.get(real, key)
      if (key === '$' && typeof inner === 'function')
        return (id: string | number) => veiled(Object(inner(id)))
      return typeof inner === 'object' && inner !== null ? veiled(inner) : inner
    },
    ownKeys: () => [],
    getOwnPropertyDescriptor: () => undefined,
    getPrototypeOf: () => null,
    has: () => false,
    set: () => false,
    defineProperty: () => false,
  }
  return new Proxy<T>(Object.create(null), handler)
}
