import { readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { describe, expect, it } from '@jest/globals'

/** Who may import whom. A room that is not listed may import nothing of ours. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  core: ['core'],
  ports: ['ports', 'core'],
  config: ['config', 'core'],
  features: ['features', 'core', 'ports'],
  pipeline: ['pipeline', 'core', 'ports'],
  jobs: ['jobs', 'core', 'ports', 'pipeline'],
  chat: ['chat', 'core', 'ports'],
  pve: ['pve', 'core', 'ports'],
  store: ['store', 'core', 'ports'],
  simulator: ['simulator', 'core', 'ports'],
  http: ['http', 'core', 'ports'],
  system: ['system', 'core', 'ports'],
  setup: ['setup', 'config', 'core', 'ports', 'simulator'],
  'registry.ts': ['features', 'core', 'ports'],
  'compose.ts': ['*'],
  'main.ts': ['*'],
  program: ['*'],
}

const src = resolve('src')

function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name)
    if (name === 'generated') return []
    return statSync(path).isDirectory() ? filesBelow(path) : name.endsWith('.ts') ? [path] : []
  })
}

const files = filesBelow(src)
const room = (path: string) => relative(src, path).split('/')[0] ?? ''
const importsOf = (path: string) =>
  [...readFileSync(path, 'utf8').matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map(
    (match) => match[1] ?? '',
  )

describe('the walls of the house', () => {
  it('there are files to look at', () => {
    expect(files.length).toBeGreaterThan(50)
  })

  it.each(files.map((path) => [relative(src, path), path]))(
    '%s imports only what its room may',
    (_, path) => {
      const allowed = ALLOWED[room(path)] ?? []

      const wrong = importsOf(path)
        .filter((target) => target.startsWith('.'))
        .map((target) => resolve(dirname(path), target))
        .filter((target) => !allowed.includes('*') && !allowed.includes(room(target)))

      expect(wrong).toEqual([])
    },
  )

  it('core imports no package but zod, and of Node only hashing', () => {
    const packages = files
      .filter((path) => room(path) === 'core')
      .flatMap(importsOf)
      .filter((target) => !target.startsWith('.'))

    expect(new Set(packages)).toEqual(new Set(['zod', 'node:crypto']))
  })

  it('no feature imports another', () => {
    const feature = (path: string) => relative(join(src, 'features'), path).split('/')[0]
    const crossing = files
      .filter((path) => room(path) === 'features')
      .flatMap((path) =>
        importsOf(path)
          .filter((target) => target.startsWith('.'))
          .map((target) => resolve(dirname(path), target))
          .filter((target) => room(target) === 'features' && feature(target) !== feature(path)),
      )

    expect(crossing).toEqual([])
  })

  it('only main.ts reads the environment', () => {
    const readers = files.filter((path) => /process\.env\b/.test(readFileSync(path, 'utf8')))

    expect(readers.map((path) => relative(src, path))).toEqual(['main.ts'])
  })

  it('only store/tx.ts opens transactions', () => {
    const openers = files.filter((path) => /\$transaction\(|\bBEGIN\b/.test(readFileSync(path, 'utf8')))

    expect(openers.map((path) => relative(src, path)).filter((path) => path !== 'store/tx.ts')).toEqual([])
  })

  it('no TLS check is ever switched off without a pin in its place', () => {
    const off = files.filter((path) =>
      /rejectUnauthorized:\s*false|NODE_TLS_REJECT/.test(readFileSync(path, 'utf8')),
    )

    expect(off.map((path) => relative(src, path)).filter((path) => path !== 'pve/tls.ts')).toEqual([])
  })

  it('no file casts, outside schema files', () => {
    const casts = files.filter(
      (path) =>
        !/schema/.test(path) &&
        /\bas (?!const\b)[A-Za-z{[(]/.test(
          readFileSync(path, 'utf8')
            .replace(/(import|export) [\s\S]*? from '[^']+'/g, '')
            .replace(/\/\*[\s\S]*?\*\/|\/\/.*|'[^'\n]*'|`[^`]*`|"[^"\n]*"/g, ''),
        ),
    )

    expect(casts.map((path) => relative(src, path))).toEqual([])
  })

  it('no file is longer than 340 lines', () => {
    const long = files.filter((path) => readFileSync(path, 'utf8').split('\n').length > 340)

    expect(long.map((path) => relative(src, path))).toEqual([])
  })
})
