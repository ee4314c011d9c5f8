// One of several processes that write to one database at once. Arguments: database, how many transactions.
import { openStores } from '../../dist/store/open.js'

const [path, times] = process.argv.slice(2)
const clock = {
  now: () => new Date(),
  monotonic: () => performance.now(),
  sleep: (ms) => new Promise((done) => setTimeout(done, ms)),
}
const migrationsDir = new URL('../../prisma/migrations', import.meta.url).pathname
const stores = await openStores({ path, migrationsDir, clock })
let done = 0
for (let i = 0; i < Number(times); i++) {
  const at = clock.now().toISOString()
  await stores.inventory.fail({
    cluster: 'lab',
    startedAt: at,
    finishedAt: at,
    code: 'auth_failed',
    message: `${process.pid}-${i}`,
  })
  done += 1
}
await stores.close()
process.stdout.write(String(done))
