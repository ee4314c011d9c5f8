import { expect, it } from '@jest/globals'
import { checkRequestLog } from '../schema/recorder.js'

it('every request that was sent in the run is valid for Proxmox VE 8.4 and 9.2', () => {
  const { requests, violations } = checkRequestLog(process.env.PROXMOX_MPC_REQUEST_LOG ?? '')

  console.log(`${requests} requests were held against both schemas`)
  expect(requests).toBeGreaterThan(0)
  expect(violations).toEqual([])
})
