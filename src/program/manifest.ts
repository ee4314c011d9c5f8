import {
  LONGEST_APP_NAME,
  MANIFEST_FILE,
  type ManifestOptions,
  manifestDifferences,
  manifestYaml,
  readManifest,
  slackManifest,
} from '../chat/derive/slack-manifest.js'
import { isRefusal, type Refusal, refuse } from '../core/refusal.js'
import { registry } from '../registry.js'
import type { Given } from './arguments.js'
import { discordFile } from './manifest-discord.js'
import { type DerivedFile, type Here, runDerivedFile } from './manifest-file.js'

const USAGE =
  'Usage: proxmox-mpc manifest slack [--mode socket|http] [--url URL] [--write|--check], or manifest discord [--write|--check]'
const SLACK_ONLY = ['mode', 'url', 'name'] as const

/** `manifest slack|discord`: prints what is derived for a chat, writes it, or says whether the written one still fits. */
export function runManifest(given: Given, here: Here): number | Refusal {
  const [surface, ...more] = given.words
  if (surface === undefined) return refuse('missing_argument', '`manifest` needs to know for what.', USAGE)
  if (surface !== 'slack' && surface !== 'discord')
    return refuse('wrong_argument', `There is no \`manifest ${surface}\`.`, USAGE)
  if (more[0] !== undefined) return refuse('wrong_argument', `\`${more[0]}\` is not expected here.`, USAGE)
  const file = surface === 'slack' ? slackFile(given) : forDiscord(given)
  if (isRefusal(file)) return file
  if (given.flag('write') && given.flag('check'))
    return refuse('wrong_argument', '--write and --check exclude each other.', USAGE)
  return runDerivedFile(file, given, here)
}

function forDiscord(given: Given): DerivedFile | Refusal {
  const odd = SLACK_ONLY.find((name) => given.text(name) !== undefined)
  return odd === undefined
    ? discordFile()
    : refuse('wrong_argument', `--${odd} is for Slack; Discord's commands are the same everywhere.`, USAGE)
}

function slackFile(given: Given): DerivedFile | Refusal {
  const options = optionsFrom(given)
  if (isRefusal(options)) return options
  const manifest = slackManifest(registry, options)
  return {
    name: MANIFEST_FILE,
    text: manifestYaml(manifest),
    differences: (text) => manifestDifferences(readManifest(text), manifest),
    hint: 'Run it with --write in place of --check (and the same --mode, --url and --name), then update the app in Slack.',
  }
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
