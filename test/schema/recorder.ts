import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import type { Parameters, SeenRequest } from './request.js'
import { endpointOf, SCHEMA_VERSIONS, type SchemaVersion, validateRequest } from './validate.js'

/** The directory that test setups write to when none is passed. */
export const REQUEST_LOG = 'PROXMOX_MPC_REQUEST_LOG'

const SECRETS = /^(?:password|cipassword|secret|sshkeys|otp|value)$/

const Line = z.object({
  method: z.string(),
  path: z.string(),
  query: z.record(z.string(), z.unknown()),
  body: z.record(z.string(), z.unknown()),
})

const mask = (values: Parameters): Parameters =>
  Object.fromEntries(
    Object.entries(values).map(([key, value]) => [key, SECRETS.test(key) ? '********' : value]),
  )

/**
 * Where a server under test notes what it was sent: one JSON line per request, in a file per process of the given
 * directory, else of the one that the environment names; without either nothing is written. Never a header, and
 * values of secret parameters masked.
 */
export function requestLog(directory: string | undefined = process.env[REQUEST_LOG]): {
  readonly add: (request: SeenRequest) => void
} {
  if (directory === undefined || directory === '') return { add: () => undefined }
  mkdirSync(directory, { recursive: true })
  const file = join(directory, `requests-${process.pid}.jsonl`)
  return {
    add: ({ method, path, query, body }) => {
      appendFileSync(file, `${JSON.stringify({ method, path, query: mask(query), body: mask(body) })}\n`)
    },
  }
}

/** One kind of violation: which release, which endpoint, what is wrong, how often, and one request that had it. */
export type Violation = {
  readonly version: SchemaVersion
  readonly endpoint: string
  readonly problem: string
  readonly count: number
  readonly example: SeenRequest
}

function linesIn(directory: string): readonly SeenRequest[] {
  if (!existsSync(directory)) return []
  return readdirSync(directory)
    .filter((file) => file.endsWith('.jsonl'))
    .flatMap((file) => readFileSync(join(directory, file), 'utf8').split('\n'))
    .filter((line) => line !== '')
    .map((line) => Line.parse(JSON.parse(line)))
}

/** Holds every request noted in a directory against both schemas. `requests` lets a test see that there were any. */
export function checkRequestLog(directory: string): {
  readonly requests: number
  readonly violations: readonly Violation[]
} {
  const requests = linesIn(directory)
  const distinct = new Map<string, { readonly request: SeenRequest; readonly count: number }>()
  for (const request of requests) {
    const key = JSON.stringify(request)
    distinct.set(key, { request, count: (distinct.get(key)?.count ?? 0) + 1 })
  }
  const found = new Map<string, Violation>()
  for (const { request, count } of distinct.values()) {
    for (const version of SCHEMA_VERSIONS) {
      const endpoint = endpointOf(version, request.method, request.path)?.endpoint ?? 'unknown'
      for (const problem of validateRequest(version, request)) {
        const key = JSON.stringify([version, endpoint, problem])
        const earlier = found.get(key)
        const sum = (earlier?.count ?? 0) + count
        found.set(key, { version, endpoint, problem, count: sum, example: earlier?.example ?? request })
      }
    }
  }
  return { requests: requests.length, violations: [...found.values()] }
}
