import { it } from '@jest/globals'
import { killRun } from '../support/kill-run.js'
import { decisionRace, randomRace } from '../support/race-run.js'

/** The short forms of the soak; the long ones run with `npm run test:soak`. */
const SEED = Number(process.env.PROXMOX_MPC_SOAK_SEED ?? Math.floor(Math.random() * 100_000))

it(
  '10 operations killed at random moments of their stages',
  () => killRun(SEED, { kills: 10, stages: 4, among: ['sent', 'following'] }),
  120_000,
)
it('12 decisions at once from 4 processes', () => decisionRace(SEED, 12), 60_000)
it('24 random operations from 4 processes', () => randomRace(SEED, 24, 5), 120_000)
