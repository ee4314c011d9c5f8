import { it } from '@jest/globals'
import { killRun } from '../support/kill-run.js'
import { STAGES } from '../support/stages.js'

const SEED = Number(process.env.PROXMOX_MPC_SOAK_SEED ?? Math.floor(Math.random() * 100_000))
const KILLS = Number(process.env.PROXMOX_MPC_SOAK_KILLS ?? 200)

it(`kill -9 of ${KILLS} operations at every stage: each is carried out once or not at all, and ends`, () =>
  killRun(SEED, { kills: KILLS, stages: STAGES.length, among: STAGES }))
