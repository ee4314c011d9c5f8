// Operations on a home, each from the words to its end, in a process that is there to be killed. Arguments: home, and
// commands, one after the other; or `adopt`, to look after what others left until nothing is under way. Says on stdout how
// far it is.
import { openHome } from '../../dist/compose.js'
import { homePaths } from '../../dist/config/home.js'
import { systemClock } from '../../dist/system/clock.js'

const [home, ...commands] = process.argv.slice(2)
const opened = await openHome(homePaths(home), {
  environment: { PROXMOX_MPC_REQUEST_LOG: process.env.PROXMOX_MPC_REQUEST_LOG },
  clock: systemClock,
  user: 'alice',
  packageRoot: new URL('../..', import.meta.url).pathname,
  logLevel: 'warn',
  logTarget: null,
})
const say = (word) => process.stdout.write(`${word}\n`)
const caller = (as) => ({ surface: 'console', account: 'alice', as })
const ask = (as, ...line) => opened.road.ask({ caller: caller(as), words: line, workspace: null })
const UNDER_WAY = ['ready', 'running']

const ending = new AbortController()
const keeping = opened.keep(ending.signal)
say('opened')
async function adopt() {
  for (const { id } of await opened.stores.operations.list({ states: ['waiting'], limit: 500 })) {
    await ask('bob', 'approve', `op${id}`)
    await ask('alice', 'confirm', `op${id}`)
  }
  for (;;) {
    const open = await opened.stores.operations.list({ states: UNDER_WAY, limit: 500 })
    if (open.length === 0) break
    await systemClock.sleep(100)
  }
  // Whatever nobody could tell is looked at again by a person.
  for (const { id } of await opened.stores.operations.list({ states: ['unknown'], limit: 500 })) {
    const answer = await ask('alice', 'continue', `op${id}`)
    say(`settled op${id} ${answer.kind === 'refusal' ? answer.code : answer.report?.state}`)
  }
}

async function carryOut(line) {
  say(`words ${line}`)
  const answer = await ask('alice', ...line.split(' '))
  if (answer.kind !== 'operation') return say(`no operation: ${answer.code ?? answer.heading}`)
  const { number, needs } = answer.report
  say(`asked op${number}`)
  if (needs === 'approval') await ask('bob', 'approve', `op${number}`)
  if (needs === 'confirmation') await ask('alice', 'confirm', `op${number}`)
  const end = await opened.road.follow(number, { caller: caller('alice'), decisions: false })
  say(`ended ${end.report?.state ?? end.code}`)
}

if (commands[0] === 'adopt') await adopt()
else for (const line of commands) await carryOut(line)
ending.abort()
await keeping
await opened.close()
