// `npm run check`: what CI checks before the tests, for use while developing.
import { spawnSync } from 'node:child_process'
import { ready } from './ready.mjs'

ready()
const steps = [
  ['node_modules/@biomejs/biome/bin/biome', 'ci'],
  ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.json', '--noEmit'],
  ['scripts/docs.mjs', '--check'],
]
const failed = steps.filter((args) => spawnSync(process.execPath, args, { stdio: 'inherit' }).status !== 0)
process.exit(failed.length === 0 ? 0 : 1)
