import { it } from '@jest/globals'
import { killRun } from '../support/kill-run.js'

const SEED = Number(process.env.PROXMOX_MPC_SOAK_SEED ?? Math.floor(Math.random() * 100_000))
const KILLS = Number(process.env.PROXMOX_MPC_SOAK_KILLS ?? 200)

it(`kill -9 during ${KILLS} operations: each is carried out once or not at all, and ends`, () =>
  killRun(SEED, KILLS))
