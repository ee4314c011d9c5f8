import { userInfo } from 'node:os'
import { resolve } from 'node:path'
import { execJson, exitCode } from '../../src/chat/console/json.js'
import { openHome } from '../../src/compose.js'
import { homePaths } from '../../src/config/home.js'
import { isRefusal, RefusalError } from '../../src/core/refusal.js'
import { systemClock } from '../../src/system/clock.js'
import { keepOutput } from './program.js'

const user = userInfo().username
const caller = { surface: 'console', account: user, as: null } as const

/** One command like `exec --json`, without the cost of a process: the home is opened and closed for each. */
export async function ask(home: string, ...words: string[]) {
  const said = await answerOf(home, words)
  const answer = JSON.parse(JSON.stringify(execJson(said)))
  keepOutput(`> ${words.join(' ')}\n${JSON.stringify(answer)}\n`)
  return { status: exitCode(said), answer }
}

async function answerOf(home: string, words: readonly string[]) {
  try {
    const opened = await openHome(homePaths(home), {
      environment: { PROXMOX_MPC_REQUEST_LOG: process.env.PROXMOX_MPC_REQUEST_LOG },
      clock: systemClock,
      user,
      packageRoot: resolve('.'),
      logLevel: 'warn',
      logTarget: null,
    })
    if (isRefusal(opened)) return opened
    try {
      return await opened.road.ask({ caller, words, workspace: null })
    } finally {
      await opened.close()
    }
  } catch (error) {
    if (error instanceof RefusalError) return error.refusal
    throw error
  }
}
