import { describe, expect, it } from '@jest/globals'
import { addressesOf } from '../../../src/pve/addresses.js'
import { agentEnabled, guestConfig } from '../../../src/pve/guest-config.js'
import { metricsOf } from '../../../src/pve/metrics.js'
import { toText } from '../../../src/pve/schema.js'
import { parseUpid } from '../../../src/pve/upid.js'

describe('texts', () => {
  it.each([
    ['a\ud800b', 'a\ufffdb'],
    ['\udc00\ud83d\ude00', '\ufffd\ud83d\ude00'],
    ['web-01', 'web-01'],
  ])('%j has no half characters', (text, clean) => {
    expect(toText(text)).toBe(clean)
  })
})

describe('task ids', () => {
  it('are taken apart', () => {
    expect(parseUpid('UPID:pve1:000011D5:0003FC57:6B04082E:qmstart:100:root@pam!full:')).toEqual({
      node: 'pve1',
      startTime: 0x6b04082e,
      type: 'qmstart',
      id: '100',
      user: 'root@pam!full',
    })
    expect(parseUpid('UPID:pve-2:000011D5:10003FC57:6B04082E:imgdel:100@data:ops@pve:')).toMatchObject({
      node: 'pve-2',
      id: '100@data',
    })
    expect(parseUpid('UPID:pve1:000011D5:0003FC57:6B04082E:vzdump::root@pam:')).toMatchObject({ id: '' })
  })

  it.each([
    '',
    'OK',
    'UPID:pve1:000011D5:0003FC57:6B04082E:qmstart:100:root@pam',
    ' UPID:pve1:000011D5:0003FC57:6B04082E:qmstart:100:root@pam:',
    'UPID:pve1:000011D5:0003FC57:6B04082E:qm/start:100:root@pam:',
    'UPID:../x:000011D5:0003FC57:6B04082E:qmstart:100:root@pam:',
    'UPID:pve1:11D5:0003FC57:6B04082E:qmstart:100:root@pam:',
  ])('%j is none', (text) => {
    expect(parseUpid(text)).toBeNull()
  })
})

describe('configs', () => {
  it('come without passwords and keys', () => {
    const config = guestConfig({
      name: 'web',
      cores: 2,
      cipassword: '**********',
      sshkeys: 'ssh-ed25519%20AAAA',
      'ssh-public-keys': 'x',
      password: 'x',
      onboot: true,
      lxc: [['lxc.apparmor.profile', 'unconfined']],
      nothing: null,
      digest: 'abc',
    })
    expect(config).toEqual({
      values: { name: 'web', cores: 2, onboot: 1, lxc: '[["lxc.apparmor.profile","unconfined"]]' },
      digest: 'abc',
    })
    expect(guestConfig([])).toBeNull()
    expect(guestConfig('x')).toBeNull()
  })

  it.each([
    ['1', true],
    [1, true],
    ['enabled=1,fstrim_cloned_disks=1', true],
    ['1,type=virtio', true],
    ['0', false],
    ['enabled=0', false],
    [undefined, false],
  ])('agent %j: %s', (agent, enabled) => {
    expect(agentEnabled(agent === undefined ? {} : { agent })).toBe(enabled)
  })
})

describe('addresses', () => {
  it('are those by which others reach it', () => {
    expect(
      addressesOf([
        { name: 'lo', 'ip-addresses': [{ 'ip-address': '127.0.0.1', prefix: 8 }, { 'ip-address': '::1' }] },
        {
          name: 'eth0',
          'ip-addresses': [
            { 'ip-address': '192.0.2.5', prefix: '24' },
            { 'ip-address': 'fe80::1' },
            { 'ip-address': '2001:db8::5' },
          ],
        },
        { name: 'eth1' },
      ]),
    ).toEqual(['192.0.2.5', '2001:db8::5'])
  })

  it('of a container on PVE 8 stand with their prefix', () => {
    expect(addressesOf([{ name: 'eth0', inet: '192.0.2.5/24', inet6: '2001:db8::5/64' }])).toEqual([
      '192.0.2.5',
      '2001:db8::5',
    ])
    expect(addressesOf(null)).toBeNull()
  })
})

describe('metrics', () => {
  const at = '2026-11-23T09:30:00.000Z'

  it('have gaps where a row has only a time, in order, and the step of the recording', () => {
    expect(
      metricsOf(
        [{ time: 180, cpu: 0.5, mem: '7' }, { time: 60 }, { time: 120, cpu: 0.25 }, { time: 360 }],
        at,
      ),
    ).toEqual({
      at,
      stepSeconds: 60,
      times: [60, 120, 180, 360],
      columns: { cpu: [null, 0.25, 0.5, null], mem: [null, null, 7, null] },
    })
  })

  it('may be empty', () => {
    expect(metricsOf([], at)).toEqual({ at, stepSeconds: 0, times: [], columns: {} })
    expect(metricsOf([{ time: 60 }], at)).toMatchObject({ stepSeconds: 0, times: [60], columns: {} })
  })
})
