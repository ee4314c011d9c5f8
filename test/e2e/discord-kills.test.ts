import { BRIEF, killScenario } from '../scenarios/kills.js'
import { POLICY, prepare } from '../scenarios/stage.js'
import { startDiscordLab } from '../support/discord-lab.js'

killScenario('Discord', () => startDiscordLab('gateway', { policy: POLICY, prepare, ...BRIEF }))
