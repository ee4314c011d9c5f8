import { floodScenario } from '../scenarios/load.js'
import { startDiscordLab } from '../support/discord-lab.js'

floodScenario('Discord', () => startDiscordLab('gateway', { settings: [] }))
