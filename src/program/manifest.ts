import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { parse } from 'yaml'
import {
  LONGEST_APP_NAME,
  type ManifestOptions,
  manifestYaml,
  slackManifest,
} from '../chat/derive/slack-manifest.js'
import { isRefusal, type Refusal, refuse } from '../core/refusal.js'
import { registry } from '../registry.js'
import type { Given } from './arguments.js'

const USAGE = 'Usage: proxmox-mpc manifest slack [--mode socket|http] [--url URL] [--write|--check]'
export const MANIFEST_FILE = 'manifest.yml'
/** No manifest is longer; what is, is another file. */
const MOST_BYTES = 1_000_000
const MOST_DIFFERENCES = 10

type Here = {
  readonly output: { readonly write: (text: string) => unknown }
  readonly workingDirectory: string
}

/** `manifest slack`: prints the manifest of the Slack app, writes it, or says whether the written one still fits. */
export function runManifest(given: Given, here: Here): number | Refusal {
  const [surface, ...more] = given.words
  if (surface === undefined) return refuse('missing_argument', '`manifest` needs to know for what.', USAGE)
  if (surface !== 'slack') return refuse('wrong_argument', `There is no \`manifest ${surface}\`.`, USAGE)
  if (more[0] !== undefined) return refuse('wrong_argument', `\`${more[0]}\` is not expected here.`, USAGE)
  const options = optionsFrom(given)
  if (isRefusal(options)) return options
  if (given.flag('write') && given.flag('check'))
    return refuse('wrong_argument', '--write and --check exclude each other.', USAGE)
  const manifest = slackManifest(registry, options)
  const path = join(here.workingDirectory, MANIFEST_FILE)
  if (given.flag('check')) return check(path, manifest, here)
  if (!given.flag('write')) {
    here.output.write(manifestYaml(manifest))
    return 0
  }
  try {
    writeFileSync(path, manifestYaml(manifest))
  } catch (error) {
    return refuse(
      'home_unwritable',
      `${path} cannot be written: ${reasonOf(error)}`,
      'Go to a directory that you may write to.',
    )
  }
  here.output.write(`Wrote ${path}\n`)
  return 0
}

function optionsFrom(given: Given): ManifestOptions | Refusal {
  const mode = given.text('mode') ?? 'socket'
  const url = given.text('url')
  const name = given.text('name')
  if (mode !== 'socket' && mode !== 'http')
    return refuse('wrong_argument', `--mode is socket or http, not \`${mode}\`.`, USAGE)
  if (name !== undefined && (name.trim() === '' || name.length > LONGEST_APP_NAME))
    return refuse('wrong_argument', `--name has 1 to ${LONGEST_APP_NAME} characters.`, USAGE)
  if (mode === 'socket' && url !== undefined)
    return refuse('wrong_argument', '--url goes with --mode http; Socket Mode has no address.', USAGE)
  if (mode === 'http' && url === undefined)
    return refuse(
      'missing_argument',
      '--mode http needs the public address of `serve`.',
      'Add --url https://HOST; without one use Socket Mode.',
    )
  if (url !== undefined && !isHttps(url))
    return refuse(
      'wrong_argument',
      `--url is an address that begins with https://, not \`${url}\`.`,
      'Slack calls nothing else.',
    )
  return { mode, ...(url === undefined ? {} : { url }), ...(name === undefined ? {} : { name }) }
}

function isHttps(text: string): boolean {
  if (!URL.canParse(text)) return false
  const { protocol, username, password, hash, href } = new URL(text)
  return protocol === 'https:' && `${username}${password}${hash}` === '' && href.length <= 2900
}

function check(path: string, manifest: object, here: Pick<Here, 'output'>): number | Refusal {
  const differs = (message: string, details: readonly string[] = []) =>
    refuse(
      'manifest_differs',
      message,
      'Run it with --write in place of --check (and the same --mode, --url and --name), then update the app in Slack.',
      details,
    )
  if (!existsSync(path)) return differs(`There is no ${path}.`)
  let written: unknown
  try {
    const text = readFileSync(path, 'utf8')
    if (text.length > MOST_BYTES) return differs(`${path} is not a manifest.`)
    written = parse(text, { maxAliasCount: 100 })
  } catch (error) {
    return differs(`${path} cannot be read: ${reasonOf(error)}`)
  }
  if (!isDeepStrictEqual(written, manifest))
    return differs(`${path} is not what the commands come to.`, differences(written, manifest, ''))
  here.output.write(`${path} is what the commands come to.\n`)
  return 0
}

/** The places in which two values differ, as paths. */
function differences(written: unknown, derived: unknown, at: string): readonly string[] {
  if (isDeepStrictEqual(written, derived)) return []
  if (!isTable(written) || !isTable(derived)) return [at === '' ? 'all of it' : at]
  const keys = [...new Set([...Object.keys(derived), ...Object.keys(written)])]
  const found = keys.flatMap((key) =>
    differences(entry(written, key), entry(derived, key), at === '' ? key : `${at}.${key}`),
  )
  return found.slice(0, MOST_DIFFERENCES)
}

function isTable(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function entry(table: Readonly<Record<string, unknown>>, key: string): unknown {
  return Object.hasOwn(table, key) ? table[key] : undefined
}

function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  return message.split('\n')[0] ?? message
}
