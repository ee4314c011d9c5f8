import { BRIEF, killScenario } from '../scenarios/kills.js'
import { POLICY, prepare } from '../scenarios/stage.js'
import { startDiscordLab } from '../support/discord-lab.js'
import { startSlackLab } from '../support/slack-lab.js'

killScenario('Slack', () => startSlackLab('socket', { policy: POLICY, prepare, ...BRIEF }))
killScenario('Discord', () => startDiscordLab('gateway', { policy: POLICY, prepare, ...BRIEF }))
