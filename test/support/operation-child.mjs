// A process of a home that does what it is told, and is there to be killed. Argument: home. Takes lines on stdin, several
// at once, each a number and what to do: `1 open`, `2 ask stop 4001`, `3 decide 12`, `4 rest`, `5 end`;
// says on stdout the number and what came of it. Nothing of the home is touched before it is to open it.
import { createInterface } from 'node:readline'
import { openHome } from '../../dist/compose.js'
import { homePaths } from '../../dist/config/home.js'
import { missingDecisions } from '../../dist/core/operation.js'
import { systemClock } from '../../dist/system/clock.js'

const [home] = process.argv.slice(2)
const ending = new AbortController()
let opened
let keeping
const ask = (as, ...words) =>
  opened.road.ask({ caller: { surface: 'console', account: 'alice', as }, words, workspace: null })
const codeOf = (answer) => answer.code ?? answer.report?.state ?? answer.outcome ?? answer.kind

const doings = {
  open: async () => {
    opened = await openHome(homePaths(home), {
      environment: { PROXMOX_MPC_REQUEST_LOG: process.env.PROXMOX_MPC_REQUEST_LOG },
      clock: systemClock,
      user: 'alice',
      packageRoot: new URL('../..', import.meta.url).pathname,
      logLevel: 'warn',
      logTarget: null,
    })
    if (opened.kind === 'refusal') throw new Error(opened.message)
    keeping = opened.keep(ending.signal)
    return 'opened'
  },
  ask: async (...words) => {
    const answer = await ask('alice', ...words)
    return answer.kind === 'operation' ? `op${answer.report.number}` : codeOf(answer)
  },
  decide: async (number) => {
    const operation = await opened.stores.operations.get(Number(number))
    const { confirm, approvals } = missingDecisions(operation)
    if (confirm) return codeOf(await ask('alice', 'confirm', `op${number}`))
    return approvals > 0 ? codeOf(await ask('bob', 'approve', `op${number}`)) : 'nothing'
  },
  /** Until nothing that was decided is still to be done. */
  rest: async () => {
    for (;;) {
      const open = await opened.stores.operations.list({ states: ['ready', 'running'], limit: 1 })
      if (open.length === 0) return 'rests'
      await systemClock.sleep(50)
    }
  },
  end: async () => {
    ending.abort()
    await keeping
    await opened?.close()
    lines.close()
    return 'ended'
  },
}

const lines = createInterface({ input: process.stdin })
lines.on('line', (line) => {
  const [number, what, ...words] = line.split(' ')
  doings[what](...words).then(
    (said) => process.stdout.write(`${number} ${said}\n`),
    (error) => {
      process.stderr.write(`${line}: ${error.stack}\n`)
      process.exit(1)
    },
  )
})
