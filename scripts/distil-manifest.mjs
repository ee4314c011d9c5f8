// Chooses, per situation and per token, the recording that answers each GET, so that the answers are of one moment
// as far as they were recorded, and writes down what does not fit together.
import { configNotes, disagreements, maxcpuOf } from './distil-coherence.mjs'

const ROOT_TOKEN = 'root@pam!full'

/** The situations with the root token: when, which recordings belong to it, and what it may borrow. */
const SITUATIONS = {
  'one-node': {
    description: 'One node, 11 VMs and 4 containers, every guest read within two seconds.',
    moment: '2026-11-23T09:32:29Z',
    belongs: (answer) => answer.at < '2026-11-23T09:45:00Z',
    pools: ['lab', 'production'],
  },
  'two-node': {
    description: 'The same node in a cluster with pve2, which has VM 150 and CT 250.',
    moment: '2026-11-23T09:46:05Z',
    belongs: (answer) => answer.name.startsWith('c2.'),
    pools: ['lab', 'production'],
  },
  noquorum: {
    description:
      'pve2 has gone and the cluster has no quorum; taken in the minute in which the loss was noticed.',
    moment: '2026-11-23T09:52:15Z',
    belongs: (answer) => answer.name.startsWith('noquorum.'),
    pools: ['lab', 'production'],
  },
  node2off: {
    description: 'The same state as noquorum, some seconds later: pve2 is off.',
    moment: '2026-11-23T09:52:18Z',
    belongs: (answer) => answer.name.startsWith('node2off.'),
    pools: ['lab', 'production'],
  },
}

/** The eight privilege levels, each asked the same questions in one sweep. */
const LEVELS = {
  root: ROOT_TOKEN,
  audit: 'audit@pve!ro',
  ops: 'ops@pve!full',
  'ops-sep': 'ops@pve!bot',
  vmadmin: 'vmadmin@pve!full',
  'vmadmin-sep': 'vmadmin@pve!sep',
  pooler: 'pooler@pve!tt',
  nobody: 'nobody@pve!tt',
}
const LEVEL_MOMENT = '2026-11-23T09:31:41Z'

/** What a two-node situation takes from the one-node time, since nobody asked it again. */
const BORROWED = /^\/(?:storage|pools|pools\?poolid=\w+|access\/permissions|version|cluster\/options)$/
const GUEST_CONFIG = /^\/nodes\/pve1\/(?:qemu|lxc)\/\d+\/config$/
/** Odd spellings of ordinary requests, and answers that were left out. */
const NOT_AN_ANSWER = new Set([
  'gzip',
  'double.slash',
  'trailing.slash',
  'encoded.path',
  'formjson',
  'bigurl',
  'auth.malformed.space',
])

const seconds = (at) => Date.parse(at) / 1000
const apart = (answer, moment) => seconds(answer.at) - seconds(moment)

/** A request's address without the prefix: decoded, the query sorted by name. The replay server uses the same. */
export function addressOf(url) {
  const [path, query] = url.replace(/^\/api2\/json/, '').split('?')
  const pairs = (query ?? '').split('&').filter((pair) => pair !== '' && !pair.startsWith('_dc='))
  const decoded = pairs.map((pair) => decodeURIComponent(pair.replace(/\+/g, ' '))).sort()
  return decodeURIComponent(path) + (decoded.length === 0 ? '' : `?${decoded.join('&')}`)
}

function group(answers) {
  const groups = new Map()
  for (const answer of answers) {
    const address = addressOf(answer.url)
    groups.set(address, [...(groups.get(address) ?? []), answer])
  }
  return groups
}

/** The recording nearest to the moment; a task's status and log are taken last, when it was over. */
function nearest(address, candidates, moment) {
  if (address.includes('/tasks/UPID:')) return candidates.at(-1)
  return [...candidates].sort((a, b) => Math.abs(apart(a, moment)) - Math.abs(apart(b, moment)))[0]
}

function entry(answer, moment, more = {}) {
  const off = apart(answer, moment)
  return { recording: answer.name, ...(Math.abs(off) > 2 ? { seconds: off } : {}), ...more }
}

/** `config?current=1` was asked of one VM only; where nothing is pending, `config` says the same. */
function standIns(chosen, byName) {
  const configs = Object.entries(chosen).filter(
    ([address, value]) =>
      /\/(?:qemu|lxc)\/\d+\/config$/.test(address) && byName.get(value.recording).status === 200,
  )
  return Object.fromEntries(
    configs
      .map(([address, value]) => [
        `${address}?current=1`,
        { ...value, standsFor: 'config without current=1' },
      ])
      .filter(([address]) => chosen[address] === undefined),
  )
}

/** A pool nobody asked for by name: its members are the rows of cluster/resources that name it. */
function derivedPool(poolid, resources) {
  const members = resources.filter((row) => row.pool === poolid && row.type !== 'pool')
  return { derived: 'the rows of cluster/resources with this pool', json: { data: [{ poolid, members }] } }
}

function expectedAddresses(situation, nodes, guests) {
  const ofCluster = ['/version', '/access/permissions', '/cluster/resources', '/cluster/resources?type=vm']
  const more = ['/cluster/status', '/cluster/tasks', '/cluster/options', '/nodes', '/storage', '/pools']
  const ofPools = situation.pools.map((pool) => `/pools?poolid=${pool}`)
  const ofNodes = nodes.flatMap((node) =>
    ['status', 'storage', 'tasks', 'rrddata?timeframe=hour'].map((what) => `/nodes/${node}/${what}`),
  )
  const parts = [
    'status/current',
    'config',
    'config?current=1',
    'pending',
    'snapshot',
    'rrddata?timeframe=hour',
  ]
  const ofGuests = guests.flatMap((guest) => parts.map((part) => `/nodes/${guest.node}/${guest.id}/${part}`))
  return [...ofCluster, ...more, ...ofPools, ...ofNodes, ...ofGuests]
}

const dataOf = (answer) => JSON.parse(answer.body).data

/** A list of the whole cluster taken at another moment would contradict the one of this moment. */
const contradicts = (address, answer, moment) =>
  address.startsWith('/cluster/resources?') && apart(answer, moment) > 5

function choose(situation, mine) {
  const chosen = {}
  const later = []
  for (const [address, candidates] of group(mine)) {
    const best = nearest(address, candidates, situation.moment)
    const fits = !contradicts(address, best, situation.moment)
    if (fits) chosen[address] = entry(best, situation.moment)
    const after = candidates.filter((other) => !fits || (other.at >= best.at && other.body !== best.body))
    later.push(...after.map((other) => ({ address, ...entry(other, situation.moment) })))
  }
  return { chosen, later }
}

/** Of several configs of a guest the one that agrees best with its row, of those the newest. */
function bestConfig(address, candidates, resources) {
  const row = resources.find((guest) => address === `/nodes/${guest.node}/${guest.id}/config`)
  if (row === undefined) return candidates.at(-1)
  const maxcpu = maxcpuOf(resources)
  const points = candidates.map((answer) => configNotes(row, answer, maxcpu).length)
  return candidates[points.lastIndexOf(Math.min(...points))]
}

/** What the one-node time lends: the cluster's own settings, and each guest's config of one moment. */
function borrow(chosen, lenders, situation, resources) {
  const groups = group(lenders)
  const take = (address, answer) => {
    chosen[address] ??= entry(answer, situation.moment, { borrowed: 'one-node' })
  }
  for (const [address, candidates] of groups) {
    if (BORROWED.test(address)) take(address, candidates.at(-1))
    if (!GUEST_CONFIG.test(address) || chosen[address] !== undefined) continue
    const config = bestConfig(address, candidates, resources)
    take(address, config)
    for (const part of ['config?current=1', 'pending', 'snapshot']) {
      const sibling = address.replace(/config$/, part)
      if (groups.has(sibling)) take(sibling, nearest(sibling, groups.get(sibling), config.at))
    }
  }
}

function situationSet(situation, answers, byName) {
  const readable = answers.filter(
    (answer) =>
      answer.method === 'GET' &&
      answer.token === ROOT_TOKEN &&
      answer.url.startsWith('/api2/json/') &&
      answer.leftOut !== true &&
      answer.sent === undefined &&
      !NOT_AN_ANSWER.has(answer.name),
  )
  const { chosen, later } = choose(situation, readable.filter(situation.belongs))
  const resources = dataOf(byName.get(chosen['/cluster/resources'].recording))
  const oneNode = SITUATIONS['one-node']
  if (situation !== oneNode) borrow(chosen, readable.filter(oneNode.belongs), situation, resources)
  for (const pool of situation.pools) chosen[`/pools?poolid=${pool}`] ??= derivedPool(pool, resources)
  Object.assign(chosen, standIns(chosen, byName))
  const guests = resources.filter((row) => row.type === 'qemu' || row.type === 'lxc')
  const nodes = resources.filter((row) => row.type === 'node').map((row) => row.node)
  const expected = expectedAddresses(situation, nodes.sort(), guests)
  return {
    description: situation.description,
    token: ROOT_TOKEN,
    moment: situation.moment,
    missing: expected.filter((address) => chosen[address] === undefined),
    disagreements: disagreements(resources, Object.keys(chosen), (address) => {
      const recording = chosen[address]?.recording
      return recording === undefined ? null : byName.get(recording)
    }),
    answers: sorted(chosen),
    later,
  }
}

function levelSet(alias, token, answers) {
  const mine = answers.filter(
    (answer) =>
      answer.method === 'GET' &&
      answer.name.endsWith(`.${alias}`) &&
      Math.abs(apart(answer, LEVEL_MOMENT)) < 3,
  )
  const chosen = {}
  for (const answer of mine) {
    if (answer.token !== token) throw new Error(`${answer.name} was asked with ${answer.token}`)
    chosen[addressOf(answer.url)] = entry(answer, LEVEL_MOMENT)
  }
  const version = answers.find((answer) => answer.name === 'version')
  chosen['/version'] = entry(version, LEVEL_MOMENT, { borrowed: 'one-node' })
  return {
    description: `What the token ${token} was told.`,
    token,
    moment: LEVEL_MOMENT,
    missing: [],
    disagreements: {},
    answers: sorted(chosen),
    later: [],
  }
}

const sorted = (object) => Object.fromEntries(Object.entries(object).sort(([a], [b]) => (a < b ? -1 : 1)))

/** The whole manifest: one set per situation and one per privilege level. */
export function manifestOf(answers) {
  const byName = new Map(answers.map((answer) => [answer.name, answer]))
  const situations = Object.entries(SITUATIONS).map(([name, situation]) => [
    name,
    situationSet(situation, answers, byName),
  ])
  const levels = Object.entries(LEVELS).map(([alias, token]) => [
    `level-${alias}`,
    levelSet(alias, token, answers),
  ])
  return { sets: Object.fromEntries([...situations, ...levels]) }
}
