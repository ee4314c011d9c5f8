// Makes a clone ready to run: installs, generates and builds what is missing or out of date, says so on stderr, and
// does nothing at all when everything is there. Node's built-ins only, since nothing may be installed yet.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const modules = join(root, 'node_modules')
const generated = join(root, 'src/store/generated')
const dist = join(root, 'dist')
const lock = join(root, '.ready-lock')

const say = (text) => process.stderr.write(`proxmox-mpc: ${text}\n`)

const textOf = (path) => (existsSync(path) ? readFileSync(path, 'utf8') : '')

function hash(texts) {
  const sum = createHash('sha256')
  for (const text of texts) sum.update(text).update('\0')
  return sum.digest('hex')
}

function filesBelow(folder, keep) {
  return readdirSync(folder, { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = join(folder, entry.name)
      if (path === generated) return []
      return entry.isDirectory() ? filesBelow(path, keep) : keep(entry.name) ? [path] : []
    })
}

function run(what, command, args, env = {}) {
  say(what)
  const done = spawnSync(command, args, {
    cwd: root,
    stdio: ['ignore', 2, 2],
    env: { ...process.env, ...env },
    shell: process.platform === 'win32',
  })
  if (done.status === 0) return
  say(`that failed (${done.error?.message ?? `exit ${done.status}`}); nothing was started`)
  rmSync(lock, { recursive: true, force: true })
  process.exit(1)
}

/** What is installed is what the lock file says: npm's own note of it lists every package with its version. */
function installed() {
  const wanted = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages
  const have = JSON.parse(textOf(join(modules, '.package-lock.json')) || '{}').packages
  if (have === undefined) return false
  return Object.entries(wanted).every(([path, entry]) => {
    if (path === '' || entry.optional || entry.devOptional || entry.peer) return true
    return have[path]?.version === entry.version
  })
}

const steps = [
  {
    stamp: join(modules, '.proxmox-mpc-installed'),
    inputs: () => [textOf(join(root, 'package-lock.json'))],
    present: () => existsSync(modules),
    alreadyDone: installed,
    work: () =>
      run('installing packages (npm ci), once', 'npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund']),
  },
  {
    stamp: join(generated, '.stamp'),
    inputs: () => [textOf(join(root, 'package-lock.json')), textOf(join(root, 'prisma/schema.prisma'))],
    present: () => existsSync(join(generated, 'client.ts')),
    alreadyDone: () => false,
    work: () => run('generating the database client', process.execPath, ['scripts/generate.mjs']),
  },
  {
    stamp: join(dist, '.stamp'),
    inputs: () => [
      textOf(join(root, 'package-lock.json')),
      textOf(join(root, 'prisma/schema.prisma')),
      textOf(join(root, 'tsconfig.json')),
      textOf(join(root, 'tsconfig.build.json')),
      ...filesBelow(join(root, 'src'), (name) => name.endsWith('.ts')).flatMap((path) => [
        path,
        textOf(path),
      ]),
    ],
    present: () => existsSync(join(dist, 'main.js')),
    alreadyDone: () => false,
    work: () => {
      rmSync(dist, { recursive: true, force: true })
      rmSync(join(modules, '.cache/proxmox-mpc'), { recursive: true, force: true })
      run('building', process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json'])
    },
  },
]

const upToDate = (step) => step.present() && textOf(step.stamp) === hash(step.inputs())

/** Installs, generates and builds what is missing or stale. Two of these at once wait for each other. */
export function ready() {
  const [major, minor] = process.versions.node.split('.').map(Number)
  if (major < 20 || (major === 20 && minor < 19)) {
    say(`Node ${process.versions.node} is too old; 20.19 or newer is needed`)
    process.exit(1)
  }
  if (!existsSync(join(root, 'src')) || steps.every(upToDate)) return
  holdLock()
  try {
    for (const step of steps) {
      if (upToDate(step)) continue
      if (!(step.present() && step.alreadyDone())) step.work()
      writeFileSync(step.stamp, hash(step.inputs()))
    }
  } finally {
    rmSync(lock, { recursive: true, force: true })
  }
}

function holdLock() {
  for (let told = false; ; ) {
    try {
      mkdirSync(lock)
      writeFileSync(join(lock, 'pid'), String(process.pid))
      return
    } catch (error) {
      if (error.code !== 'EEXIST') throw error
      if (abandoned()) {
        rmSync(lock, { recursive: true, force: true })
        continue
      }
      if (!told) say('waiting for another one that is building')
      told = true
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300)
    }
  }
}

function abandoned() {
  const pid = Number(textOf(join(lock, 'pid')))
  if (pid === 0) {
    const made = statSync(lock, { throwIfNoEntry: false })
    return made !== undefined && Date.now() - made.mtimeMs > 5000
  }
  try {
    process.kill(pid, 0)
    return false
  } catch (error) {
    return error.code === 'ESRCH'
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) ready()
