// `npm test`, `npm run test:soak`, `npm run bench`: makes the clone ready, then runs the tests of one kind.
import { spawnSync } from 'node:child_process'
import { ready } from './ready.mjs'

const [kind = 'test', ...rest] = process.argv.slice(2)
ready()
const options =
  `${process.env.NODE_OPTIONS ?? ''} --experimental-vm-modules --disable-warning=ExperimentalWarning`.trim()
const config = kind === 'soak' ? ['--config', 'jest.soak.config.js'] : []
const done = spawnSync(process.execPath, ['node_modules/jest/bin/jest.js', ...config, ...rest], {
  cwd: new URL('..', import.meta.url),
  stdio: ['ignore', 'inherit', 'inherit'],
  env: { ...process.env, NODE_OPTIONS: options },
})
process.exit(done.status ?? 1)
