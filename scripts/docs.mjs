// Writes docs/commands.md, docs/slack-scopes.md, manifest.yml and discord-commands.json from the registry, and
// docs/operations.md from the table of the tests; with --check only says whether they are up to date.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { operationsMarkdown } from './operations-md.mjs'
import { ready } from './ready.mjs'

ready()
const { registry } = await import('../dist/registry.js')
const { commandsMarkdown } = await import('../dist/chat/derive/commands-md.js')
const { commandsJson, discordCommands } = await import('../dist/chat/derive/discord-commands.js')
const { manifestYaml, scopesMarkdown, slackManifest } = await import('../dist/chat/derive/slack-manifest.js')
const cells = JSON.parse(readFileSync(new URL('../test/golden/operations.json', import.meta.url), 'utf8'))
const pages = {
  'docs/commands.md': commandsMarkdown(registry),
  'docs/operations.md': operationsMarkdown(cells),
  'docs/slack-scopes.md': scopesMarkdown(),
  'discord-commands.json': commandsJson(discordCommands(registry)),
  'manifest.yml': manifestYaml(slackManifest(registry, { mode: 'socket' })),
}
for (const [name, text] of Object.entries(pages)) {
  const path = new URL(`../${name}`, import.meta.url)
  if (!process.argv.includes('--check')) writeFileSync(path, text)
  else if (!existsSync(path) || readFileSync(path, 'utf8') !== text) {
    console.error(`${name} is out of date; run: npm run docs`)
    process.exitCode = 1
  }
}
