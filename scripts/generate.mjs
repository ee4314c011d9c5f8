// `prisma generate` without its engine: that would be a download, and generating does not need it. Prisma only asks that
// the variable names some file.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const done = spawnSync(
  process.execPath,
  ['node_modules/prisma/build/index.js', 'generate', '--schema', 'prisma/schema.prisma'],
  {
    cwd: fileURLToPath(new URL('..', import.meta.url)),
    stdio: ['ignore', 2, 2],
    env: {
      ...process.env,
      PRISMA_SCHEMA_ENGINE_BINARY: process.execPath,
      PRISMA_HIDE_UPDATE_MESSAGE: '1',
      CHECKPOINT_DISABLE: '1',
    },
  },
)
process.exit(done.status ?? 1)
