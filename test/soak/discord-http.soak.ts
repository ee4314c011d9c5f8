import { chatScenario } from '../scenarios/chat.js'
import { discordOnly } from '../scenarios/discord-only.js'
import { POLICY, prepare } from '../scenarios/stage.js'
import { startDiscordLab } from '../support/discord-lab.js'

chatScenario('Discord over requests', () => startDiscordLab('http', { policy: POLICY, prepare }), discordOnly)
