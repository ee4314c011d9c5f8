// Writes the SQL of a migration: node scripts/new-migration.mjs NAME [COMMIT]
// It leads from prisma/schema.prisma as it was in COMMIT (the last one, unless told otherwise) to what it is now.
//
// Prisma 7 prints no SQL without an engine that it would download; Prisma 6 has one in WebAssembly. It is installed into
// a temporary directory, so this needs the npm registry. The program itself never does: it applies the SQL files.
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const PRISMA = '6.19.3'
const CONFIG = `import { PrismaLibSQL } from '@prisma/adapter-libsql'
export default {
  experimental: { adapter: true },
  engine: 'js',
  schema: './new.prisma',
  adapter: async () => new PrismaLibSQL({ url: 'file:./unused.db' }),
}
`
const root = fileURLToPath(new URL('..', import.meta.url))
const migrations = join(root, 'prisma/migrations')

function end(text, status) {
  process.stderr.write(`${text}\n`)
  process.exitCode = status
}

function run(directory, command, args) {
  const done = spawnSync(command, args, {
    cwd: directory,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    shell: process.platform === 'win32' && command === 'npm',
    env: {
      ...process.env,
      // Any file will do: neither engine is used, but Prisma wants to know that it would not have to fetch them.
      PRISMA_SCHEMA_ENGINE_BINARY: process.execPath,
      PRISMA_QUERY_ENGINE_LIBRARY: process.execPath,
      PRISMA_HIDE_UPDATE_MESSAGE: '1',
      CHECKPOINT_DISABLE: '1',
    },
  })
  if (done.status !== 0)
    throw new Error(`${command} ${args[0]} failed:\n${done.stderr || done.error?.message}`)
  return done.stdout
}

/** Prisma 6 wants the address of a database in the schema, where Prisma 7 forbids it. */
function forPrisma6(schema) {
  const source = /provider = "sqlite"/
  if (!source.test(schema)) throw new Error('the schema names no provider "sqlite"')
  return schema.replace(source, 'provider = "sqlite"\n  url      = "file:./unused.db"')
}

/** The SQL between two schemas; empty when there is nothing to do. */
function difference(directory, before, after) {
  writeFileSync(join(directory, 'package.json'), '{ "private": true, "type": "module" }\n')
  writeFileSync(join(directory, 'prisma.config.ts'), CONFIG)
  writeFileSync(join(directory, 'old.prisma'), forPrisma6(before))
  writeFileSync(join(directory, 'new.prisma'), forPrisma6(after))
  const packages = [`prisma@${PRISMA}`, `@prisma/adapter-libsql@${PRISMA}`]
  run(directory, 'npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--no-save', ...packages])
  const prisma = ['node_modules/prisma/build/index.js', 'migrate', 'diff', '--script']
  const [from, to] = ['--from-schema-datamodel', '--to-schema-datamodel']
  const sql = run(directory, process.execPath, [...prisma, from, 'old.prisma', to, 'new.prisma'])
  return /empty migration/.test(sql) ? '' : `${sql.trim()}\n`
}

function nextName(name) {
  const numbers = readdirSync(migrations).map((entry) => Number.parseInt(entry, 10) || 0)
  return `${String(Math.max(0, ...numbers) + 1).padStart(4, '0')}_${name}`
}

function write(name, commit) {
  const directory = mkdtempSync(join(tmpdir(), 'proxmox-mpc-migration-'))
  try {
    const before = run(root, 'git', ['show', `${commit}:prisma/schema.prisma`])
    const sql = difference(directory, before, readFileSync(join(root, 'prisma/schema.prisma'), 'utf8'))
    if (sql === '') return end(`Nothing changed in prisma/schema.prisma since ${commit}.`, 0)
    const target = join(migrations, nextName(name))
    mkdirSync(target)
    writeFileSync(join(target, 'migration.sql'), sql)
    end(`Wrote ${join(target, 'migration.sql')}; read it before it is committed.`, 0)
  } catch (error) {
    end(error.message, 1)
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

const [name = '', commit = 'HEAD'] = process.argv.slice(2)
if (/^[a-z][a-z0-9_]{0,60}$/.test(name) && /^[\w./~^@]+$/.test(commit)) write(name, commit)
else end('Usage: node scripts/new-migration.mjs NAME [COMMIT]   (NAME: a-z, 0-9, _)', 2)
