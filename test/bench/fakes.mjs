// The fakes of the tests are TypeScript; for a bench they are made plain JavaScript.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { transformSync } from '@swc/core'

const packageRoot = fileURLToPath(new URL('../..', import.meta.url))

/** The server of a fake, `slack` or `discord`, as a module. */
export async function fake(name) {
  const from = join(packageRoot, 'test/fakes')
  const to = join(packageRoot, 'node_modules/.cache/proxmox-mpc/fakes')
  for (const folder of ['slack', 'discord'])
    for (const file of readdirSync(join(from, folder))) {
      const target = join(to, folder, file.replace(/\.ts$/, '.js'))
      mkdirSync(dirname(target), { recursive: true })
      const { code } = transformSync(readFileSync(join(from, folder, file), 'utf8'), {
        filename: file,
        jsc: { parser: { syntax: 'typescript' }, target: 'es2023' },
        module: { type: 'es6' },
      })
      writeFileSync(target, code)
    }
  return import(pathToFileURL(join(to, name, 'server.js')).href)
}

/** A percentile of numbers in order. */
export const at = (sorted, share) =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
