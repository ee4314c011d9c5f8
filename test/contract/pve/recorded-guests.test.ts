import { afterEach, describe, expect, it } from '@jest/globals'
import type { PowerVerb } from '../../../src/core/power.js'
import type { GuestPlace, PveCluster } from '../../../src/ports/pve.js'
import { pveConnector } from '../../../src/pve/connector.js'
import { loadRecordings } from '../../fakes/pve-replay/recordings.js'
import { type ReplayServer, startReplay } from '../../fakes/pve-replay/server.js'
import { parseForm } from '../../schema/request.js'
import { validateRequest } from '../../schema/validate.js'
import { outageOf, testClock } from '../../unit/pve/support.js'
import { ct, factsOf, vm } from './support.js'

const opened: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const one of opened.splice(0).reverse()) await one.close()
})

async function replay(set: string): Promise<{ readonly server: ReplayServer; readonly cluster: PveCluster }> {
  const server = await startReplay({ set })
  const cluster = pveConnector({ clock: testClock(), random: () => 0 }).connect({
    name: 'lab',
    endpoints: [server.endpoint],
    tls: { kind: 'ca', pem: server.caPem },
    token: server.token,
    operateToken: server.token,
  })
  opened.push(server, cluster)
  return { server, cluster }
}

const isPower = (url: string): boolean =>
  /^\/api2\/json\/nodes\/\w+\/(?:qemu|lxc)\/\d+\/status\/(?:start|resume|shutdown|stop|reboot|reset|suspend)$/.test(
    url,
  )

/** Power verbs as they were recorded with a good token, and only with parameters that we send as well. */
const RECORDED = loadRecordings().filter(
  ({ method, url, token, sent, status }) =>
    method === 'POST' &&
    isPower(url) &&
    token !== 'cookie' &&
    token !== null &&
    status !== null &&
    !/foo|skiplock|forceStop|todisk|soon|-5/.test(sent ?? ''),
)

function callOf(url: string, sent: string) {
  const [, , , , node = '', kind, vmid, , verb] = url.split('/')
  const { timeout, 'overrule-shutdown': overrule } = parseForm(sent)
  const place: GuestPlace = kind === 'lxc' ? ct(Number(vmid), node) : vm(Number(vmid), node)
  return {
    ...place,
    verb: verbOf(verb),
    timeout: timeout === undefined ? null : Number(timeout),
    overruleShutdown: overrule === '1',
    notAfter: Number.POSITIVE_INFINITY,
  }
}

function verbOf(text = ''): PowerVerb {
  switch (text) {
    case 'start':
    case 'resume':
    case 'shutdown':
    case 'stop':
    case 'reboot':
    case 'reset':
    case 'suspend':
      return text
    default:
      throw new Error(`no verb: ${text}`)
  }
}

describe('what a real cluster answered to power verbs', () => {
  it('was recorded for nearly every verb', () => {
    const verbs = new Set(RECORDED.map(({ url }) => url.replace(/^.*\/(qemu|lxc)\/\d+\/status/, '$1')))
    expect([...verbs].sort()).toEqual([
      ...['lxc/reboot', 'lxc/resume', 'lxc/shutdown', 'lxc/start', 'lxc/stop', 'lxc/suspend'],
      ...[
        'qemu/reboot',
        'qemu/reset',
        'qemu/resume',
        'qemu/shutdown',
        'qemu/start',
        'qemu/stop',
        'qemu/suspend',
      ],
    ])
  })

  it.each(RECORDED.map((recording) => [recording.name, recording] as const))(
    '%s',
    async (name, recording) => {
      const { server, cluster } = await replay('one-node')
      server.replayChange(name)
      const call = callOf(recording.url, recording.sent ?? '')
      const answer = cluster.operate?.power(call)
      if (answer === undefined) throw new Error('no token for changes')
      const { status, reason } = recording
      if (status === 200) {
        expect(recording.body).toContain(`"${await answer}"`)
      } else {
        const outage = await outageOf(answer)
        expect(outage).toMatchObject({ status, message: reason, node: call.node, ambiguous: false })
        expect(outage.kind).toBe(expectedKind(status, reason ?? ''))
      }
      const [sent, ...more] = server.requests()
      expect(more).toEqual([])
      expect(sent?.body).toEqual(parseForm(recording.sent ?? ''))
      if (sent !== undefined)
        for (const version of ['8.4', '9.2'] as const) expect(validateRequest(version, sent)).toEqual([])
    },
  )
})

function expectedKind(status: number | null, reason: string): string {
  if (status === 595) return 'nodeDown'
  if (status === 403) return 'forbidden'
  if (reason.includes('quorum')) return 'quorum'
  return 'state'
}

const ACTIVE = '/nodes/pve1/tasks?limit=500&source=active'

describe('facts out of what a real cluster answered', () => {
  it('a VM and a container', async () => {
    const { server, cluster } = await replay('one-node')
    server.replaceWith(ACTIVE, 'tasks.active')
    const machine = await factsOf(cluster, vm(106))
    expect(machine).toMatchObject({
      name: 'snappy',
      quorate: { kind: 'known', value: true },
      snapshots: { kind: 'known', value: ['after_upgrade', 'before-upgrade'] },
      configDigest: { kind: 'known' },
      activeTasks: { kind: 'known', value: [] },
      mark: { kind: 'vm' },
    })
    if (machine.mark.kind !== 'vm') throw new Error('no mark')
    expect(machine.mark.created).toBeGreaterThan(1_795_000_000)
    expect(machine.mark.uuid).toMatch(/^[0-9a-f-]{36}$/)
    expect(machine.mark.vmgenid).toMatch(/^[0-9a-f-]{36}$/)
    expect(machine.nodeTime).toBeGreaterThan(1_795_000_000)
    const container = await factsOf(cluster, ct(200))
    expect(container).toMatchObject({ name: 'ct-proxy', power: 'running', tags: ['prod', 'proxy'] })
    expect(container.mark.kind === 'ct' && container.mark.addresses[0]).toMatch(
      /^(?:[0-9A-F]{2}:){5}[0-9A-F]{2}$/,
    )
    expect(await factsOf(cluster, vm(107))).toMatchObject({
      activeTasks: { value: [{ type: 'qmshutdown', user: 'root@pam!full', status: null }] },
    })
    expect(server.unanswered()).toEqual([])
  })

  it('every guest of the laboratory', async () => {
    const { server, cluster } = await replay('one-node')
    server.replaceWith(ACTIVE, 'tasks.active')
    const { guests } = await cluster.inventory.read({ isKnown: () => false, tasksSince: null })
    const readings = await cluster.guests.facts(guests)
    expect(readings.map((one) => (one.kind === 'facts' ? one.facts.vmid : one))).toEqual(
      guests.map(({ vmid }) => vmid),
    )
    const facts = readings.flatMap((one) => (one.kind === 'facts' ? [one.facts] : []))
    expect(facts.filter(({ mark }) => mark.kind === 'unknown').map(({ vmid }) => vmid)).toEqual([])
    expect(facts.filter(({ template }) => template).map(({ vmid }) => vmid)).toEqual([104])
    expect(facts.find(({ vmid }) => vmid === 108)?.lock).toBe('backup')
    const isProtected = facts.filter(({ protection }) => protection.kind === 'known' && protection.value)
    expect(isProtected.map(({ vmid }) => vmid)).toEqual([109, 203])
  })

  it('a node that is off', async () => {
    const { server, cluster } = await replay('node2off')
    const place = ct(250, 'pve2')
    expect(await cluster.guests.facts([place])).toMatchObject([
      { kind: 'unreadable', place, nodeOnline: false, quorate: { kind: 'known', value: false } },
    ])
    expect(server.requests().some(({ path }) => path.includes('/pve2/'))).toBe(false)
  })

  it.each(['level-nobody', 'level-ops'])('the rights of %s do not make a guest gone', async (set) => {
    const { server, cluster } = await replay(set)
    server.replace('/access/permissions?path=/vms/108', { data: { '/vms/108': {} } })
    const [reading] = await cluster.guests.facts([vm(108)])
    expect(reading).toMatchObject({ kind: 'unreadable', outage: { privilege: { name: 'VM.Audit' } } })
  })
})
