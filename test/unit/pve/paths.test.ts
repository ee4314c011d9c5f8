import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { alignPath, UnsafePath } from '../../../src/pve/paths.js'

const TEMPLATE = '/api2/json/nodes/*/qemu/*/config'
const path = (node: string, vmid: string) => `/api2/json/nodes/${node}/qemu/${vmid}/config`

describe('paths', () => {
  it('are named by their template and know their node', () => {
    expect(alignPath(path('pve1', '100'), TEMPLATE)).toEqual({
      path: '/api2/json/nodes/pve1/qemu/100/config',
      template: '/nodes/{node}/qemu/{vmid}/config',
      node: 'pve1',
    })
  })

  it('are encoded anew', () => {
    const upid = 'UPID:pve1:000011D5:0003FC57:6B04082E:qmstart:100:root@pam!full:'
    expect(alignPath(`/nodes/pve1/tasks/${upid}/log`, '/nodes/{node}/tasks/{upid}/log').path).toBe(
      `/api2/json/nodes/pve1/tasks/${encodeURIComponent(upid)}/log`,
    )
    const volume = 'backup:backup/vzdump-lxc-200-2026_11_23-09_00_00.tar.zst'
    expect(
      alignPath(
        `/api2/json/nodes/pve1/storage/backup/content/${volume.replace('/', '%2F')}`,
        '/api2/json/nodes/*/storage/*/content/*',
      ),
    ).toEqual({
      path: `/api2/json/nodes/pve1/storage/backup/content/${encodeURIComponent(volume)}`,
      template: '/nodes/{node}/storage/{storage}/content/{volume}',
      node: 'pve1',
    })
  })

  it.each([
    ['..', '100'],
    ['.', '100'],
    ['pve1', '..'],
    ['pve1', '100?force=1'],
    ['pve1', '100#'],
    ['pve1', '100\\config'],
    ['pve1', '100%2F..%2F101'],
    ['pve1', '..%2F..'],
    ['pve1', '%2e%2e'],
    ['pve1', '99'],
    ['pve1', '0100'],
    ['pve1', '1e3'],
    ['pve1', '-100'],
    ['pve1', ''],
    ['', '100'],
    ['pve 1', '100'],
    ['pve1\n', '100'],
    ['pve1\0', '100'],
    ['-pve', '100'],
    ['pve1/qemu/100', '101'],
  ])('%j and %j are refused', (node, vmid) => {
    expect(() => alignPath(path(node, vmid), TEMPLATE)).toThrow(UnsafePath)
  })

  it.each([
    ['/nodes/*/storage/*', '/nodes/pve1/storage/a..b'],
    ['/nodes/*/qemu/*/snapshot/*', '/nodes/pve1/qemu/100/snapshot/a%2Fb'],
    ['/nodes/*/storage/*/content/*', '/nodes/pve1/storage/local/content/local:iso%2F..%2F..%2Fetc'],
    ['/nodes/*/storage/*/content/*', '/nodes/pve1/storage/local/content/local:%2F%2Fetc'],
    ['/nodes/*/tasks/*/status', '/nodes/pve1/tasks/UPID:x/status'],
    ['/access/users/*', '/access/users/root'],
    ['/cluster/resources', '/cluster/tasks'],
    ['/cluster/resources', '/cluster/resources/'],
    ['/cluster/../nodes', '/cluster/../nodes'],
    ['/cluster/backup/*', '/cluster/backup/..'],
  ])('%s as %s is refused', (template, given) => {
    expect(() => alignPath(given, template)).toThrow(UnsafePath)
  })

  it('does not repeat what it refuses', () => {
    expect(() => alignPath(path('pve1', 'se?cret'), TEMPLATE)).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('cret') }),
    )
  })

  it('whatever an id is, the path keeps its segments or is refused', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (node, id) => {
        const template = '/api2/json/nodes/*/storage/*/content/*'
        try {
          const safe = alignPath(
            `/api2/json/nodes/${node}/storage/local/content/${id.replace(/\//g, '%2F')}`,
            template,
          )
          const url = new URL(safe.path, 'https://host')
          expect(url.pathname + url.search + url.hash).toBe(safe.path)
          expect(url.pathname.split('/')).toHaveLength(template.split('/').length)
        } catch (error) {
          if (!(error instanceof UnsafePath)) throw error
        }
      }),
    )
  })
})
