// Writes test/schema/schema-{8.4,9.2}.json from the official API schemas: of each endpoint that the project calls the
// parameters' names, types and bounds, no descriptions. Runs only where the official schemas lie beside the project.
//   node scripts/distil-schema.mjs [directory with pve-api/]
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..')
const TARGET = join(ROOT, 'test', 'schema')
const VERSIONS = ['8.4', '9.2']

const GUEST = '/nodes/{node}/(?:qemu|lxc)/{vmid}'
const COVERED = [
  '/version',
  '/cluster/(?:resources|status|tasks|nextid|options|log|metrics/export|backup-info/not-backed-up)',
  '/cluster/(?:backup|ha/resources|replication)(?:/.*)?',
  '/cluster/ha/status/current',
  '/nodes',
  '/nodes/{node}/(?:status|storage|rrddata|qemu|lxc|tasks|vzdump|replication)',
  '/nodes/{node}/(?:vzdump|replication|tasks)/.*',
  '/nodes/{node}/storage/{storage}/(?:status|rrddata|content|content/{volume})',
  `${GUEST}(?:/(?!agent|vnc|spice|term|monitor|firewall|remote_migrate|mtunnel|dbus).*)?`,
  `${GUEST}/agent/(?:ping|network-get-interfaces)`,
  '/storage(?:/{storage})?',
  '/pools(?:/{poolid})?',
  '/access/(?:permissions|acl|ticket|roles|roles/{roleid}|users|users/{userid})',
  '/access/users/{userid}/token(?:/{tokenid})?',
].map((pattern) => new RegExp(`^[A-Z]+ ${pattern.replace(/[{}]/g, '\\$&')}$`))

/** The parameter as the tests need it; the official files write bounds as strings now and then. */
function parameter(source) {
  const { type, optional, enum: values, pattern, format, maxLength, minLength, min, max, items } = source
  const numbers = { minimum: min, maximum: max, maxLength, minLength }
  return {
    type: type ?? 'string',
    optional: optional === true || optional === 1,
    ...(values === undefined ? {} : { enum: values }),
    ...Object.fromEntries(
      Object.entries(numbers)
        .filter(([, value]) => value !== undefined)
        .map(([key, value]) => [key, Number(value)]),
    ),
    ...(pattern === undefined ? {} : { pattern }),
    ...(typeof format === 'string' ? { format } : {}),
    ...(items === undefined ? {} : { items: parameter({ ...items, optional: true }) }),
  }
}

function table(schema) {
  const rows = Object.entries(schema.methods)
    .filter(([endpoint]) => COVERED.some((pattern) => pattern.test(endpoint)))
    .map(([endpoint, method]) => {
      const params = Object.entries(method.parameters ?? {}).map(([name, value]) => [
        name,
        parameter(value.$param === undefined ? value : schema.params[value.$param]),
      ])
      return `${JSON.stringify(endpoint)}: ${JSON.stringify({ params: Object.fromEntries(params) })}`
    })
  return `{\n${rows.sort().join(',\n')}\n}\n`
}

function main(source) {
  const directory = join(source, 'pve-api')
  if (!existsSync(directory)) {
    process.stderr.write(`No official schemas at ${directory}: nothing to distil from.\n`)
    return 1
  }
  mkdirSync(TARGET, { recursive: true })
  for (const version of VERSIONS) {
    const schema = JSON.parse(readFileSync(join(directory, `pve-${version}.json`), 'utf8'))
    writeFileSync(join(TARGET, `schema-${version}.json`), table(schema))
  }
  return 0
}

process.exitCode = main(process.argv[2] ?? join(ROOT, '..', 'shared'))
