import { loadScenario, prepareLoad } from '../scenarios/load.js'
import { startDiscordLab } from '../support/discord-lab.js'
import { startSlackLab } from '../support/slack-lab.js'

loadScenario('Slack', () => startSlackLab('socket', { prepare: prepareLoad }))
loadScenario('Discord', () => startDiscordLab('gateway', { prepare: prepareLoad }))
