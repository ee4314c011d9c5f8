import { parseArgs } from 'node:util'
import { type Refusal, refuse } from '../core/refusal.js'

type Option = { readonly type: 'string' | 'boolean'; readonly value?: string; readonly summary: string }

export type Program = {
  readonly name: string
  readonly usage: string
  readonly summary: string
  readonly options: Readonly<Record<string, Option>>
  /** Whether words that are no options are allowed. */
  readonly words: boolean
}

const HOME: Option = {
  type: 'string',
  value: 'DIR',
  summary: 'the home directory (the working directory unless given)',
}

/** What can follow `proxmox-mpc`. */
export const PROGRAMS: readonly Program[] = [
  {
    name: 'demo',
    usage: 'demo [--home DIR]',
    summary: 'the console on a simulated cluster',
    words: false,
    options: {
      home: {
        type: 'string',
        value: 'DIR',
        summary: 'keep the demo here (a temporary directory unless given)',
      },
      plain: { type: 'boolean', summary: 'no colour, no symbols' },
    },
  },
  {
    name: 'init',
    usage: 'init [--home DIR] [options]',
    summary: 'connect a cluster: a wizard, or by flags',
    words: false,
    options: {
      home: HOME,
      workspace: { type: 'string', value: 'NAME', summary: 'name of the workspace' },
      cluster: { type: 'string', value: 'NAME', summary: 'name for the cluster' },
      endpoint: { type: 'string', value: 'URL', summary: 'a node, as https://HOST:8006' },
      'token-id': { type: 'string', value: 'ID', summary: "API token for reading, as 'user@realm!name'" },
      'token-secret-file': {
        type: 'string',
        value: 'FILE',
        summary: 'file that holds its secret; the config refers to it',
      },
      fingerprint: {
        type: 'string',
        value: 'SHA256',
        summary: 'trust the certificate with this fingerprint',
      },
      'ca-file': { type: 'string', value: 'FILE', summary: 'trust certificates of this authority' },
      timezone: { type: 'string', value: 'ZONE', summary: 'time zone of the workspace, as Europe/Vienna' },
      'operate-token-id': { type: 'string', value: 'ID', summary: 'API token for changes; none, no changes' },
      'operate-token-secret-file': { type: 'string', value: 'FILE', summary: 'file that holds its secret' },
      operate: { type: 'string', value: 'same', summary: '`same`: the token for reading makes changes too' },
      solo: {
        type: 'boolean',
        summary: 'one person runs this home: a typed name instead of a second person',
      },
      'no-solo': { type: 'boolean', summary: 'several persons run it: destructive changes take two' },
    },
  },
  {
    name: 'console',
    usage: 'console [--home DIR]',
    summary: 'the console on a home',
    words: false,
    options: { home: HOME, plain: { type: 'boolean', summary: 'no colour, no symbols' } },
  },
  {
    name: 'serve',
    usage: 'serve [--home DIR] [--port N]',
    summary: 'carries out, syncs and expires for a home; what chat will live in',
    words: false,
    options: {
      home: HOME,
      port: { type: 'string', value: 'N', summary: 'port for /healthz on 127.0.0.1 (8807 unless given)' },
    },
  },
  {
    name: 'exec',
    usage: 'exec [--home DIR] [--json] [--wait|--detach] -- WORDS…',
    summary: 'one command, for scripts',
    words: true,
    options: {
      home: HOME,
      json: { type: 'boolean', summary: 'one JSON object on stdout' },
      workspace: {
        type: 'string',
        value: 'NAME',
        summary: 'in this workspace (the default one unless given)',
      },
      as: {
        type: 'string',
        value: 'NAME',
        summary: 'speak as this person, in a demo or where it is allowed',
      },
      confirm: { type: 'string', value: 'DIGEST', summary: 'confirm the waiting plan that has this digest' },
      type: { type: 'string', value: 'NAME', summary: 'the name, where it has to be typed' },
      reason: { type: 'string', value: 'TEXT', summary: 'why, for those who decide and for the log' },
      wait: { type: 'boolean', summary: 'stay until people have decided and it is done' },
      detach: { type: 'boolean', summary: 'leave it to the `serve` of this home; refused without one' },
      plain: { type: 'boolean', summary: 'no colour, no symbols' },
    },
  },
  {
    name: 'doctor',
    usage: 'doctor [pve] [--home DIR]',
    summary: 'check a home and its clusters',
    words: true,
    options: {
      home: HOME,
      json: { type: 'boolean', summary: 'one JSON object on stdout' },
      plain: { type: 'boolean', summary: 'no colour, no symbols' },
    },
  },
  {
    name: 'db',
    usage: 'db backup [FILE] | restore [FILE] | check  [--home DIR]',
    summary: 'the database of a home',
    words: true,
    options: { home: HOME },
  },
  {
    name: 'manifest',
    usage: 'manifest slack|discord [--mode socket|http] [--url URL] [--write|--check]',
    summary: 'the manifest of the Slack app, for api.slack.com/apps, or the commands on Discord',
    words: true,
    options: {
      mode: { type: 'string', value: 'MODE', summary: 'of Slack: `socket` (unless given), or `http`' },
      url: {
        type: 'string',
        value: 'URL',
        summary: 'with http: where Slack reaches `serve`, as https://HOST',
      },
      name: {
        type: 'string',
        value: 'NAME',
        summary: 'what the Slack app is called (Proxmox-MPC unless given)',
      },
      write: {
        type: 'boolean',
        summary: 'into manifest.yml or discord-commands.json in the working directory',
      },
      check: { type: 'boolean', summary: 'fails when that file is anything else' },
    },
  },
  {
    name: 'simulate',
    usage: 'simulate [--port N] [--nodes N] [--guests N] [--seed N] [--latency MS]',
    summary: 'a simulated cluster alone',
    words: false,
    options: {
      port: { type: 'string', value: 'N', summary: 'port of the API (a free one unless given)' },
      'control-port': { type: 'string', value: 'N', summary: 'port for faults and changes' },
      nodes: { type: 'string', value: 'N', summary: 'how many nodes' },
      guests: {
        type: 'string',
        value: 'N',
        summary: 'how many guests, up to 50000 (a small company unless given)',
      },
      seed: { type: 'string', value: 'N', summary: 'the same seed makes the same cluster' },
      latency: { type: 'string', value: 'MS', summary: 'wait so long before each answer' },
      'proxy-timeout': {
        type: 'string',
        value: 'MS',
        summary: 'how long one node waits for another (30000)',
      },
      'state-dir': { type: 'string', value: 'DIR', summary: 'keep certificates, tokens and guests here' },
      'exit-when-last': { type: 'boolean', summary: 'end when the last console has gone' },
    },
  },
]

export type Given = {
  readonly text: (name: string) => string | undefined
  readonly flag: (name: string) => boolean
  readonly words: readonly string[]
}

/** Reads the arguments of one program; what does not fit is refused with its usage. */
export function readArguments(
  program: Program,
  args: readonly string[],
): { readonly kind: 'given'; readonly given: Given } | Refusal {
  const options = Object.fromEntries(
    Object.entries(program.options).map(([name, { type }]) => [name, { type }]),
  )
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      options,
      allowPositionals: program.words,
      strict: true,
    })
    return {
      kind: 'given',
      given: {
        text: (name) => (typeof values[name] === 'string' ? values[name] : undefined),
        flag: (name) => values[name] === true,
        words: positionals,
      },
    }
  } catch (error) {
    const message = error instanceof Error ? (error.message.split('. ')[0] ?? error.message) : String(error)
    const code = message.includes('nknown option') ? 'unknown_flag' : 'wrong_argument'
    return refuse(code, `${message}.`, `Usage: proxmox-mpc ${program.usage}`)
  }
}

/** A whole number within bounds, or undefined when it was not given. */
export function wholeNumber(
  given: Given,
  name: string,
  min: number,
  max: number,
): number | undefined | Refusal {
  const text = given.text(name)
  if (text === undefined) return undefined
  const number = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN
  if (number >= min && number <= max) return number
  return refuse(
    'wrong_argument',
    `--${name} is a whole number from ${min} to ${max}, not \`${text}\`.`,
    'Try again with such a number.',
  )
}

/** The text of `--help`. */
export function helpText(programs: readonly Program[]): string {
  const width = Math.max(...programs.map(({ usage }) => usage.length)) + 2
  const lines = programs.map(({ usage, summary }) => `  ${usage.padEnd(width)}${summary}`)
  return [
    'proxmox-mpc: chat-ops for Proxmox VE',
    '',
    ...lines,
    `  ${'--version'.padEnd(width)}the version of this program`,
    `  ${'--help'.padEnd(width)}this, or with a program what it takes: demo --help`,
    '',
    'Start with `proxmox-mpc demo`; it needs no cluster.',
    '',
  ].join('\n')
}

/** The text of `PROGRAM --help`. */
export function programHelp(program: Program): string {
  const names = Object.entries(program.options).map(([name, { value, summary }]) => ({
    left: `--${name}${value === undefined ? '' : ` ${value}`}`,
    summary,
  }))
  const width = Math.max(0, ...names.map(({ left }) => left.length)) + 2
  const lines = names.map(({ left, summary }) => `  ${left.padEnd(width)}${summary}`)
  return [`proxmox-mpc ${program.usage}`, '', program.summary, '', ...lines, ''].join('\n')
}
