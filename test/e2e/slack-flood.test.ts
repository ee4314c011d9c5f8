import { floodScenario } from '../scenarios/load.js'
import { startSlackLab } from '../support/slack-lab.js'

floodScenario('Slack', () => startSlackLab('socket', { settings: [] }))
