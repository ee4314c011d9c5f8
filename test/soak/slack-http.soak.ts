import { chatScenario } from '../scenarios/chat.js'
import { slackOnly } from '../scenarios/slack-only.js'
import { POLICY, prepare } from '../scenarios/stage.js'
import { startSlackLab } from '../support/slack-lab.js'

chatScenario('Slack over requests', () => startSlackLab('http', { policy: POLICY, prepare }), slackOnly)
