import { afterEach, describe, expect, it } from '@jest/globals'
import { z } from 'zod'
import { loadManifest, loadRecordings } from '../fakes/pve-replay/recordings.js'
import { type ReplayServer, startReplay } from '../fakes/pve-replay/server.js'
import { ask } from '../support/inside.js'
import { CANARY, canaryFile, freshDirectory, run } from '../support/program.js'

/** What a real Proxmox VE 9.2 answered, replayed: what is stored must be just what was recorded. */

const manifest = loadManifest()
const recordings = new Map(loadRecordings().map((recording) => [recording.name, recording]))
const Row = z.looseObject({ type: z.string(), id: z.string() })
const Rows = z.object({ data: z.array(Row) })

let replay: ReplayServer
afterEach(() => replay.close())

/** Connects a home to a replayed set, by the program itself. */
async function connect(set: string) {
  const token = manifest.sets[set]?.token ?? ''
  replay = await startReplay({ set, token: { id: token, secret: CANARY }, date: 'now' })
  const home = freshDirectory()
  const flags = ['--workspace', 'lab', '--cluster', 'lab', '--endpoint', replay.endpoint, '--token-id', token]
  const made = await run([
    'init',
    '--home',
    home,
    ...flags,
    '--token-secret-file',
    canaryFile(home),
    '--fingerprint',
    replay.fingerprint,
  ])
  expect(made).toMatchObject({ status: 0 })
  return home
}

function recorded(set: string, address: string): z.infer<typeof Rows>['data'] {
  const choice = manifest.sets[set]?.answers[address]
  if (choice === undefined || !('recording' in choice)) throw new Error(`${set} has no ${address}`)
  const body = recordings.get(choice.recording)?.body ?? ''
  return Rows.parse(JSON.parse(body)).data
}

const rowsOf = async (home: string, ...words: string[]) => {
  const { status, answer } = await ask(home, ...words)
  expect({ words, status }).toEqual({ words, status: 0 })
  return answer.card.table.rows
}
const sorted = (values: readonly unknown[]) => values.map(String).sort()

/** Guests, nodes, storages and pools as recorded, beside what `ls` tells after a sync. */
async function expectJustTheRecorded(set: string, home: string) {
  const resources = recorded(set, '/cluster/resources')
  const of = (...types: string[]) => resources.filter(({ type }) => types.includes(type))
  const sync = await ask(home, 'sync')
  expect(sync).toMatchObject({ status: 0, answer: { card: { table: { rows: [{ state: 'ok' }] } } } })

  const guests = await rowsOf(home, 'ls')
  expect(
    sorted(
      guests.map(
        (row: { vmid: number; name: string; node: string }) => `${row.vmid} ${row.name} ${row.node}`,
      ),
    ),
  ).toEqual(sorted(of('qemu', 'lxc').map((row) => `${row.vmid} ${row.name} ${row.node}`)))
  const nodes = await rowsOf(home, 'ls', 'nodes')
  expect(sorted(nodes.map((row: { name: string; state: string }) => `${row.name} ${row.state}`))).toEqual(
    sorted(recorded(set, '/nodes').map((row) => `${row.node} ${row.status}`)),
  )
  const storages = await rowsOf(home, 'ls', 'storages')
  const listed = of('storage').map((row) => `${row.storage} ${row.shared === 1 ? 'shared' : row.node}`)
  const enabled = storages.filter((row: { state: string }) => row.state !== 'disabled')
  expect(sorted(enabled.map((row: { name: string; node: string }) => `${row.name} ${row.node}`))).toEqual(
    sorted([...new Set(listed)]),
  )
  const pools = await rowsOf(home, 'ls', 'pools')
  expect(sorted(pools.map((row: { name: string }) => row.name))).toEqual(
    sorted(of('pool').map((row) => row.pool)),
  )
  return { guests, storages }
}

describe('one node, all rights', () => {
  it('init, sync, ls and show of every guest: exactly what was recorded', async () => {
    const home = await connect('one-node')

    const { guests, storages } = await expectJustTheRecorded('one-node', home)

    expect(guests.filter((row: { kind: string }) => row.kind === 'VM')).toHaveLength(11)
    expect(guests.filter((row: { kind: string }) => row.kind === 'CT')).toHaveLength(4)
    expect(storages.find((row: { name: string }) => row.name === 'archive-nfs')).toMatchObject({
      state: 'disabled',
      node: 'shared',
    })
    for (const row of recorded('one-node', '/cluster/resources').filter(
      ({ type }) => type === 'qemu' || type === 'lxc',
    )) {
      const listed = guests.find((guest: { vmid: number }) => guest.vmid === row.vmid)
      expect(listed).toMatchObject({
        tags: row.tags ?? '',
        pool: row.pool ?? null,
        lock: row.lock ?? null,
        maxmem: row.maxmem,
        state: row.template === 1 ? 'template' : row.lock === 'suspended' ? 'suspended' : row.status,
      })
      const { status, answer } = await ask(home, 'show', String(row.vmid))
      expect({ vmid: row.vmid, status }).toEqual({ vmid: row.vmid, status: 0 })
      expect(answer.card.heading).toContain(`${row.name} (${row.type === 'qemu' ? 'VM' : 'CT'} ${row.vmid})`)
      expect(answer.card.sources).toMatchObject([{ cluster: 'lab', kind: 'live' }])
    }
  }, 60_000)

  it('a second sync finds nothing different', async () => {
    const home = await connect('one-node')
    await ask(home, 'sync')

    await ask(home, 'sync')

    expect(await rowsOf(home, 'history')).toEqual([])
  })

  it('metrics, tasks, doctor', async () => {
    const home = await connect('one-node')

    const metrics = await ask(home, 'metrics', '100')
    const tasks = await rowsOf(home, 'task', 'ls', '--limit', '100')
    const doctor = await ask(home, 'doctor', 'pve')

    expect(metrics.answer.card.charts[0].series.map((series: { label: string }) => series.label)).toEqual(
      expect.arrayContaining(['cpu', 'memory']),
    )
    expect(tasks).toHaveLength(recorded('one-node', '/cluster/tasks').length)
    expect(doctor.status).toBe(0)
  })
})

describe('two nodes', () => {
  it('sync and ls: exactly what was recorded', async () => {
    const home = await connect('two-node')

    const { guests } = await expectJustTheRecorded('two-node', home)

    expect(new Set(guests.map((row: { node: string }) => row.node))).toEqual(new Set(['pve1', 'pve2']))
  })

  it('one of them off, no quorum: what was known is kept, and said', async () => {
    const home = await connect('node2off')

    await expectJustTheRecorded('node2off', home)
    const { answer } = await ask(home, 'status')

    expect(answer.card.heading).toMatch(/^lab: no quorum, 1 of 2 nodes online/)
  })
})

describe('with less rights', () => {
  const levels = Object.keys(manifest.sets).filter((name) => name.startsWith('level-'))

  it('all eight levels are there', () => {
    expect(levels).toHaveLength(8)
  })

  it.each(levels)('%s: sync and ls show exactly what that token sees', async (set) => {
    const home = await connect(set)

    await expectJustTheRecorded(set, home)
  })
})

it('the endpoints that were read are known, and what was not recorded is few', async () => {
  const home = await connect('one-node')
  await ask(home, 'sync')
  await ask(home, 'show', '100')

  expect(replay.unanswered()).toEqual([])
})
