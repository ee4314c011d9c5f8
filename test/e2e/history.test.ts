import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { ask as exec } from '../support/inside.js'
import { type Lab, startLab } from '../support/lab.js'

let lab: Lab
beforeEach(async () => {
  lab = await startLab()
  await lab.ready()
  await exec(lab.home, 'sync')
})
afterEach(() => lab.simulator.close())

type Line = { readonly change: string }
const history = async (name: string): Promise<readonly string[]> => {
  const { answer } = await exec(lab.home, 'history', name)
  if (!answer.ok) throw new Error(JSON.stringify(answer))
  return answer.card.table.rows.map((row: Line) => row.change).reverse()
}
const having = async (...changes: Parameters<Lab['control']['change']>[0][]) => {
  for (const change of changes) await lab.control.change(change)
  await exec(lab.home, 'sync')
}

describe('history tells just what happened', () => {
  it('renamed, migrated, re-tagged and stopped', async () => {
    await having({ kind: 'rename', vmid: 101, name: 'shop-01' })
    await having({ kind: 'migrate', vmid: 101, node: 'pve3' })
    await having({ kind: 'tags', vmid: 101, tags: 'prod;shop' })
    await having({ kind: 'power', vmid: 101, to: 'off' })

    expect(await history('shop-01')).toEqual([
      'renamed: web-01 → shop-01',
      'moved: pve1 → pve3',
      'tags: prod;web → prod;shop',
      'state: running → stopped',
    ])
  })

  it('re-created under the same number, its tasks seen', async () => {
    await having({ kind: 'power', vmid: 101, to: 'off' }, { kind: 'recreate', vmid: 101 })

    expect(await history('101')).toEqual(['re-created: VM web-01 → VM web-01'])
  })

  it('re-created with another name', async () => {
    await having({ kind: 'power', vmid: 101, to: 'off' }, { kind: 'recreate', vmid: 101, name: 'other' })

    expect(await history('101')).toEqual(['re-created: VM web-01 → VM other'])
  })

  it('re-created as a container, by hand, with no task', async () => {
    await having({ kind: 'recreate', vmid: 101, guestKind: 'lxc', name: 'box', by: 'config-file' })

    expect(await history('101')).toEqual(['re-created: VM web-01 → CT box'])
    const { answer } = await exec(lab.home, 'ls', 'name=box')
    expect(answer.card.table.rows).toMatchObject([{ vmid: 101, kind: 'CT' }])
    expect((await exec(lab.home, 'ls', 'name=web-01')).answer.card.table.rows).toEqual([])
  })

  it('removed; it is still told by name and number', async () => {
    await having({ kind: 'power', vmid: 101, to: 'off' })
    await having({ kind: 'destroy', vmid: 101 })

    expect(await history('101')).toEqual(['state: running → stopped', 'removed'])
    expect(await history('web-01')).toEqual(['state: running → stopped', 'removed'])
    expect((await exec(lab.home, 'show', 'web-01')).answer.code).toBe('unknown_resource')
  })

  it('a node down for an hour adds no line to its guests', async () => {
    const { answer } = await exec(lab.home, 'ls', 'node=pve2')
    const vmids = answer.card.table.rows.map((row: { vmid: number }) => String(row.vmid))
    await lab.control.fault({ kind: 'node-offline', node: 'pve2' })
    await exec(lab.home, 'sync')
    await lab.control.clock({ advanceSeconds: 3600 })
    await exec(lab.home, 'sync')
    await lab.control.fault({ kind: 'node-online', node: 'pve2' })
    await exec(lab.home, 'sync')

    expect(vmids.length).toBeGreaterThan(2)
    for (const vmid of vmids) expect(await history(vmid)).toEqual([])
    expect(await history('node/pve2')).toEqual(['state: online → offline', 'state: offline → online'])
  })

  it('an unchanged sync adds none', async () => {
    await exec(lab.home, 'sync')

    const { answer } = await exec(lab.home, 'history')

    expect(answer.card.table.rows).toEqual([])
  })
})

describe('diff', () => {
  it('leaves out what changed back', async () => {
    await having({ kind: 'tags', vmid: 101, tags: 'tmp' })
    await having(
      { kind: 'tags', vmid: 101, tags: 'prod;web' },
      { kind: 'rename', vmid: 102, name: 'web-two' },
    )

    const { answer } = await exec(lab.home, 'diff', '1h')

    expect(answer.card.heading).toBe('1 difference')
    expect(answer.card.sections[0].table.rows).toEqual([
      { thing: '102 web-two', change: 'renamed: web-02 → web-two' },
    ])
  })
})
