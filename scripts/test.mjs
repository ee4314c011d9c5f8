// `npm test` and `npm run test:soak`: makes the clone ready, runs the tests of that kind, then looks at what they wrote
// and sent. With further words (`npm test -- test/unit/core`) only those tests, and no look afterwards.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ready } from './ready.mjs'

const CONFIGS = { test: 'jest.config.js', soak: 'jest.soak.config.js', after: 'jest.after.config.js' }
const [kind = 'test', ...rest] = process.argv.slice(2)
ready()
const written = mkdtempSync(join(tmpdir(), 'proxmox-mpc-test-'))
const environment = {
  ...process.env,
  NODE_OPTIONS:
    `${process.env.NODE_OPTIONS ?? ''} --experimental-vm-modules --disable-warning=ExperimentalWarning`.trim(),
  PROXMOX_MPC_TEST_ROOT: written,
  PROXMOX_MPC_REQUEST_LOG: join(written, 'requests'),
}

function jest(config, words) {
  const args = ['node_modules/jest/bin/jest.js', '--config', config, ...words]
  const cwd = fileURLToPath(new URL('..', import.meta.url))
  return (
    spawnSync(process.execPath, args, { cwd, stdio: ['ignore', 'inherit', 'inherit'], env: environment })
      .status ?? 1
  )
}

/** What is about speed has the machine to itself. */
const ALONE = 'test/soak/chats-load'
const apart = kind === 'soak' && rest.length === 0
const status = apart
  ? jest(CONFIGS.soak, ['--testPathIgnorePatterns', '/node_modules/', ALONE]) || jest(CONFIGS.soak, [ALONE])
  : jest(CONFIGS[kind], rest)
const after = status === 0 && rest.length === 0 ? jest(CONFIGS.after, []) : 0
rmSync(written, { recursive: true, force: true, maxRetries: 5 })
process.exit(status || after)
