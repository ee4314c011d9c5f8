import { chatScenario } from '../scenarios/chat.js'
import { slackOnly } from '../scenarios/slack-only.js'
import { POLICY, prepare } from '../scenarios/stage.js'
import { startSlackLab } from '../support/slack-lab.js'

chatScenario('Slack over sockets', () => startSlackLab('socket', { policy: POLICY, prepare }), slackOnly)
