import { describe, expect, it } from '@jest/globals'
import { parseConfig } from '../../../src/config/load.js'
import { SHIPPED_POLICY } from '../../../src/core/policy.js'

const good = `version: 1
default: lab
workspaces:
  lab:
    timezone: Europe/Vienna
    clusters:
      lab:
        endpoints:
          - https://127.0.0.1:8006
        tls:
          fingerprint: ${'AB:'.repeat(31)}CD
        tokens:
          read:
            id: mpc@pve!read
            secret: \${file:.proxmox/secrets/lab-read}
`

const policy = `${good}policy:
  ttl: 20m
  defaults:
    disruptive: { confirm: true, reason: true }
  rules:
    - name: production
      when:
        tag: prod
        risk: [disruptive, destructive]
      require:
        approvals: 2
        reason: true
    - name: never the backup server
      when: { guest: [pbs, dns-01] }
      refuse: It holds the only backups.
  guards:
    tags: [keep]
    guests: [900, dns-01]
assume: [alice]
timing:
  proxy_timeout: 500ms
  lease: 1s
`

const problems = (text: string) => {
  const config = parseConfig(text, 'config.yml')
  return 'kind' in config ? [config.code, ...config.details] : 'valid'
}

describe('trust', () => {
  it('a public key without its fingerprint is refused: it would pin nothing', () => {
    const text = good.replace(/fingerprint: .*/, `public_key: sha256/${'A'.repeat(43)}=`)
    const parsed = parseConfig(text, 'config.yml')

    expect('details' in parsed && parsed.details.join()).toContain('stands beside the fingerprint')
  })
})

describe('a config file', () => {
  it('is read', () => {
    expect(parseConfig(good, 'config.yml')).toMatchObject({ default: 'lab', demo: false })
  })

  it('has a policy, a token for operations, and times that tests may shorten', () => {
    const text = policy.replace(
      '          read:',
      '          operate:\n            id: mpc@pve!op0\n            secret: $' + '{env:OP}\n          read:',
    )

    expect(parseConfig(text, 'config.yml')).toMatchObject({
      workspaces: { lab: { clusters: { lab: { tokens: { operate: { id: 'mpc@pve!op0' } } } } } },
      policy: {
        solo: false,
        ttl: 20 * 60_000,
        defaults: {
          routine: {},
          disruptive: { confirm: true, reason: true },
          destructive: { approvals: 1 },
        },
        rules: [
          {
            name: 'production',
            when: { tag: ['prod'], risk: ['disruptive', 'destructive'] },
            require: { approvals: 2, reason: true },
          },
          {
            name: 'never the backup server',
            when: { guest: ['pbs', 'dns-01'] },
            refuse: 'It holds the only backups.',
          },
        ],
        guards: { tags: ['keep'], guests: [900, 'dns-01'] },
      },
      assume: ['alice'],
      timing: { proxy_timeout: 500, lease: 1000 },
    })
  })

  it('without them has the shipped ones', () => {
    const config = parseConfig(good, 'config.yml')

    expect(config).toMatchObject({
      policy: SHIPPED_POLICY,
      assume: [],
      timing: { proxy_timeout: 30_000, lease: 60_000 },
    })
    expect(config).not.toHaveProperty('workspaces.lab.clusters.lab.tokens.operate')
  })

  it.each([
    [
      'an unknown key in `when`',
      policy.replace('tag: prod', 'tagg: prod'),
      /^config.yml:23: policy.rules.0.when: unknown key `tagg`; did you mean `tag`\?/,
    ],
    [
      'a key of another place in `when`',
      policy.replace('tag: prod', 'tags: prod'),
      /^config.yml:23: policy.rules.0.when: the key `tags` does not belong here; did you mean `tag`\?/,
    ],
    [
      'a requirement beside `require`',
      policy.replace('      require:\n        approvals: 2\n        reason: true', '      approvals: 2'),
      /^config.yml:25: policy.rules.0: the key `approvals` does not belong here$/,
    ],
    [
      'a rule that both requires and refuses',
      policy.replace('      require:', '      refuse: No.\n      require:'),
      /^config.yml:21: policy.rules.0: a rule has either `require` or `refuse`/,
    ],
    [
      'a rule that does neither',
      policy.replace('      refuse: It holds the only backups.\n', ''),
      /^config.yml:28: policy.rules.1: a rule has either `require` or `refuse`/,
    ],
    [
      'a rule without a name',
      policy.replace('- name: production\n      when:', '- when:'),
      /^config.yml:21: policy.rules.0.name: /,
    ],
    [
      'two rules of one name',
      policy.replace('never the backup server', 'Production'),
      /^config.yml:28: policy.rules.1.name: there is another rule `Production`/,
    ],
    [
      'an unknown risk',
      policy.replace('risk: [disruptive, destructive]', 'risk: dangerous'),
      /^config.yml:24: policy.rules.0.when.risk: .*"destructive"/,
    ],
    [
      'a list in which one is no word',
      policy.replace('[pbs, dns-01]', '[pbs, {}]'),
      /^config.yml:29: policy.rules.1.when.guest.1: /,
    ],
    [
      'too many approvals',
      policy.replace('approvals: 2', 'approvals: 200'),
      /^config.yml:26: policy.rules.0.require.approvals: /,
    ],
    ['a time to live in words', policy.replace('20m', 'an hour'), /^config.yml:17: policy.ttl: a time span/],
    [
      'milliseconds where only tests want them',
      policy.replace('20m', '500ms'),
      /^config.yml:17: policy.ttl: a time span/,
    ],
    [
      'a lease that ends before the proxy does',
      policy.replace('lease: 1s', 'lease: 583ms'),
      /^config.yml:37: timing.lease: a lease of 583ms is too short for a proxy_timeout of 500ms: .* longer than 584ms/,
    ],
    [
      'a proxy that is waited for longer than the lease',
      `${good}timing:\n  proxy_timeout: 1m\n`,
      /^config.yml:16: timing.lease: a lease of 60s is too short .* longer than 70s/,
    ],
    [
      'a time that is none',
      policy.replace('lease: 1s', 'lease: soon'),
      /^config.yml:37: timing.lease: a time span/,
    ],
    [
      'a secret for operations in plain text',
      good.replace(
        '          read:',
        '          operate:\n            id: a@pve!op0\n            secret: hunter2\n          read:',
      ),
      /^config.yml:15: .*operate.secret: a secret is a reference/,
    ],
  ])('with %s is refused with its line', (_, text, expected) => {
    expect(text).not.toBe(policy)
    const [code, ...details] = problems(text)

    expect(code).toBe('config_invalid')
    expect(details).toContainEqual(expect.stringMatching(expected))
  })

  it.each([
    [
      'a mistyped key',
      good.replace('endpoints:', 'endpoint:'),
      /^config.yml:8: .*unknown key `endpoint`; did you mean `endpoints`\?/,
    ],
    ['an unknown key', `${good}colour: red\n`, /^config.yml:16: unknown key `colour`/],
    [
      'a secret in plain text',
      good.replace(/secret: .*/, 'secret: 1234-5678'),
      /^config.yml:15: .*a secret is a reference/,
    ],
    ['a plain http endpoint', good.replace('https:', 'http:'), /^config.yml:9: .*write it as https/],
    ['a password in the endpoint', good.replace('//', '//root:x@'), /^config.yml:9: .*write it as https/],
    ['a token id without its name', good.replace('!read', ''), /^config.yml:14: .*user@realm!name/],
    ['an unknown time zone', good.replace('Europe/Vienna', 'Mars/Base'), /^config.yml:5: .*not a time zone/],
    [
      'a default that is not there',
      good.replace('default: lab', 'default: prod'),
      /^config.yml:2: .*no workspace prod/,
    ],
    [
      'TLS checks switched off',
      good.replace(/tls:\n.*\n/, 'tls:\n          verify: false\n'),
      /^config.yml:11: .*unknown key `verify`/,
    ],
    ['another version', good.replace('version: 1', 'version: 2'), /^config.yml:1: version/],
    ['broken YAML', good.replace('workspaces:', 'workspaces: ['), /^config.yml:\d+: /],
  ])('with %s is refused with its line', (_, text, expected) => {
    const [code, ...details] = problems(text)

    expect(code).toBe('config_invalid')
    expect(details).toContainEqual(expect.stringMatching(expected))
  })

  it('an empty one is refused', () => {
    expect(problems('')).toContain('config_invalid')
  })

  it('never repeats a secret that was put where a reference belongs', () => {
    expect(JSON.stringify(problems(good.replace(/secret: .*/, 'secret: c0ffee-canary')))).not.toContain(
      'canary',
    )
  })
})
