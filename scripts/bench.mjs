// `npm run bench -- NAME [--quick]`: runs test/bench/NAME.mjs on a ready clone.
import { existsSync } from 'node:fs'
import { ready } from './ready.mjs'

const [name, ...rest] = process.argv.slice(2)
const file = new URL(`../test/bench/${name ?? ''}.mjs`, import.meta.url)
if (name === undefined || !/^[a-z-]+$/.test(name) || !existsSync(file)) {
  console.error('Usage: npm run bench -- sync|operations|slack|discord [--quick]')
  process.exit(2)
}
ready()
const { run } = await import(file.href)
await run(rest)
