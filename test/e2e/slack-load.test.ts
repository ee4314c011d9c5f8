import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { OPS, PEOPLE, type SlackLab, startSlackLab } from '../support/slack-lab.js'

let lab: SlackLab
beforeAll(async () => {
  lab = await startSlackLab('socket')
}, 60_000)
afterAll(() => lab.close())

it('500 commands at once, while Proxmox VE hangs and 200 guests are being started, are all acknowledged in time', async () => {
  const vmids = Array.from({ length: 200 }, (_, n) => 7000 + n)
  for (const vmid of vmids)
    await lab.control.change({
      kind: 'create',
      vmid,
      name: `bulk-${vmid}`,
      node: 'pve1',
      tags: 'bulk',
      running: false,
    })
  await (await lab.slack.slash(PEOPLE.alice, OPS, 'sync')).answer(20_000)
  await lab.slack.slash(PEOPLE.alice, OPS, 'start tag=bulk --parallel 4')
  await lab.slack.until(
    () => lab.slack.messages(OPS).some(({ text }) => text.includes('running')),
    'it runs',
    30_000,
  )
  await lab.control.fault({ kind: 'slow', ms: 20_000, path: '.*', count: 2000 })

  const words = ['ls nodes', 'show 101', 'whoami', 'help', 'approvals']
  const seen = await Promise.all(
    Array.from({ length: 500 }, (_, n) =>
      lab.slack.slash(PEOPLE.dave, OPS, words[n % words.length] ?? 'help'),
    ),
  )
  await lab.control.clear()

  expect(seen.filter(({ acked }) => !acked)).toEqual([])
  expect(lab.slack.violations()).toEqual([])
}, 120_000)
