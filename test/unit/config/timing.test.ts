import { describe, expect, it } from '@jest/globals'
import { TimingConfig, timingOf } from '../../../src/config/timing.js'

describe('times', () => {
  it('are those of Proxmox VE and the design, unless told otherwise', () => {
    expect(timingOf(TimingConfig.parse({}))).toEqual({
      lease: 60_000,
      heartbeat: 10_000,
      sendMargin: 35_000,
      settleAfter: 45_000,
    })
  })

  it('shrink together', () => {
    expect(timingOf(TimingConfig.parse({ proxy_timeout: '600ms', lease: '1200ms' }))).toEqual({
      lease: 1200,
      heartbeat: 200,
      sendMargin: 700,
      settleAfter: 900,
    })
  })

  it.each([
    [{ proxy_timeout: '30s', lease: '35s' }, false],
    [{ proxy_timeout: '30s', lease: '36s' }, true],
    [{ proxy_timeout: '1m' }, false],
    [{ proxy_timeout: '1m', lease: '2m' }, true],
    [{ proxy_timeout: '0ms' }, false],
    [{ proxy_timeout: '1h', lease: '2h' }, false],
    [{ proxy_timeout: 30 }, false],
  ])('%j is valid: %s', (timing, valid) => {
    expect(TimingConfig.safeParse(timing).success).toBe(valid)
  })
})
