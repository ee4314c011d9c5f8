import { describe, expect, it } from '@jest/globals'
import { errorOfAnswer, failureOf, privilegeIn } from '../../../src/pve/errors.js'
import { Token } from '../../../src/pve/secrets.js'
import { loadErrors } from '../../fakes/pve-replay/recordings.js'
import { SECRET, TOKEN } from './support.js'

const asked = { cluster: 'lab', request: 'GET /x', node: null, scrub: new Token(TOKEN).scrubber() }

function outageFor(status: number, text: string, errors?: Record<string, string>, mutation = false) {
  const body = JSON.stringify({
    data: null,
    message: `${text}\n`,
    ...(errors === undefined ? {} : { errors }),
  })
  return errorOfAnswer(asked, { status, reason: text.split('\n')[0] ?? '', body }, mutation).outage
}

describe('recorded errors', () => {
  const recorded = loadErrors().filter((error) => error.status !== null)

  it('there are hundreds', () => {
    expect(recorded.length).toBeGreaterThan(250)
  })

  it.each(recorded.map((error) => [error.name, error.status, error.kind, error] as const))(
    '%s (%s) is %s',
    (_name, _status, kind, { status, reason, body }) => {
      const { outage } = errorOfAnswer(asked, { status: status ?? 0, reason: reason ?? '', body }, false)
      expect(outage.kind).toBe(kind)
    },
  )

  it('without a body the reason phrase alone decides alike, as on releases before 8.4', () => {
    const differing = recorded
      .filter(({ status }) => status === 500)
      .filter(({ reason, kind }) => {
        const { outage } = errorOfAnswer(asked, { status: 500, reason: reason ?? '', body: '' }, false)
        return outage.kind !== kind
      })
    expect(differing.map(({ name }) => name)).toEqual([])
  })
})

describe('texts that were not recorded', () => {
  it.each([
    [500, "can't lock file '/var/lock/qemu-server/lock-100.conf' - got timeout", 'locked'],
    [500, "cfs-lock 'storage-x' error: got lock request timeout", 'locked'],
    [500, "cfs-lock 'file-user_cfg' error: no quorum!", 'quorum'],
    [500, "you can't start a vm if it's a template", 'state'],
    [500, 'VM is paused - cannot shutdown', 'state'],
    [500, "pool 'x' does not exist", 'missing'],
    [500, 'something nobody has seen', 'other'],
    [596, 'Connection timed out', 'proxyTimeout'],
    [597, 'Broken pipe', 'proxyTimeout'],
    [599, 'Too many redirections', 'proxyTimeout'],
    [503, 'Service Unavailable', 'other'],
  ])('%s %s is %s', (status, text, kind) => {
    expect(outageFor(status, text).kind).toBe(kind)
  })

  it.each([
    [596, true],
    [597, true],
    [599, true],
    [502, true],
    [503, true],
    [504, true],
    [595, false],
    [500, false],
    [403, false],
  ])('a mutation that ends with %s is ambiguous: %s', (status, ambiguous) => {
    expect(outageFor(status, 'x', undefined, true).ambiguous).toBe(ambiguous)
    expect(outageFor(status, 'x', undefined, false).ambiguous).toBe(false)
  })
})

describe('what an outage tells', () => {
  it('prefers the message of several lines to the reason phrase', () => {
    expect(outageFor(500, 'first line\nsecond line').message).toBe('first line\nsecond line')
  })

  it('has the parameter errors', () => {
    const outage = outageFor(400, 'Parameter verification failed.', { memory: 'too little\n' })
    expect(outage).toMatchObject({ kind: 'invalid', errors: { memory: 'too little' } })
  })

  it('falls back on the status', () => {
    const { outage } = errorOfAnswer(asked, { status: 418, reason: '', body: 'garbage {' }, false)
    expect(outage.message).toBe('status 418')
  })

  it('has no secret of the token or the parameters in it', () => {
    const scrub = new Token(TOKEN).scrubber({
      password: 'hunter2 & more',
      sshkeys: 'ssh-ed25519%20AAAA',
      net0: 'virtio',
    })
    const text = `got 'hunter2 & more' and ssh-ed25519 AAAA, ${encodeURIComponent('hunter2 & more')}, ${SECRET}`
    const { outage } = errorOfAnswer(
      { ...asked, scrub },
      { status: 500, reason: text, body: JSON.stringify({ message: text, errors: { password: text } }) },
      false,
    )
    expect(JSON.stringify(outage)).not.toMatch(/hunter2|AAAA|aaaabbbb/)
    expect(outage.message).toContain('[secret]')
  })

  it.each([
    ['Permission check failed (/vms/100, VM.PowerMgmt)', { path: '/vms/100', name: 'VM.PowerMgmt' }],
    [
      'Permission check failed (/storage/local, Datastore.Audit|Datastore.AllocateSpace)',
      { path: '/storage/local', name: 'Datastore.Audit|Datastore.AllocateSpace' },
    ],
    [
      'Permission check failed (/pool/production, Pool.Audit)',
      { path: '/pool/production', name: 'Pool.Audit' },
    ],
    ['Permission check failed (/, Sys.Audit)', { path: '/', name: 'Sys.Audit' }],
    ['Permission check failed', null],
    ['Permission check failed (user != root@pam)', null],
    ["Permission check failed (URI '/access/ticket' not available with API token, need proper ticket.", null],
    ["Permission check failed (pool 'nopool' does not exist)", null],
  ])('%s names %j', (text, privilege) => {
    expect(privilegeIn(text)).toEqual(privilege)
  })
})

describe('failed connections', () => {
  const coded = (code: string) => Object.assign(new Error('boom'), { code })

  it.each([
    ['ECONNREFUSED', 'transport'],
    ['ECONNRESET', 'transport'],
    ['ENOTFOUND', 'transport'],
    ['UND_ERR_CONNECT_TIMEOUT', 'transport'],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'tlsUntrusted'],
    ['SELF_SIGNED_CERT_IN_CHAIN', 'tlsUntrusted'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'tlsUntrusted'],
    ['CERT_HAS_EXPIRED', 'tlsUntrusted'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'tlsWrongHost'],
    ['ERR_SSL_WRONG_VERSION_NUMBER', 'notProxmox'],
  ])('%s is %s', (code, kind) => {
    expect(failureOf(coded(code)).kind).toBe(kind)
  })

  it('takes the first of several addresses', () => {
    expect(failureOf(new AggregateError([coded('CERT_HAS_EXPIRED'), coded('ECONNREFUSED')])).kind).toBe(
      'tlsUntrusted',
    )
  })
})
