// Another process on the same database. Arguments: what to do, the database, and what that needs.
import { checkStore, restoreStore } from '../../../dist/store/backup.js'
import { openStores } from '../../../dist/store/open.js'

const [verb, path, argument] = process.argv.slice(2)
const ours = new URL('../../../prisma/migrations', import.meta.url).pathname
const clock = {
  now: () => new Date(),
  monotonic: () => performance.now(),
  sleep: (ms) => new Promise((done) => setTimeout(done, ms)),
}
const say = (value) => process.stdout.write(`${JSON.stringify(value)}\n`)

const verbs = {
  /** Opens (and so migrates) with the migrations of a directory. */
  open: async () => {
    const stores = await openStores({ path, migrationsDir: argument, clock })
    await stores.close()
    return 'opened'
  },
  /** Opens, does nothing, and stays until its input ends. */
  idle: async () => {
    const stores = await openStores({ path, migrationsDir: ours, clock })
    say('ready')
    for await (const _ of process.stdin);
    await stores.close()
    return 'ended'
  },
  check: () => checkStore(path),
  restore: () => restoreStore(path, argument, { migrationsDir: ours, now: new Date('2026-03-01T10:00:00Z') }),
}
try {
  say(await verbs[verb]())
} catch (error) {
  say({ code: error.refusal?.code ?? String(error), hint: error.refusal?.hint })
}
