import { join, resolve } from 'node:path'
import { readHome } from '../config/home.js'
import { isRefusal, type Refusal, refuse } from '../core/refusal.js'
import { backupStore, checkStore, listBackups, restoreStore } from '../store/backup.js'
import type { Given } from './arguments.js'
import { homeOf, type Process, surroundings } from './process.js'

const USAGE = 'Usage: proxmox-mpc db backup [FILE] | restore [FILE] | check'

/** `db`: backup, restore and check of a home's database; works on a broken one too. */
export async function runDb(given: Given, here: Process): Promise<number | Refusal> {
  const [verb, file, ...more] = given.words
  if (verb === undefined) return refuse('missing_argument', '`db` needs to know what to do.', USAGE)
  if (more.length > 0) return refuse('wrong_argument', `\`${more[0] ?? ''}\` is not expected here.`, USAGE)
  const paths = homeOf(given, here)
  const config = readHome(paths)
  if (isRefusal(config) && config.code === 'no_home') return config
  switch (verb) {
    case 'backup':
      return backup(here, paths.database, file === undefined ? null : resolve(here.workingDirectory, file))
    case 'restore':
      return restore(
        here,
        paths.database,
        paths.proxmox,
        file === undefined ? null : resolve(here.workingDirectory, file),
      )
    case 'check':
      return check(here, paths.database)
    default:
      return refuse('wrong_argument', `There is no \`db ${verb}\`.`, USAGE)
  }
}

async function backup(here: Process, database: string, target: string | null): Promise<number> {
  const stamp = new Date().toISOString().replaceAll(/[-:]/g, '').slice(0, 15)
  const path = target ?? `${database}.${stamp}.bak`
  await backupStore(database, path)
  here.output.write(`Backed up to ${path}\n`)
  return 0
}

async function restore(
  here: Process,
  database: string,
  directory: string,
  file: string | null,
): Promise<number | Refusal> {
  const newest = file ?? listBackups(directory)[0]?.path ?? null
  if (newest === null)
    return refuse(
      'backup_missing',
      `There is no backup in ${directory}.`,
      'Name the file: proxmox-mpc db restore FILE',
    )
  const done = await restoreStore(database, newest, {
    migrationsDir: join(surroundings(here).packageRoot, 'prisma/migrations'),
    now: new Date(),
  })
  here.output.write(`Restored ${newest}\n`)
  if (done.replaced !== null) here.output.write(`What was there before is kept as ${done.replaced}\n`)
  return 0
}

async function check(here: Process, database: string): Promise<number> {
  const report = await checkStore(database)
  here.output.write(
    `${report.path}: ${(report.size / 1024).toFixed(0)} KiB, ${report.migrations.length} migrations\n`,
  )
  for (const problem of report.problems) here.output.write(`  ${problem}\n`)
  here.output.write(
    report.problems.length === 0
      ? 'It is sound.\n'
      : '→ proxmox-mpc db restore puts the newest backup back.\n',
  )
  return report.problems.length === 0 ? 0 : 1
}
