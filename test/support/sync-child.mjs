// Syncs a home over and over while others change the cluster, until it is killed. Arguments: home, control URL, seed.
// Says on stdout when a sync begins.

import { openHome } from '../../dist/compose.js'
import { homePaths } from '../../dist/config/home.js'
import { createControlClient } from '../../dist/simulator/control-client.js'
import { systemClock } from '../../dist/system/clock.js'

const [home, controlUrl, seed] = process.argv.slice(2)
const packageRoot = new URL('../..', import.meta.url).pathname
const environment = { PROXMOX_MPC_REQUEST_LOG: process.env.PROXMOX_MPC_REQUEST_LOG }
const opened = await openHome(homePaths(home), {
  environment,
  clock: systemClock,
  user: 'tester',
  packageRoot,
  logLevel: 'warn',
  logTarget: null,
})
const control = createControlClient(controlUrl)
for (let i = 0; ; i++) {
  await control.change({ kind: 'random-changes', percent: 20, seed: Number(seed) * 1000 + i })
  process.stdout.write('sync\n')
  const outcome = await opened.syncer.sync('lab')
  if (outcome.kind === 'failed') throw new Error(outcome.refusal.message)
  process.stdout.write('synced\n')
}
