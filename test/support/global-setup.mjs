// Before all tests: one directory for everything that the run writes, so that it can be searched afterwards.
import { mkdirSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export default function setup() {
  const root = mkdtempSync(join(tmpdir(), 'proxmox-mpc-test-'))
  for (const folder of ['output', 'requests', 'homes']) mkdirSync(join(root, folder))
  process.env.PROXMOX_MPC_TEST_ROOT = root
  process.env.PROXMOX_MPC_REQUEST_LOG = join(root, 'requests')
}
