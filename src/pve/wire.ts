/** Parameters of a call as our code gives them. */
export type Parameters = Readonly<Record<string, unknown>>

/** A parameter as it stands on the wire; a repeated name is a list. */
export type WireParameters = Readonly<Record<string, string | readonly string[]>>

/** Parameters that undo a safeguard of PVE; they are refused wherever they come from. */
function isForbidden(method: string, template: string, name: string): boolean {
  if (name === 'skiplock' || name === 'forceStop' || name === 'destroy-unreferenced-disks') return true
  if (name !== 'force' || method === 'GET') return false
  // Deleting, restoring over, and creating (which restores with `restore=1`) a container.
  return /^\/nodes\/\{node\}\/lxc(?:\/\{vmid\})?$/.test(template)
}

function single(name: string, value: unknown): string {
  switch (typeof value) {
    case 'string':
      return value
    case 'boolean':
      return value ? '1' : '0'
    case 'bigint':
      return String(value)
    case 'number':
      if (Number.isFinite(value)) return String(value)
      break
  }
  throw new TypeError(`the parameter ${name} is neither text, number nor boolean`)
}

/**
 * What goes on the wire: booleans as 1 and 0, lists as repeated names, null and undefined left out. The given object
 * stays as it is. Throws a TypeError, without the value, for what PVE has no form for and for forbidden parameters.
 */
export function wireParameters(method: string, template: string, parameters: Parameters): WireParameters {
  const entries: [string, string | readonly string[]][] = []
  for (const [name, value] of Object.entries(parameters)) {
    if (value === null || value === undefined) continue
    if (isForbidden(method, template, name)) throw new TypeError(`the parameter ${name} is never sent`)
    if (Array.isArray(value)) entries.push([name, value.map((part: unknown) => single(name, part))])
    else entries.push([name, single(name, value)])
  }
  return Object.fromEntries(entries)
}

/** `a=1&b=2&b=3`, with everything encoded that PVE would split on. */
export function formEncoded(parameters: WireParameters): string {
  const form = new URLSearchParams()
  for (const [name, value] of Object.entries(parameters)) {
    for (const part of [value].flat()) form.append(name, part)
  }
  return form.toString()
}
