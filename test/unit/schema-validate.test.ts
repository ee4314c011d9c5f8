import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { loadRecordings, type Recording } from '../fakes/pve-replay/recordings.js'
import { checkRequestLog, requestLog } from '../schema/recorder.js'
import { parseSeenRequest, type SeenRequest } from '../schema/request.js'
import { endpointOf, SCHEMA_VERSIONS, validateRequest } from '../schema/validate.js'

const CONFIG = '/nodes/pve1/qemu/100/config'

function request(line: string, body = '', type: string | null = null): SeenRequest {
  const [method = '', url = ''] = line.split(' ')
  return parseSeenRequest({ method, url, type, body })
}

const seen = ({ method, url, sentType, sent }: Recording): SeenRequest =>
  parseSeenRequest({ method, url, type: sentType ?? null, body: sent ?? '' })

const recorded = loadRecordings().filter(
  ({ url, shortened, sentType }) =>
    url.startsWith('/api2/json/') && shortened !== true && sentType?.startsWith('multipart/') !== true,
)

/** What was asked in the laboratory and the project never asks: not in the table. */
const OUTSIDE = [
  'GET /',
  'GET //version',
  'GET /version/',
  'GET /nodes/pve1/config',
  'GET /nodes/pve1/netstat',
  'GET /nodes/pve1/network',
  'GET /nodes/pve1/qemu/100/agent/get-osinfo',
  'GET /nodes/pve1/qemu/103/agent/get-osinfo',
  'GET /nodes/pve1/version',
  'POST /cluster/bulk-action/guest/start',
  'POST /nodes/pve1/qemu/100/vncproxy',
  'POST /nodes/pve1/startall',
]

describe('a good request', () => {
  it.each([
    ['GET /api2/json/version', ''],
    ['GET /version', ''],
    ['GET /cluster/resources?type=vm', ''],
    ['GET /nodes/pve1/tasks?source=all&since=1795426746&limit=50', ''],
    [`GET ${CONFIG}?current=1`, ''],
    ['GET /nodes/pve1/lxc/200/rrddata?timeframe=hour&cf=AVERAGE', ''],
    [
      'GET /nodes/pve1/tasks/UPID%3Apve1%3A0001%3A0002%3A0003%3Aqmstart%3A100%3Aroot%40pam%3A/log?limit=5',
      '',
    ],
    [`PUT ${CONFIG}`, 'net0=virtio%2Cbridge%3Dvmbr0&scsi12=data%3A1&onboot=1&cores=2&cpulimit=0.5'],
    [`PUT ${CONFIG}`, 'delete=onboot&delete=tags'],
    ['PUT /nodes/pve1/lxc/200/config', 'mp3=data%3A1%2Cmp%3D%2Fsrv'],
    [
      'POST /nodes/pve1/vzdump',
      'vmid=100&storage=backup&mode=snapshot&exclude-path=%2Ftmp&exclude-path=%2Fvar',
    ],
    ['DELETE /nodes/pve1/qemu/100?purge=1', ''],
    ['GET /nodes/pve1/storage/local/content/local%3Aiso%2Fx.iso', ''],
    ['GET /version?_dc=1795426746', ''],
  ])('%s %s', (line, body) => {
    const problems = SCHEMA_VERSIONS.map((version) => validateRequest(version, request(line, body)))
    expect(problems).toEqual([[], []])
  })

  it('may be JSON with its own types', () => {
    const body = '{"onboot":true,"cores":2,"delete":["tags","onboot"]}'
    expect(validateRequest('9.2', request(`PUT ${CONFIG}`, body, 'application/json'))).toEqual([])
  })
})

describe('a bad request', () => {
  it.each([
    ['GET /nothing', '', 'unknown endpoint GET /nothing'],
    [`PATCH ${CONFIG}`, '', `unknown endpoint PATCH ${CONFIG}`],
    [`GET ${CONFIG}/`, '', `unknown endpoint GET ${CONFIG}/`],
    [`GET ${CONFIG}?foo=1`, '', 'foo: unknown parameter'],
    [`GET ${CONFIG}?current=true`, '', 'current: "true" is no boolean, which is 0 or 1'],
    [`GET ${CONFIG}?vmid=101`, '', 'vmid: not what the path says'],
    ['GET /nodes/pve1/qemu/99/config', '', 'vmid: 99 is below 100'],
    ['GET /nodes/pve1/qemu/abc/config', '', 'vmid: "abc" is no integer'],
    ['GET /cluster/resources?type=qemu', '', 'type: "qemu" is none of vm, storage, node, sdn'],
    ['GET /nodes/pve1/qemu/100/rrddata', '', 'timeframe: required and missing'],
    ['POST /nodes/pve1/qemu/100/status/shutdown', 'timeout=-5', 'timeout: -5 is below 0'],
    ['POST /nodes/pve1/qemu/100/status/shutdown', 'timeout=1.0', 'timeout: "1.0" is no integer'],
    ['POST /nodes/pve1/qemu/100/snapshot', `snapname=${'a'.repeat(41)}`, 'snapname: longer than 40'],
    ['POST /nodes/pve1/qemu/100/snapshot', 'snapname=2026', 'snapname: "2026" is no pve-configid'],
    [`PUT ${CONFIG}`, 'cpulimit=1e0', 'cpulimit: "1e0" is no number'],
    [`PUT ${CONFIG}`, 'cores=1&cores=2', 'cores: given more than once'],
    [`PUT ${CONFIG}`, 'net=virtio', 'net: unknown parameter'],
    [`PUT ${CONFIG}`, 'name=bad_name', 'name: "bad_name" is no dns-name'],
    ['PUT /nodes/pve1/qemu/100/resize', 'disk=scsi0&size=1+GB', 'size: "1 GB" does not match'],
    ['DELETE /nodes/pve1/qemu/100', 'purge=1', 'DELETE with a body'],
  ])('%s %s', (line, body, problem) => {
    for (const version of SCHEMA_VERSIONS) {
      expect(validateRequest(version, request(line, body)).join('\n')).toContain(problem)
    }
  })

  it('names every violation', () => {
    const problems = validateRequest('9.2', request(`PUT ${CONFIG}`, 'cores=0&onboot=yes&nope=1'))
    expect(problems).toHaveLength(3)
  })

  it('may be good in one release only', () => {
    const migrate = request('POST /nodes/pve1/qemu/100/migrate', 'target=pve2&with-conntrack-state=1')
    expect(validateRequest('9.2', migrate)).toEqual([])
    expect(validateRequest('8.4', migrate)).toEqual(['with-conntrack-state: unknown parameter'])
  })

  it('with a body that cannot be read is one', () => {
    expect(validateRequest('9.2', request(`PUT ${CONFIG}`, '{bad', 'application/json'))).toEqual([
      'unreadable body: unknown parameter',
    ])
  })
})

describe('the recordings', () => {
  const known = recorded.filter(
    (answer) => endpointOf('9.2', answer.method, answer.url.split('?')[0] ?? '') !== null,
  )

  it('that were answered 200 are clean against the schema of their release', () => {
    const good = known.filter((answer) => answer.status === 200)
    const dirty = good.map((answer) => [answer.name, validateRequest('9.2', seen(answer))] as const)
    expect(good.length).toBeGreaterThan(700)
    expect(dirty.filter(([, problems]) => problems.length > 0)).toEqual([])
  })

  it('that are outside the table are the ones we know of', () => {
    const outside = recorded
      .filter((answer) => answer.status === 200 && !known.includes(answer))
      .map(({ method, url }) => `${method} ${url.replace('/api2/json', '').split('?')[0]}`)
    expect([...new Set(outside)].sort()).toEqual([...OUTSIDE].sort())
  })

  const SCHEMA_TEXTS =
    /^(?:property is not defined in schema|property is missing and it is not optional|type check|value must|value may only|value '.*' does not have a value in the enumeration|value does not match the regex|invalid format - (?:value does not look like a valid (?:VM ID|DNS name)|invalid configuration ID))/
  const refusedBySchema = known
    .filter((answer) => answer.status === 400)
    .flatMap((answer) => {
      const { errors } = JSON.parse(answer.body)
      return Object.entries<string>(errors)
        .filter(([, text]) => SCHEMA_TEXTS.test(text))
        .map(([field, text]) => ({ answer, field, text: text.trim() }))
    })

  it('hold unknown parameters and other violations of the schema', () => {
    expect(
      refusedBySchema.filter(({ text }) => text.startsWith('property is not defined')).length,
    ).toBeGreaterThan(3)
    expect(refusedBySchema.length).toBeGreaterThan(40)
  })

  it.each(refusedBySchema.map(({ answer, field, text }) => [answer.name, field, text, answer] as const))(
    '%s: %s: %s',
    (_name, field, _text, answer) => {
      const problems = validateRequest('9.2', seen(answer))
      expect(problems.filter((problem) => problem.startsWith(`${field}: `))).not.toEqual([])
    },
  )
})

describe('the request log', () => {
  function inDirectory(work: (directory: string) => void): void {
    const directory = mkdtempSync(join(tmpdir(), 'request-log-'))
    try {
      work(directory)
    } finally {
      rmSync(directory, { recursive: true })
    }
  }

  it('counts violations over both releases and masks secrets', () => {
    inDirectory((directory) => {
      const log = requestLog(directory)
      log.add(request('GET /version'))
      log.add(request('GET /version?foo=1'))
      log.add(request('GET /version?foo=1'))
      log.add(request('GET /version?foo=2'))
      log.add(request('POST /access/ticket', 'username=a%40pve&password=canary-secret'))
      const { requests, violations } = checkRequestLog(directory)
      expect(requests).toBe(5)
      expect(
        violations.map(({ version, endpoint, problem, count }) => [version, endpoint, problem, count]),
      ).toEqual([
        ['8.4', 'GET /version', 'foo: unknown parameter', 3],
        ['9.2', 'GET /version', 'foo: unknown parameter', 3],
      ])
      const text = readdirSync(directory).map((file) => readFileSync(join(directory, file), 'utf8'))
      expect(text.join('')).not.toContain('canary-secret')
    })
  })

  it('is empty where nothing was noted, and writes nowhere without a directory', () => {
    inDirectory((directory) => {
      requestLog('').add(request('GET /version?foo=1'))
      expect(checkRequestLog(directory)).toEqual({ requests: 0, violations: [] })
      expect(checkRequestLog(join(directory, 'absent'))).toEqual({ requests: 0, violations: [] })
    })
  })
})
