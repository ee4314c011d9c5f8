import { describe, expect, it } from '@jest/globals'
import { parseConfig } from '../../../src/config/load.js'

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

const problems = (text: string) => {
  const config = parseConfig(text, 'config.yml')
  return 'kind' in config ? [config.code, ...config.details] : 'valid'
}

describe('a config file', () => {
  it('is read', () => {
    expect(parseConfig(good, 'config.yml')).toMatchObject({ default: 'lab', demo: false })
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
