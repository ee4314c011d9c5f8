// Writes docs/commands.md from the registry and docs/operations.md from the table of the tests; with --check only says
// whether they are up to date.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { operationsMarkdown } from './operations-md.mjs'
import { ready } from './ready.mjs'

ready()
const { registry } = await import('../dist/registry.js')
const { commandsMarkdown } = await import('../dist/chat/derive/commands-md.js')
const cells = JSON.parse(readFileSync(new URL('../test/golden/operations.json', import.meta.url), 'utf8'))
const pages = { commands: commandsMarkdown(registry), operations: operationsMarkdown(cells) }
for (const [name, text] of Object.entries(pages)) {
  const path = new URL(`../docs/${name}.md`, import.meta.url)
  if (!process.argv.includes('--check')) writeFileSync(path, text)
  else if (!existsSync(path) || readFileSync(path, 'utf8') !== text) {
    console.error(`docs/${name}.md is out of date; run: npm run docs`)
    process.exitCode = 1
  }
}
