import { it } from '@jest/globals'
import { decisionRace, randomRace } from '../support/race-run.js'

const SEED = Number(process.env.PROXMOX_MPC_SOAK_SEED ?? Math.floor(Math.random() * 100_000))
const OPERATIONS = Number(process.env.PROXMOX_MPC_SOAK_OPERATIONS ?? 500)

it('50 decisions at once from 4 processes: one transition, one call', () => decisionRace(SEED, 50))

it(`${OPERATIONS} random operations from 4 processes, 5 % of the requests in trouble`, () =>
  randomRace(SEED, OPERATIONS, 5))
