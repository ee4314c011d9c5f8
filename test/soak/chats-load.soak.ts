import { loadScenario, prepareLoad } from '../scenarios/load.js'
import { startDiscordLab } from '../support/discord-lab.js'
import { startSlackLab } from '../support/slack-lab.js'

for (const transport of ['socket', 'http'] as const)
  loadScenario(`Slack over ${transport}`, () => startSlackLab(transport, { prepare: prepareLoad }))
for (const way of ['gateway', 'http'] as const)
  loadScenario(`Discord over ${way}`, () => startDiscordLab(way, { prepare: prepareLoad }))
