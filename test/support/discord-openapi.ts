import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js'
import { z } from 'zod'
import type { Call } from '../fakes/discord/state.js'

/**
 * Holds recorded REST calls against Discord's own OpenAPI description: that they name a route it has, and that their JSON is
 * what it takes. The description is not part of this repository; without it nothing is checked, which is said aloud, and an
 * error where CI is set. It knows neither the 2,000 characters of a channel message nor the 6,000 of all embeds: the fake does.
 */

const FILE = '../shared/platform-specs/discord-openapi.json'
const JSON_TYPE = 'application/json'

/** Where the description is known to be wrong. */
const EXCEPTIONS: readonly { readonly at: RegExp; readonly why: string }[] = [
  {
    at: /\/default_member_permissions$/,
    why: 'described as a number; the documentation and Discord itself have it as a text',
  },
]

const description = z.object({
  paths: z.record(z.string(), z.record(z.string(), z.unknown())),
})
const operation = z.object({
  requestBody: z.object({ content: z.record(z.string(), z.unknown()) }).optional(),
})

export type Spec = { readonly faultsOf: (calls: readonly Call[]) => readonly string[] }

/** What is wrong with these calls, one sentence each. */
export function openApiFaults(calls: readonly Call[]): readonly string[] {
  loaded ??= load(resolve(FILE))
  return loaded.faultsOf(calls)
}

let loaded: Spec | undefined

/** Whether the description is here. */
export function hasOpenApi(): boolean {
  return existsSync(resolve(FILE))
}

/** Reads a description; exported for its own test. */
export function load(path: string): Spec {
  if (!existsSync(path)) {
    const words = 'skipped: needs discord-openapi.json'
    if (process.env.CI === 'true') throw new Error(words)
    console.warn(words)
    return { faultsOf: () => [] }
  }
  const parsed: unknown = JSON.parse(readFileSync(path, 'utf8'))
  const { paths } = description.parse(parsed)
  const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true })
  ajv.addSchema(z.record(z.string(), z.unknown()).parse(parsed), 'discord', undefined, false)
  const known = new Map<string, ValidateFunction | null>()
  const validator = (template: string, method: string): ValidateFunction | null => {
    const key = `${method} ${template}`
    const made = known.get(key) ?? compiled(ajv, template, method, paths[template]?.[method])
    known.set(key, made)
    return made
  }
  return {
    faultsOf: (calls) =>
      calls.filter(wasTaken).flatMap((call) => {
        const template = templateOf(Object.keys(paths), call)
        const method = call.method.toLowerCase()
        if (template === undefined || paths[template]?.[method] === undefined)
          return [`${call.method} ${call.path}: no such route`]
        return faultsOfBody(validator(template, method), call)
      }),
  }
}

// What Discord refused is the business of the fake, and of the test that let it come so far.
function wasTaken({ status }: Call): boolean {
  return status >= 200 && status < 300
}

// A fixed path goes before one with parameters: `/users/@me` is not `/users/{user_id}`.
function templateOf(templates: readonly string[], { path }: Call): string | undefined {
  const asked = path.split('/').map(decodeURIComponent)
  const fitting = templates.filter((template) => {
    const parts = template.split('/')
    return (
      parts.length === asked.length && parts.every((part, i) => part.startsWith('{') || part === asked[i])
    )
  })
  const parameters = (template: string) => template.split('{').length
  return fitting.sort((a, b) => parameters(a) - parameters(b))[0]
}

function compiled(ajv: Ajv2020, template: string, method: string, found: unknown): ValidateFunction | null {
  const { requestBody } = operation.parse(found)
  if (requestBody?.content[JSON_TYPE] === undefined) return null
  const pointer = ['paths', template, method, 'requestBody', 'content', JSON_TYPE, 'schema']
    .map((part) => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1')))
    .join('/')
  return ajv.compile({ $ref: `discord#/${pointer}` })
}

function faultsOfBody(validate: ValidateFunction | null, call: Call): readonly string[] {
  if (validate === null || call.body === undefined || validate(call.body)) return []
  const errors = validate.errors ?? []
  return isExcused(errors) ? [] : [`${call.method} ${call.path}: ${told(errors)}`]
}

// An excused place makes every alternative above it fail as well.
function isExcused(errors: readonly ErrorObject[]): boolean {
  const excused = errors.filter(({ instancePath }) => EXCEPTIONS.some(({ at }) => at.test(instancePath)))
  return errors.every(
    (error) =>
      excused.includes(error) ||
      (error.keyword === 'anyOf' &&
        excused.some(({ instancePath }) => instancePath.startsWith(error.instancePath))),
  )
}

function told(errors: readonly ErrorObject[]): string {
  const all = errors.map(({ instancePath, message }) => `${instancePath} ${message ?? ''}`)
  return [...new Set(all)].slice(0, 8).join('; ')
}
