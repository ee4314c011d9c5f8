import { floodScenario, loadScenario, prepareLoad } from '../scenarios/load.js'
import { startDiscordLab } from '../support/discord-lab.js'

for (const way of ['gateway', 'http'] as const)
  loadScenario(`Discord over ${way}`, () => startDiscordLab(way, { prepare: prepareLoad }))

floodScenario('Discord', () => startDiscordLab('gateway', { settings: [] }))
