import { type Card, card, type Series } from '../../../src/core/card.js'
import { column, fact, liveSource, syncedSource } from '../../../src/core/facts.js'
import { refuse } from '../../../src/core/refusal.js'

export const NOW = new Date('2026-03-12T14:03:50Z')
const AT = '2026-03-12T14:03:12.000Z'
const GIB = 2 ** 30

export const statusSample: Card = card({
  heading: 'lab: quorate, 2 of 3 nodes online, 14 guests (9 running)',
  tone: 'warning',
  sections: [
    {
      title: 'Nodes',
      table: {
        columns: [
          column('node', 'node', 'text', 0),
          column('state', 'state', 'state', 0),
          column('guests', 'running', 'text', 1),
          column('cpu', 'cpu', 'ratio', 1),
          column('memory', 'memory', 'ratio', 1),
          column('disk', 'disk', 'ratio', 3),
          column('uptime', 'uptime', 'seconds', 2),
        ],
        rows: [
          {
            node: 'pve1',
            state: 'online',
            guests: '5 of 6',
            cpu: 0.1234,
            memory: 0.61,
            disk: 0.2,
            uptime: 1_234_567,
          },
          {
            node: 'pve2',
            state: 'online',
            guests: '4 of 4',
            cpu: 0.004,
            memory: 0.94,
            disk: 0.41,
            uptime: 86_400 * 2 + 60,
          },
          {
            node: 'pve3',
            state: 'offline',
            guests: '? of 4',
            cpu: null,
            memory: null,
            disk: null,
            uptime: null,
          },
        ],
        empty: 'No node is visible.',
      },
    },
    {
      title: 'Worth a look',
      table: {
        columns: [
          column('what', 'what', 'text', 0),
          column('state', 'state', 'state', 0),
          column('note', 'note', 'text', 1),
        ],
        rows: [
          { what: '104 build-02', state: 'paused', note: '' },
          { what: '110 mail', state: 'running', note: 'locked: backup' },
          { what: 'nas on pve3', state: 'unknown', note: 'storage out of reach' },
        ],
        empty: '',
      },
    },
  ],
  sources: [syncedSource({ cluster: 'lab', at: AT })],
})

const STATES = [
  'running',
  'running',
  'running',
  'stopped',
  'paused',
  'template',
  'suspended',
  'running',
] as const

export function listSample(guests: number): Card {
  const rows = Array.from({ length: guests }, (_, i) => {
    const state = STATES[i % STATES.length] ?? 'running'
    const up = state === 'running'
    const names = [
      'web',
      'db',
      'cache',
      'ci-runner',
      'monitoring-prometheus',
      'mail',
      '邮件服务器',
      'k8s-worker',
    ]
    return {
      name: `${names[i % names.length]}-${String(i + 1).padStart(2, '0')}`,
      vmid: 100 + i,
      state,
      kind: i % 3 === 0 ? 'CT' : 'VM',
      node: `pve${(i % 3) + 1}`,
      cpu: up ? ((i * 37) % 100) / 97 : null,
      memory: up ? ((i % 7) + 0.5) * GIB : null,
      maxmem: 2 ** (i % 5) * GIB,
      uptime: up ? 3600 * (i + 1) * 1.7 : null,
      tags: i % 4 === 0 ? 'prod;web' : i % 4 === 1 ? 'staging' : '',
      pool: i % 5 === 0 ? 'customers' : null,
      lock: i === 11 ? 'backup' : null,
    }
  })
  return card({
    heading: `${guests} guests, ${rows.filter(({ state }) => state === 'running').length} running`,
    table: {
      columns: [
        column('name', 'name', 'text', 0),
        column('vmid', 'id', 'text', 0),
        column('state', 'state', 'state', 0),
        column('kind', 'kind', 'text', 3),
        column('node', 'node', 'text', 1),
        column('cpu', 'cpu', 'ratio', 2),
        column('memory', 'memory', 'bytes', 2),
        column('maxmem', 'of', 'bytes', 4),
        column('uptime', 'uptime', 'seconds', 5),
        column('tags', 'tags', 'tags', 4),
        column('pool', 'pool', 'text', 6),
        column('lock', 'lock', 'text', 6),
      ],
      rows,
      empty: 'There is no guest.',
    },
    sources: [syncedSource({ cluster: 'lab', at: AT })],
  })
}

export const showSample: Card = card({
  heading: 'web-01 (VM 101) is running on pve1',
  tone: 'good',
  facts: [
    fact('state', 'running', 'state'),
    fact('uptime', 276_543, 'seconds'),
    fact('cpu', 0.1234, 'ratio', { note: 'of 4 cores' }),
    fact('memory', 1.5 * GIB, 'bytes', { note: 'of 4.0 GiB' }),
    fact('disk', 32 * GIB, 'bytes'),
    fact('pool', null),
    fact('tags', 'prod;web', 'tags'),
    fact('high availability', 'not managed'),
    fact('lock', 'backup', 'text', { tone: 'warning' }),
    fact('addresses', 'unknown', 'text', {
      tone: 'muted',
      note: 'the guest agent does not answer',
    }),
  ],
  sections: [
    { title: 'Notes', text: 'Front end of the shop.\n\n  * owner: web team\n  * do not reboot on Fridays\n' },
    {
      title: 'Snapshots',
      table: {
        columns: [
          column('name', 'name', 'text', 0),
          column('time', 'taken', 'time', 0),
          column('memory', 'with memory', 'text', 2),
          column('description', 'description', 'text', 1),
        ],
        rows: [
          {
            name: 'before_upgrade',
            time: '2026-03-02T09:15:00Z',
            memory: 'no',
            description: 'Debian 12 to 13',
          },
          { name: 'golden', time: '2025-11-20T18:00:00Z', memory: 'yes', description: null },
        ],
        empty: '',
      },
    },
    {
      title: 'Configuration',
      table: {
        columns: [column('key', 'setting', 'text', 0), column('value', 'value', 'text', 0)],
        rows: [
          { key: 'agent', value: '1' },
          { key: 'cores', value: 4 },
          { key: 'memory', value: '4096' },
          { key: 'net0', value: 'virtio=BC:24:11:9A:3F:01,bridge=vmbr0,firewall=1,tag=20' },
          {
            key: 'scsi0',
            value:
              'local-lvm:vm-101-disk-0,cache=writeback,discard=on,iothread=1,size=32G,ssd=1,backup=1,aio=io_uring',
          },
        ],
        empty: 'It is empty.',
      },
    },
  ],
  actions: [
    { label: 'load over time', words: 'metrics 101' },
    { label: 'what changed', words: 'history 101' },
  ],
  sources: [liveSource('lab', '2026-03-12T14:03:49.000Z')],
})

function wave(points: number, low: number, high: number, seed: number): (number | null)[] {
  return Array.from({ length: points }, (_, i) => {
    if (seed === 1 && i > 20 && i < 26) return null
    const share = (Math.sin(i / (5 + seed)) + Math.sin(i / (2.3 + seed)) / 2 + 1.5) / 3
    return low + (high - low) * share
  })
}

const series = (label: string, unit: Series['unit'], values: Series['values'], limit?: number): Series => ({
  label,
  unit,
  values,
  ...(limit === undefined ? {} : { limit }),
})

export const metricsSample: Card = card({
  heading: 'web-01: the last hour',
  charts: [
    {
      title: 'The last hour',
      from: '2026-03-12T13:04:00.000Z',
      to: '2026-03-12T14:03:00.000Z',
      stepSeconds: 60,
      series: [
        series('cpu', 'ratio', wave(60, 0.02, 0.64, 1)),
        series('memory', 'bytes', wave(60, 1.4 * GIB, 1.9 * GIB, 2), 4 * GIB),
        series('network in', 'bytes_per_second', wave(60, 1200, 4_300_000, 3)),
        series('network out', 'bytes_per_second', wave(60, 800, 990_000, 4)),
        series('disk read', 'bytes_per_second', wave(60, 0, 0, 5)),
        series('load', 'count', wave(60, 0.1, 3.7, 6)),
      ],
    },
  ],
  sources: [liveSource('lab', '2026-03-12T14:03:49.000Z')],
})

export const refusalSample = refuse(
  'ambiguous_guest',
  '`web` is the name of 2 guests.',
  'Name one by its number: `show 101`.',
  ['101 web (VM on pve1, running)', '204 web (CT on pve3, stopped)'],
)

export const doctorSample: Card = card({
  heading: '1 check failed',
  tone: 'danger',
  table: {
    columns: [
      column('subject', 'check', 'text', 0),
      column('state', 'state', 'state', 0),
      column('finding', 'finding', 'text', 0),
    ],
    rows: [
      { subject: 'config', state: 'ok', finding: '.proxmox/config.yml is valid' },
      {
        subject: 'store',
        state: 'warning',
        finding:
          'The database is 612 MiB; its oldest history is 412 days old, and nothing limits it. Reading it takes longer with every sync.',
      },
      {
        subject: 'lab: token',
        state: 'failed',
        finding: 'The token lacks VM.Audit on /vms/104 and Sys.Audit on /nodes/pve2.',
      },
    ],
    empty: '',
  },
  sections: [
    {
      title: 'What to do',
      text: 'store: set history.keep in the config.\nlab: token: run the script below on a node as root.',
    },
  ],
  code: {
    language: 'sh',
    text: "pveum role modify ProxmoxMPC-read --privs 'VM.Audit,Sys.Audit,Datastore.Audit,Pool.Audit,SDN.Audit,Mapping.Audit'\npveum acl modify / --tokens 'mpc@pve!read' --roles ProxmoxMPC-read\n",
  },
  sources: [
    { cluster: 'lab', kind: 'live', at: '2026-03-12T14:03:49.000Z' },
    {
      cluster: 'office',
      kind: 'synced',
      at: '2026-03-10T02:00:00.000Z',
      note: 'Cluster office cannot be reached.',
    },
    { cluster: 'edge', kind: 'synced', at: null, note: 'The certificate of cluster edge is not trusted.' },
  ],
})

export const helpSample: Card = card({
  heading: 'Commands',
  text: 'Type a command as it stands here; `help COMMAND` explains one. Guests go by name or number.',
  sections: [
    {
      title: 'Guests',
      table: {
        columns: [column('command', 'command', 'text', 0), column('summary', 'what it does', 'text', 0)],
        rows: [
          {
            command:
              'ls [guests|vms|containers|nodes|storages|pools] [GUESTS…] [--sort id|name|node|state|cpu|memory] [--limit LIMIT]',
            summary: 'Guests, nodes, storages or pools',
          },
          { command: 'show NAME', summary: 'One guest, node, storage or pool, read live' },
        ],
        empty: '',
      },
    },
  ],
  actions: [{ label: 'the whole cluster', words: 'status' }],
})
