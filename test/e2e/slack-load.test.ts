import { floodScenario, loadScenario, prepareLoad } from '../scenarios/load.js'
import { startSlackLab } from '../support/slack-lab.js'

for (const transport of ['socket', 'http'] as const)
  loadScenario(`Slack over ${transport}`, () => startSlackLab(transport, { prepare: prepareLoad }))

floodScenario('Slack', () => startSlackLab('socket', { settings: [] }))
