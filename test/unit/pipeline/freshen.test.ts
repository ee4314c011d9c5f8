import { describe, expect, it } from '@jest/globals'
import { refuse } from '../../../src/core/refusal.js'
import { freshen } from '../../../src/pipeline/freshen.js'
import type { InventoryStore, SyncRun } from '../../../src/ports/store/inventory.js'
import type { SyncOutcome } from '../../../src/ports/sync.js'

const NOW = new Date('2026-03-01T10:00:00.000Z')
const ago = (seconds: number) => new Date(NOW.getTime() - seconds * 1000).toISOString()
const run = (seconds: number, status: 'ok' | 'failed' = 'ok'): SyncRun => ({
  id: 1,
  cluster: 'lab',
  startedAt: ago(seconds),
  finishedAt: ago(seconds),
  status,
  code: status === 'ok' ? null : 'cluster_unreachable',
  message: status === 'ok' ? null : 'It was down.',
  guests: 0,
  nodes: 0,
  storages: 0,
  pools: 0,
  changes: 0,
  warnings: [],
})
const DOWN: SyncOutcome = {
  kind: 'failed',
  cluster: 'lab',
  refusal: refuse('cluster_unreachable', 'It is down.', 'Wait.'),
}
const UP: SyncOutcome = {
  kind: 'synced',
  cluster: 'lab',
  runId: 2,
  at: ago(0),
  first: false,
  changes: 0,
  guests: 0,
  nodes: 0,
  storages: 0,
  pools: 0,
  tasks: 0,
  warnings: [],
}

/** Newest run first; `outcome` is what a sync would give. */
async function fresh(runs: readonly SyncRun[], outcome: SyncOutcome) {
  const synced: string[] = []
  const store: Pick<InventoryStore, 'runs' | 'base'> = { runs: async () => runs, base: async () => null }
  const result = await freshen(['lab'], {
    store,
    syncer: {
      sync: async (cluster) => {
        synced.push(cluster)
        return outcome
      },
    },
    now: NOW,
    signal: new AbortController().signal,
    progress: () => {},
  })
  return { result, synced }
}

describe('before a query', () => {
  it.each([
    ['a picture of a minute ago is new enough', [run(60)], []],
    ['one of three minutes ago is read again', [run(180)], ['lab']],
    ['a cluster that was never read is read', [], ['lab']],
    ['after a failure just now it is not tried again', [run(5, 'failed'), run(300)], []],
    ['after a failure a while ago it is', [run(30, 'failed'), run(300)], ['lab']],
    ['without any picture it is, whatever failed', [run(5, 'failed')], ['lab']],
  ])('%s', async (_, runs, expected) => {
    expect((await fresh(runs, UP)).synced).toEqual(expected)
  })

  it('a reading from the future, made before the clock was set back, is not fresh', async () => {
    expect((await fresh([run(-3600)], UP)).synced).toEqual(['lab'])
  })

  it('an old picture is used, with the reason, when it cannot be read again', async () => {
    const { result } = await fresh([run(300)], DOWN)

    expect(result).toEqual({ kind: 'fresh', staleBecause: new Map([['lab', 'It is down.']]) })
  })

  it('a failure just now is the reason that is said', async () => {
    const { result } = await fresh([run(5, 'failed'), run(300)], UP)

    expect(result).toEqual({ kind: 'fresh', staleBecause: new Map([['lab', 'It was down.']]) })
  })

  it('without any picture the query is refused', async () => {
    const { result } = await fresh([], DOWN)

    expect(result).toMatchObject({ kind: 'no_picture', refusal: { code: 'cluster_unreachable' } })
  })
})
