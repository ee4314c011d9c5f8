import { mkdirSync, readFileSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { beforeEach, describe, expect, it } from '@jest/globals'
import { type HomePaths, homePaths } from '../../../src/config/home.js'
import { configSource, settingsSource } from '../../../src/config/source.js'
import { policyHash, SHIPPED_POLICY } from '../../../src/core/policy.js'
import { freshDirectory } from '../../support/program.js'

const text = (more = '') => `version: 1
default: lab
workspaces:
  lab:
    clusters:
      lab:
        endpoints: [https://127.0.0.1:8006]
        tokens: { read: { id: mpc@pve!read, secret: "$\{env:X}" } }
${more}`

let paths: HomePaths
/** Far ahead of the file's time, so that the file counts as settled. */
const later = () => new Date(Date.now() + 60_000)

beforeEach(() => {
  paths = homePaths(freshDirectory())
  mkdirSync(paths.proxmox)
  writeFileSync(paths.config, text())
})

describe('configSource', () => {
  it('gives the very same value while the file stays as it is', () => {
    const source = configSource(paths, later)

    expect(source.current()).toMatchObject({ default: 'lab' })
    expect(source.current()).toBe(source.current())
  })

  it('reads it again when it was edited, replaced, or edited back', () => {
    const source = configSource(paths, later)
    const seen = () => JSON.stringify(source.current())
    const first = seen()
    writeFileSync(paths.config, text('assume: [bob]\n'))
    const edited = seen()
    writeFileSync(`${paths.config}.new`, text('assume: [eve]\n'))
    renameSync(`${paths.config}.new`, paths.config)
    const replaced = seen()
    writeFileSync(paths.config, text())

    expect(edited).toContain('bob')
    expect(replaced).toContain('eve')
    expect(seen()).toBe(first)
  })

  it('does not trust the time of a file that was written just now', () => {
    const time = new Date()
    const source = configSource(paths, () => time)
    writeFileSync(paths.config, text('assume: [bob]\n'))
    utimesSync(paths.config, time, time)
    const before = source.current()
    // The same size at the same time, as within one tick of the file system's clock.
    writeFileSync(paths.config, text('assume: [eve]\n'))
    utimesSync(paths.config, time, time)

    expect(before).toMatchObject({ assume: ['bob'] })
    expect(source.current()).toMatchObject({ assume: ['eve'] })
  })

  it('does not stumble over a clock that was set back', () => {
    const source = configSource(paths, () => new Date(Date.now() - 3_600_000))
    const before = source.current()
    writeFileSync(paths.config, text('assume: [eve]\n'))

    expect(before).toMatchObject({ assume: [] })
    expect(source.current()).toMatchObject({ assume: ['eve'] })
  })

  it('is a refusal until the file is mended', () => {
    const source = configSource(paths, later)
    source.current()
    writeFileSync(paths.config, text('polcy: {}\n'))
    const broken = [source.current(), source.current()]
    writeFileSync(paths.config, text())

    for (const each of broken)
      expect(each).toMatchObject({
        code: 'config_invalid',
        details: ['.proxmox/config.yml:9: unknown key `polcy`; did you mean `policy`?'],
      })
    expect(source.current()).toMatchObject({ default: 'lab' })
  })

  it('is a refusal while the file is gone', () => {
    const source = configSource(paths, later)
    const whole = readFileSync(paths.config)
    source.current()
    rmSync(paths.config)
    const gone = source.current()
    writeFileSync(paths.config, whole)

    expect(gone).toMatchObject({ code: 'config_missing' })
    expect(source.current()).toMatchObject({ default: 'lab' })
  })
})

describe('settingsSource', () => {
  it('gives the policy with its hash, which changes with what the policy means, not with how it is written', () => {
    const settings = settingsSource(configSource(paths, later))
    const shipped = settings.current()
    writeFileSync(paths.config, text('policy: { ttl: 30m, rules: [] }\n'))
    const same = settings.current()
    writeFileSync(paths.config, text('policy: { ttl: 29m }\nassume: [bob]\n'))
    const other = settings.current()

    expect(shipped).toEqual({
      policy: SHIPPED_POLICY,
      policyHash: policyHash(SHIPPED_POLICY),
      assume: [],
      demo: false,
    })
    expect(same).toEqual(shipped)
    expect(other).toMatchObject({ policy: { ttl: 29 * 60_000 }, assume: ['bob'] })
    expect(other).not.toMatchObject({ policyHash: policyHash(SHIPPED_POLICY) })
  })

  it('passes on why there are none', () => {
    const settings = settingsSource(configSource(paths, later))
    settings.current()
    writeFileSync(paths.config, 'version: 7')

    expect(settings.current()).toMatchObject({ kind: 'refusal', code: 'config_invalid' })
  })
})
