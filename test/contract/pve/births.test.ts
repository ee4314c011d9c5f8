import { afterEach, expect, it } from '@jest/globals'
import type { Task } from '../../../src/core/resource.js'
import type { Known, PveCluster } from '../../../src/ports/pve.js'
import type { ControlClient } from '../../../src/simulator/control-client.js'
import { type Lab, openLab, READ, violations } from './support.js'

/** What was done to containers, as nodes tell it. */

const opened: Lab[] = []
afterEach(async () => {
  for (const lab of opened.splice(0)) await lab.close()
})

async function open() {
  const lab = await openLab({ nodes: 3 })
  opened.push(lab)
  return { ...lab, cluster: lab.connect() }
}

const birthsOn = ({ tasks }: PveCluster, node: string | null, since = 0) => tasks.births(node, since)
const told = (births: Known<readonly Task[]>) =>
  births.kind === 'known' ? births.value.map(({ type, id }) => `${type} ${id}`) : births.why
const secondsOf = async (control: ControlClient) => Math.floor(Date.parse((await control.state()).now) / 1000)
const lists = ({ seen }: Lab) => seen.filter(({ path }) => path.endsWith('/tasks'))

it('create, restore, destroy and migrate, of containers alone, since a time', async () => {
  const { cluster, control } = await open()
  const since = await secondsOf(control)
  await control.change({
    kind: 'create',
    vmid: 250,
    guestKind: 'lxc',
    name: 'ct',
    node: 'pve1',
    running: true,
  })
  await control.change({ kind: 'create', vmid: 150, name: 'vm', node: 'pve1', running: true })
  await control.change({ kind: 'restore-over', vmid: 250, by: 'web-ui' })
  await control.change({ kind: 'power', vmid: 250, to: 'on' })
  await control.change({ kind: 'migrate', vmid: 250, node: 'pve2' })
  await control.change({ kind: 'destroy', vmid: 250 })

  const here = told(await birthsOn(cluster, 'pve1', since))
  expect([...here].sort()).toEqual(['vzcreate 250', 'vzmigrate 250', 'vzrestore 250'])
  expect(told(await birthsOn(cluster, 'pve2', since))).toEqual(['vzdestroy 250'])
  expect(told(await birthsOn(cluster, null, since))).toHaveLength(4)
  expect(told(await birthsOn(cluster, null, since + 1000))).toEqual([])
})

it('one list per node serves all who ask while none is under way, and the next all who come meanwhile', async () => {
  const here = await open()
  await Promise.all(Array.from({ length: 20 }, () => birthsOn(here.cluster, 'pve1', 1_795_000_020)))
  expect(lists(here)).toHaveLength(2)
  await birthsOn(here.cluster, null, 1_795_000_020)
  expect(lists(here)).toHaveLength(5)
  expect(violations(here.seen)).toEqual([])
})

it('are unknown where a list is cut to the own tasks, or a node cannot tell', async () => {
  const { cluster, control } = await open()
  await control.fault({ kind: 'revoke', token: READ, path: '/nodes/pve1', privileges: ['Sys.Audit'] })
  expect(told(await birthsOn(cluster, 'pve1'))).toBe('the token lacks Sys.Audit on /nodes/pve1')
  expect(Array.isArray(told(await birthsOn(cluster, 'pve2')))).toBe(true)

  await control.fault({ kind: 'node-offline', node: 'pve3' })
  expect(told(await birthsOn(cluster, null))).toBe('node pve3 is offline')
  expect(told(await birthsOn(cluster, 'pve3'))).toMatch(/^node pve3: the node cannot be reached/)
})

it('are found among more tasks than a list holds, as far back as the node remembers', async () => {
  const here = await open()
  const { cluster, control } = here
  await control.change({ kind: 'power', vmid: 101, to: 'off' })
  await control.clock({ advanceSeconds: 600 })
  const since = await secondsOf(control)
  await control.change({
    kind: 'create',
    vmid: 250,
    guestKind: 'lxc',
    name: 'ct',
    node: 'pve1',
    running: true,
  })
  // Some, which a node may have begun to forget, and more than are listed.
  for (const many of [200, 310]) {
    for (let n = 0; n < many; n++)
      await control.change({ kind: 'power', vmid: 101, to: n % 2 === 0 ? 'on' : 'off' })
    expect(told(await birthsOn(cluster, 'pve1', since))).toEqual(['vzcreate 250'])
    expect(told(await birthsOn(cluster, 'pve1', 0))).toMatch(/does not remember/)
  }
  expect(violations(here.seen)).toEqual([])
}, 60_000)
