// Writes docs/commands.md from the registry; with --check only says whether it is up to date.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { ready } from './ready.mjs'

ready()
const { registry } = await import('../dist/registry.js')
const { commandsMarkdown } = await import('../dist/chat/derive/commands-md.js')
const path = new URL('../docs/commands.md', import.meta.url)
const text = commandsMarkdown(registry)
if (!process.argv.includes('--check')) writeFileSync(path, text)
else if (!existsSync(path) || readFileSync(path, 'utf8') !== text) {
  console.error('docs/commands.md is out of date; run: npm run docs')
  process.exit(1)
}
