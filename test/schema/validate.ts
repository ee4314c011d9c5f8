import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import type { Parameters, SeenRequest } from './request.js'

export const SCHEMA_VERSIONS = ['8.4', '9.2'] as const
export type SchemaVersion = (typeof SCHEMA_VERSIONS)[number]

const Parameter = z.object({
  type: z.enum(['string', 'integer', 'number', 'boolean', 'array', 'object']),
  optional: z.boolean(),
  enum: z.array(z.union([z.string(), z.number()])).optional(),
  minimum: z.number().optional(),
  maximum: z.number().optional(),
  minLength: z.number().optional(),
  maxLength: z.number().optional(),
  pattern: z.string().optional(),
  format: z.string().optional(),
  get items() {
    return Parameter.optional()
  },
})
type Parameter = z.infer<typeof Parameter>

const Table = z.record(z.string(), z.object({ params: z.record(z.string(), Parameter) }))
type Table = z.infer<typeof Table>

const tables = new Map<SchemaVersion, Table>()

function tableOf(version: SchemaVersion): Table {
  const known = tables.get(version)
  if (known !== undefined) return known
  const file = join(import.meta.dirname, `schema-${version}.json`)
  const table = Table.parse(JSON.parse(readFileSync(file, 'utf8')))
  tables.set(version, table)
  return table
}

type Match = { readonly endpoint: string; readonly params: Readonly<Record<string, string>> }

/**
 * The endpoint that a request means, as `GET /nodes/{node}/status`, with what stood in its path; null for one that
 * this release does not have, or that the project has no business with. Takes paths with and without `/api2/json`.
 */
export function endpointOf(version: SchemaVersion, method: string, path: string): Match | null {
  const segments = path.replace(/^\/api2\/(?:json|extjs)(?=\/|$)/, '').split('/')
  let best: Match | null = null
  for (const endpoint of Object.keys(tableOf(version))) {
    const [verb, template = ''] = endpoint.split(' ')
    const parts = template.split('/')
    if (verb !== method || parts.length !== segments.length) continue
    const params: Record<string, string> = {}
    const fits = parts.every((part, i) => {
      const segment = segments[i] ?? ''
      if (!part.startsWith('{')) return part === segment
      params[part.slice(1, -1)] = decodeURIComponent(segment)
      return segment !== ''
    })
    const isMoreLiteral = best === null || Object.keys(params).length < Object.keys(best.params).length
    if (fits && isMoreLiteral) best = { endpoint, params }
  }
  return best
}

/** `net[n]` in the schema stands for net0, net1, … */
function parameterOf(params: Readonly<Record<string, Parameter>>, name: string): Parameter | undefined {
  return params[name] ?? params[name.replace(/\d+$/, '[n]')]
}

/** Perl's `(?^:…)` and `(?^i:…)` groups in JavaScript's words; null for a pattern that cannot be said in it. */
function patternOf(perl: string): RegExp | null {
  try {
    return new RegExp(`^(?:${perl.replaceAll(/\(\?\^i?:/g, '(?:')})$`, perl.includes('(?^i:') ? 'i' : '')
  } catch {
    return null
  }
}

/** What is wrong with a value's type as PVE checks it: forms know only text, JSON has its own types. */
function typeProblem(type: Parameter['type'], value: unknown): string | null {
  const text = typeof value === 'string' ? value : null
  const wrong = (what: string): string => `${JSON.stringify(value)} is no ${what}`
  switch (type) {
    case 'boolean':
      return typeof value === 'boolean' || text === '0' || text === '1' || value === 0 || value === 1
        ? null
        : wrong('boolean, which is 0 or 1')
    case 'integer':
      return Number.isInteger(value) || (text !== null && /^-?\d+$/.test(text)) ? null : wrong('integer')
    case 'number':
      return typeof value === 'number' || (text !== null && /^-?\d+(?:\.\d+)?$/.test(text))
        ? null
        : wrong('number')
    case 'string':
      return text !== null || typeof value === 'number' ? null : wrong('string')
    case 'array':
    case 'object':
      return null
  }
}

function boundProblems(parameter: Parameter, value: string): string[] {
  const problems: string[] = []
  const { minimum, maximum, minLength, maxLength, pattern } = parameter
  if (parameter.type === 'integer' || parameter.type === 'number') {
    if (minimum !== undefined && Number(value) < minimum) problems.push(`${value} is below ${minimum}`)
    if (maximum !== undefined && Number(value) > maximum) problems.push(`${value} is above ${maximum}`)
  }
  if (minLength !== undefined && value.length < minLength) problems.push(`shorter than ${minLength}`)
  if (maxLength !== undefined && value.length > maxLength) problems.push(`longer than ${maxLength}`)
  const shape = pattern === undefined ? null : patternOf(pattern)
  if (shape?.test(value) === false) problems.push(`${JSON.stringify(value)} does not match ${pattern}`)
  if (parameter.enum?.some((allowed) => String(allowed) === value) === false)
    problems.push(`${JSON.stringify(value)} is none of ${parameter.enum.join(', ')}`)
  return problems
}

/** Formats whose values are easily got wrong; the others are left to PVE. */
const FORMATS: Readonly<Record<string, RegExp>> = {
  'pve-vmid': /^[1-9]\d{2,8}$/,
  'pve-configid': /^[a-z][a-z0-9_-]+$/i,
  'pve-node': /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/i,
  'pve-storage-id': /^[a-z][a-z0-9_.-]*[a-z0-9]$/i,
  'dns-name': /^(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*$/i,
}

function valueProblems(parameter: Parameter, value: unknown): string[] {
  if (parameter.type === 'array') {
    const { items } = parameter
    return items === undefined ? [] : [value].flat().flatMap((item) => valueProblems(items, item))
  }
  if (Array.isArray(value)) {
    // PVE joins repeated values of a list with commas.
    if (parameter.format?.endsWith('-list') !== true) return ['given more than once']
    return value.flatMap((item) => valueProblems(parameter, item))
  }
  const problem = typeProblem(parameter.type, value)
  if (problem !== null) return [problem]
  const text = typeof value === 'boolean' ? String(Number(value)) : String(value)
  const format = FORMATS[parameter.format ?? '']
  const misshapen = format?.test(text) === false ? [`${JSON.stringify(text)} is no ${parameter.format}`] : []
  return [...boundProblems(parameter, text), ...misshapen]
}

/** A name may stand in path, query and body only if it says the same everywhere. */
function conflicts(path: Parameters, ...others: readonly Parameters[]): string[] {
  return others.flatMap((given) =>
    Object.entries(given)
      .filter(([name, value]) => path[name] !== undefined && path[name] !== String(value))
      .map(([name]) => `${name}: not what the path says`),
  )
}

/**
 * Holds a request against the official schema of a release: endpoint, names, required parameters, types as forms
 * write them, enums, bounds and lengths, patterns. Gives a sentence per violation, none for a good request.
 */
export function validateRequest(version: SchemaVersion, request: SeenRequest): readonly string[] {
  const match = endpointOf(version, request.method, request.path)
  if (match === null) return [`unknown endpoint ${request.method} ${request.path}`]
  const params = tableOf(version)[match.endpoint]?.params ?? {}
  const bodyAllowed = request.method === 'POST' || request.method === 'PUT'
  const refusedBody = !bodyAllowed && Object.keys(request.body).length > 0
  const given: Parameters = { ...request.body, ...request.query, ...match.params }
  const missing = Object.entries(params)
    .filter(([name, parameter]) => !parameter.optional && !name.includes('[n]') && given[name] === undefined)
    .map(([name]) => `${name}: required and missing`)
  const wrong = Object.entries(given).flatMap(([name, value]) => {
    const parameter = parameterOf(params, name)
    if (parameter === undefined) return [`${name}: unknown parameter`]
    return valueProblems(parameter, value).map((problem) => `${name}: ${problem}`)
  })
  const body = refusedBody ? [`${request.method} with a body`] : []
  return [...body, ...missing, ...wrong, ...conflicts(match.params, request.query, request.body)]
}
