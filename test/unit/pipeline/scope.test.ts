import { describe, expect, it } from '@jest/globals'
import type { Operation } from '../../../src/core/operation.js'
import type { Grant } from '../../../src/core/people.js'
import { scopedStores } from '../../../src/pipeline/scope.js'
import { operation } from '../core/operations.js'
import { contextOf, guest, picture } from '../features/support.js'

/** What somebody sees who may read some guests alone. */

const MINE: readonly Grant[] = [{ role: 'operator', scope: { kind: 'guest', cluster: 'lab', vmid: 101 } }]
const PICTURE = picture(
  'lab',
  [101, 102].map((vmid) => guest(vmid, `vm-${vmid}`)),
)

function step(vmid: number): Operation['steps'][number] {
  const [first] = operation().steps
  if (first === undefined) throw new Error('no step')
  return { ...first, cluster: 'lab', vmid }
}

/** Newest first: those of others in front. */
function operations(...vmids: readonly (readonly number[])[]): readonly Operation[] {
  return vmids.map((some, at) => ({ ...operation(), id: vmids.length - at, steps: some.map(step) }))
}

function seen(all: readonly Operation[], person: number | null = null) {
  const asked: number[] = []
  const { stores } = contextOf({ pictures: [PICTURE] })
  const list = async ({ limit }: { readonly limit: number }) => {
    asked.push(limit)
    return all.slice(0, limit)
  }
  const scoped = scopedStores({ ...stores, operations: { ...stores.operations, list } }, MINE, person)
  return { asked, list: scoped.operations.list }
}

describe('operations', () => {
  it('with a guest that they may not read are not there; their own are', async () => {
    const all = operations([101], [101, 102], [102])
    const own = all.at(1)?.requester.personId ?? 0

    expect((await seen(all).list({ limit: 10 })).map(({ id }) => id)).toEqual([3])
    expect((await seen(all, own).list({ limit: 10 })).map(({ id }) => id)).toEqual([3, 2, 1])
  })

  it('are looked for behind those of others', async () => {
    const others = Array.from({ length: 30 }, () => [102])
    const { list, asked } = seen(operations(...others, [101], [101]))

    expect(await list({ limit: 2 })).toHaveLength(2)
    expect(asked).toEqual([2, 8, 32])
  })
})
