import { describe, expect, it } from '@jest/globals'
import { formEncoded, wireParameters } from '../../../src/pve/wire.js'

const at = '/nodes/{node}/qemu/{vmid}/config'

describe('parameters', () => {
  it('are what PVE reads: 1 and 0, repeated names, nothing for nothing', () => {
    const given = Object.freeze({
      onboot: true,
      protection: false,
      cores: 4,
      cpulimit: 0.5,
      name: 'a;b=c&d',
      vmid: [100, 101],
      pool: null,
      tags: undefined,
      description: '',
    })
    const wire = wireParameters('PUT', at, given)
    expect(formEncoded(wire)).toBe(
      'onboot=1&protection=0&cores=4&cpulimit=0.5&name=a%3Bb%3Dc%26d&vmid=100&vmid=101&description=',
    )
    expect(given).toHaveProperty('pool', null)
  })

  it.each([
    ['an object', { a: 1 }],
    ['a list of objects', [{}]],
    ['no number', Number.NaN],
    ['a function', () => 1],
    ['a symbol', Symbol('x')],
  ])('%s is refused without being shown', (_, value) => {
    expect(() => wireParameters('PUT', at, { net0: value })).toThrow(
      new TypeError('the parameter net0 is neither text, number nor boolean'),
    )
  })

  it.each([
    ['POST', '/nodes/{node}/qemu/{vmid}/status/start', 'skiplock'],
    ['DELETE', '/nodes/{node}/qemu/{vmid}', 'skiplock'],
    ['POST', '/nodes/{node}/lxc/{vmid}/status/shutdown', 'forceStop'],
    ['DELETE', '/nodes/{node}/qemu/{vmid}', 'destroy-unreferenced-disks'],
    ['DELETE', '/nodes/{node}/lxc/{vmid}', 'destroy-unreferenced-disks'],
    ['DELETE', '/nodes/{node}/lxc/{vmid}', 'force'],
    ['POST', '/nodes/{node}/lxc', 'force'],
  ])('%s %s never carries %s', (method, template, name) => {
    expect(() => wireParameters(method, template, { [name]: 1 })).toThrow(
      `the parameter ${name} is never sent`,
    )
    expect(() => wireParameters(method, template, { [name]: false })).toThrow(/is never sent/)
    expect(wireParameters(method, template, { [name]: undefined })).toEqual({})
  })
})
