// Which kind of outage each recorded refusal of Proxmox VE is. The rules were written by reading every text;
// test/recordings/README.md says them in words.

/** First match wins. `in` is the text that is searched: PVE's message and its parameter errors. */
const RULES = [
  { kind: 'auth', status: [401] },
  { kind: 'nodeDown', status: [595] },
  { kind: 'proxyTimeout', status: [596] },
  { kind: 'notImplemented', status: [501, 506] },
  { kind: 'missing', status: [400], text: /: (?:no such task|No such job '.*')$/m },
  { kind: 'invalid', status: [400] },
  { kind: 'missing', status: [403], text: /\(pool '.*' does not exist\)/ },
  { kind: 'forbidden', status: [403] },
  { kind: 'forbidden', status: [500], text: /^only root can set '/ },
  { kind: 'quorum', status: [500], text: /no quorum[!?]/ },
  {
    kind: 'quorum',
    status: [500],
    text: /^unable to open file '\/etc\/pve\/.*\.tmp\.\d+' - Permission denied/,
  },
  { kind: 'digest', status: [500], text: /^checksum mismatch|^detected modified configuration/ },
  { kind: 'locked', status: [500], text: /^(?:VM|CT) is locked/ },
  {
    kind: 'locked',
    status: [500],
    text: /can't lock file .* got timeout|cfs-lock .* got lock request timeout/,
  },
  { kind: 'missing', status: [500], text: /^Configuration file '.*' does not exist/ },
  { kind: 'missing', status: [500], text: /^hostname lookup '.*' failed|^no such cluster node '/ },
  { kind: 'missing', status: [500], text: /^(?:pool|storage|snapshot|volume|resource) '.*' does not exist/ },
  { kind: 'state', status: [500], text: /^(?:VM|CT) \d+ (?:not running|already running|is running)/ },
  { kind: 'state', status: [500], text: /protection mode enabled|container is running$/m },
  { kind: 'state', status: [500], text: /already exists|already defined|belongs already to pool/ },
  { kind: 'state', status: [500], text: /^can't migrate running|^can't clone VM to node/ },
  { kind: 'state', status: [500], text: /used in HA resources|is not empty|^storage '.*' is disabled/ },
  { kind: 'state', status: [500], text: /^No QEMU guest agent configured|feature is not supported/ },
  {
    kind: 'invalid',
    status: [500],
    text: /^no options specified|^unable to parse value of '|^invalid bootorder/,
  },
  { kind: 'invalid', status: [500], text: /read-only option|\(reserved name\)|^unable to shrink disk size/ },
  { kind: 'other', status: [500] },
  { kind: 'transport', status: [null] },
]

/** The text that decides: the message, or the reason phrase where there is none, then the parameter errors. */
function textOf(answer, json) {
  const errors = Object.entries(json?.errors ?? {}).map(([key, value]) => `${key}: ${value}`)
  return [json?.message ?? answer.reason ?? '', ...errors].map((line) => line.trimEnd()).join('\n')
}

function kindOf(answer, json) {
  const text = textOf(answer, json)
  const rule = RULES.find(
    ({ status, text: pattern }) =>
      status.includes(answer.status) && (pattern === undefined || pattern.test(text)),
  )
  if (rule === undefined) throw new Error(`no rule for ${answer.name}: ${answer.status} ${text}`)
  return rule.kind
}

function parse(text) {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

/** The schema's path that a request's path fits, literal segments first; null for a path that PVE does not have. */
export function templateOf(path, templates) {
  const segments = path.split('/')
  const fits = templates.filter((template) => {
    const parts = template.split('/')
    return (
      parts.length === segments.length &&
      parts.every((part, i) => part.startsWith('{') || part === segments[i])
    )
  })
  const holes = (template) => template.split('{').length
  return fits.sort((a, b) => holes(a) - holes(b))[0] ?? null
}

/** One row per answer that is not 200; `/api2/extjs` answers 200 for refusals too and has no row for them. */
export function errorTable(answers, endpoints) {
  const templates = [...new Set(endpoints.map((endpoint) => endpoint.slice(endpoint.indexOf(' ') + 1)))]
  return answers
    .filter((answer) => answer.status !== 200)
    .map((answer) => {
      const path = answer.url.replace(/^\/api2\/[a-z]+/, '').replace(/\?.*$/s, '')
      return {
        name: answer.name,
        method: answer.method,
        template: templateOf(path, templates),
        status: answer.status,
        reason: answer.reason,
        body: answer.body,
        kind: kindOf(answer, parse(answer.body)),
      }
    })
}
