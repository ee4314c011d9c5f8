import { describe, expect, it } from '@jest/globals'
import { holds, wouldSee } from '../../../src/core/visibility.js'

describe('holds', () => {
  it.each([
    ['on the path itself', { '/vms/100': { 'VM.Audit': 0 } }, '/vms/100', true],
    ['inherited from /vms', { '/vms': { 'VM.Audit': 1 } }, '/vms/100', true],
    ['inherited from /', { '/': { 'VM.Audit': 1 } }, '/vms/100', true],
    ['not inherited where it does not propagate', { '/vms': { 'VM.Audit': 0 } }, '/vms/100', false],
    [
      'a deeper entry replaces what is above it',
      { '/': { 'VM.Audit': 1 }, '/vms/100': { 'VM.PowerMgmt': 1 } },
      '/vms/100',
      false,
    ],
    ['nothing at all', {}, '/vms/100', false],
    ['an empty entry for the path', { '/': { 'VM.Audit': 1 }, '/vms/100': {} }, '/vms/100', false],
  ])('%s', (_, permissions, path, expected) => {
    expect(holds(permissions, path, 'VM.Audit')).toBe(expected)
  })
})

describe('wouldSee', () => {
  it.each([
    ['node', 'pve1', {}, true],
    ['guest', '100', { '/vms': { 'VM.Audit': 1 } }, true],
    ['guest', '100', { '/storage': { 'Datastore.Audit': 1 } }, false],
    ['storage', 'local', { '/storage/local': { 'Datastore.AllocateSpace': 1 } }, true],
    ['pool', 'lab', { '/': { 'Pool.Audit': 1 } }, true],
    ['pool', 'lab', { '/': { 'VM.Audit': 1 } }, false],
  ] as const)('%s %s', (type, name, permissions, expected) => {
    expect(wouldSee(permissions, type, name)).toBe(expected)
  })
})
