import { closest, distance } from 'fastest-levenshtein'
import { isMap, isNode, isScalar, LineCounter, parseDocument } from 'yaml'
import type { z } from 'zod'
import { type Refusal, refuse } from '../core/refusal.js'
import { CONFIG_KEYS, Config } from './schema.js'

const HINT = 'Mend the line and try again; docs/operating.md describes the file.'

/** Reads the text of a config file. Every problem is told with its line and, for a mistyped key, the right one. */
export function parseConfig(text: string, fileName: string): Config | Refusal {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  const broken = document.errors.map(
    (error) => `${fileName}:${lines.linePos(error.pos[0]).line}: ${firstLine(error.message)}`,
  )
  if (broken.length > 0) return refuse('config_invalid', `${fileName} is not valid YAML.`, HINT, broken)
  const parsed = Config.safeParse(document.toJS())
  if (parsed.success) return parsed.data
  const lineOf = (path: readonly PropertyKey[]) => lineAt(document, lines, path)
  const details = parsed.error.issues
    .flatMap((issue) => explain(issue, lineOf))
    .map(({ line, text: what }) => `${fileName}:${line}: ${what}`)
  return refuse(
    'config_invalid',
    `${fileName} has ${details.length === 1 ? 'an error' : `${details.length} errors`}.`,
    HINT,
    details,
  )
}

function firstLine(text: string): string {
  return text.split('\n')[0] ?? ''
}

type Finding = { readonly line: number; readonly text: string }

function explain(
  issue: z.core.$ZodIssue,
  lineOf: (path: readonly PropertyKey[]) => number,
): readonly Finding[] {
  const where = issue.path.map(String).join('.')
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      line: lineOf([...issue.path, key]),
      text: `${where === '' ? '' : `${where}: `}${unknownKey(key)}`,
    }))
  }
  if (issue.code === 'invalid_union') return unionFindings(issue, lineOf)
  if (issue.code === 'invalid_key')
    return [
      {
        line: lineOf(issue.path),
        text: `${where}: ${issue.issues.map((inner) => inner.message).join('; ')}`,
      },
    ]
  return [{ line: lineOf(issue.path), text: `${where === '' ? '' : `${where}: `}${issue.message}` }]
}

/** Of the forms that a value may have, the ones it came closest to: there the deepest part is wrong. */
function unionFindings(
  issue: z.core.$ZodIssueInvalidUnion,
  lineOf: (path: readonly PropertyKey[]) => number,
): readonly Finding[] {
  const inner = issue.errors.flat()
  const deepest = Math.max(0, ...inner.map(({ path }) => path.length))
  const near = inner.filter(({ path }) => path.length === deepest)
  const path = [...issue.path, ...(near[0]?.path ?? [])]
  const forms = new Set(near.map(({ message }) => message))
  return [{ line: lineOf(path), text: `${path.map(String).join('.')}: ${[...forms].join('; or: ')}` }]
}

/** A key that stands where it means nothing: mistyped, or right in another place. */
function unknownKey(key: string): string {
  const near = closest(
    key,
    CONFIG_KEYS.filter((known) => known !== key),
  )
  const elsewhere = CONFIG_KEYS.some((known) => known === key)
  const most = elsewhere ? 1 : Math.max(2, Math.floor(key.length / 3))
  const meant = distance(key, near) <= most ? `; did you mean \`${near}\`?` : ''
  return elsewhere ? `the key \`${key}\` does not belong here${meant}` : `unknown key \`${key}\`${meant}`
}

/** The line of the deepest part of the path that exists: of its key, where it has one. */
function lineAt(
  document: ReturnType<typeof parseDocument>,
  lines: LineCounter,
  path: readonly PropertyKey[],
): number {
  for (let length = path.length; length > 0; length--) {
    const parent: unknown = length === 1 ? document.contents : document.getIn(path.slice(0, length - 1), true)
    const last = path[length - 1]
    const key = isMap(parent)
      ? parent.items.find((pair) => isScalar(pair.key) && pair.key.value === last)?.key
      : null
    const node: unknown = key ?? document.getIn(path.slice(0, length), true)
    if (isNode(node) && node.range) return lines.linePos(node.range[0]).line
  }
  return 1
}
