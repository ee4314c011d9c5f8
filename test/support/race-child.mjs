// One of several processes of a home that all do things to its operations at once. Arguments: home, what to do, and a
// number: `random SEED` does so many random things, `decide NUMBER` decides on an operation over and over. Begins when it
// is told so on stdin.
import { once } from 'node:events'
import { openHome } from '../../dist/compose.js'
import { homePaths } from '../../dist/config/home.js'
import { systemClock } from '../../dist/system/clock.js'

const [home, what, number, times] = process.argv.slice(2)
const opened = await openHome(homePaths(home), {
  environment: { PROXMOX_MPC_REQUEST_LOG: process.env.PROXMOX_MPC_REQUEST_LOG },
  clock: systemClock,
  user: 'alice',
  packageRoot: new URL('../..', import.meta.url).pathname,
  logLevel: 'warn',
  logTarget: null,
})
const ending = new AbortController()
const keeping = opened.keep(ending.signal)
const say = (word) => process.stdout.write(`${word}\n`)
const caller = (as) => ({ surface: 'console', account: 'alice', as })
const ask = (as, ...words) =>
  opened.road.ask({ caller: caller(as), words: words.map(String), workspace: null })

function random(seed) {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

async function decideAtOnce() {
  const answers = await Promise.all(
    Array.from({ length: Number(times) }, (_, n) =>
      ask(n % 2 === 0 ? 'bob' : 'carol', 'approve', `op${number}`),
    ),
  )
  for (const answer of answers) say(answer.kind === 'refusal' ? answer.code : 'taken')
}

async function doRandomThings() {
  const next = random(Number(number))
  const guest = () => 4000 + Math.floor(next() * 30)
  const verbs = ['start', 'stop', 'shutdown', 'reboot', 'suspend', 'resume', 'reset']
  let mine = []
  for (let done = 0; done < Number(times); ) {
    const dice = next()
    if (dice < 0.75 || mine.length === 0) {
      const guests = next() < 0.2 ? [guest(), guest(), guest()] : [guest()]
      const answer = await ask('alice', verbs[Math.floor(next() * verbs.length)], ...guests)
      if (answer.kind !== 'operation') continue
      done += 1
      const { number: made, needs } = answer.report
      mine.push(made)
      if (needs === 'confirmation') await ask('alice', 'confirm', `op${made}`)
      if (needs === 'approval') await ask('bob', next() < 0.15 ? 'deny' : 'approve', `op${made}`)
    } else {
      const one = mine[Math.floor(next() * mine.length)]
      if (next() < 0.5) await ask('alice', 'cancel', `op${one}`)
      else {
        const answer = await ask('alice', 'undo', `op${one}`)
        if (answer.kind === 'operation') {
          done += 1
          mine = [...mine, answer.report.number].slice(-20)
          if (answer.report.needs === 'confirmation') await ask('alice', 'confirm', answer.report.id)
          if (answer.report.needs === 'approval') await ask('bob', 'approve', answer.report.id)
        }
      }
    }
  }
}

say('opened')
await once(process.stdin, 'data')
if (what === 'decide') await decideAtOnce()
else await doRandomThings()
for (;;) {
  const open = await opened.stores.operations.list({ states: ['ready', 'running'], limit: 500 })
  if (open.length === 0) break
  await systemClock.sleep(200)
}
say('done')
ending.abort()
await keeping
await opened.close()
process.stdin.destroy()
