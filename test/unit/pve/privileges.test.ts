import { describe, expect, it } from '@jest/globals'
import { missingPrivileges, roleScript } from '../../../src/core/privileges.js'
import type { Permissions } from '../../../src/core/visibility.js'

const AUDIT = ['Sys', 'VM', 'Datastore', 'Pool', 'SDN', 'Mapping'].map((name) => `${name}.Audit`)
const all = (names: readonly string[], propagate = 1) =>
  Object.fromEntries(names.map((name) => [name, propagate]))

describe('missing privileges', () => {
  it('are none for an auditor, who lacks the agent on PVE 9 only', () => {
    const permissions: Permissions = { '/': all(AUDIT) }
    expect(missingPrivileges(permissions, 'read', 8)).toEqual([])
    expect(missingPrivileges(permissions, 'read', 9)).toEqual([
      { path: '/vms', privileges: ['VM.GuestAgent.Audit'] },
    ])
  })

  it('are all of them for nobody', () => {
    expect(missingPrivileges({}, 'read', 8)).toEqual([
      { path: '/', privileges: ['Sys.Audit'] },
      { path: '/nodes', privileges: ['Sys.Audit'] },
      { path: '/vms', privileges: ['VM.Audit'] },
      { path: '/storage', privileges: ['Datastore.Audit'] },
      { path: '/pool', privileges: ['Pool.Audit'] },
      { path: '/sdn', privileges: ['SDN.Audit'] },
      { path: '/mapping', privileges: ['Mapping.Audit'] },
    ])
  })

  it('are seen where a privilege is not inherited', () => {
    const permissions: Permissions = { '/': all(AUDIT), '/vms': all(['VM.Audit'], 0) }
    expect(missingPrivileges(permissions, 'read', 8)).toEqual([{ path: '/vms', privileges: ['VM.Audit'] }])
  })

  it('are seen on a path whose own entry takes away what is inherited', () => {
    const permissions: Permissions = { '/': all(AUDIT), '/vms/100': all(['VM.PowerMgmt']) }
    expect(missingPrivileges(permissions, 'read', 8)).toEqual([
      { path: '/vms/100', privileges: ['VM.Audit'] },
    ])
  })

  it('add up from tier to tier', () => {
    const lacking = missingPrivileges({ '/': all([...AUDIT, 'VM.GuestAgent.Audit']) }, 'operate', 9)
    expect(lacking).toEqual([
      { path: '/vms', privileges: ['VM.PowerMgmt', 'VM.Snapshot', 'VM.Backup', 'VM.Migrate'] },
      { path: '/storage', privileges: ['Datastore.AllocateSpace'] },
    ])
    const privileges = missingPrivileges({}, 'admin', 9).flatMap((each) => each.privileges)
    expect(privileges).toEqual(
      expect.arrayContaining(['VM.Allocate', 'VM.Replicate', 'VM.PowerMgmt', 'VM.Audit']),
    )
    expect(missingPrivileges({}, 'admin', 8).flatMap((each) => each.privileges)).not.toContain('VM.Replicate')
  })
})

describe('the role script', () => {
  it('makes user, token, role and grants', () => {
    expect(roleScript('read', '9.2.11').split('\n')).toEqual([
      "pveum user add 'mpc@pve' --comment 'chat bot' 2>/dev/null || true",
      "pveum role add MpcReader --privs 'Datastore.Audit Mapping.Audit Pool.Audit SDN.Audit Sys.Audit VM.Audit VM.GuestAgent.Audit' 2>/dev/null || pveum role modify MpcReader --privs 'Datastore.Audit Mapping.Audit Pool.Audit SDN.Audit Sys.Audit VM.Audit VM.GuestAgent.Audit'",
      "pveum user token add 'mpc@pve' read --privsep 1",
      "pveum acl modify / --users 'mpc@pve' --roles MpcReader",
      "pveum acl modify / --tokens 'mpc@pve!read' --roles MpcReader",
    ])
  })

  it('only grants to a token that is there', () => {
    const lines = roleScript('read', '9.2.11', 'ops@pve!bot').split('\n')
    expect(lines.slice(1)).toEqual([
      "pveum acl modify / --users 'ops@pve' --roles MpcReader",
      "pveum acl modify / --tokens 'ops@pve!bot' --roles MpcReader",
    ])
    expect(roleScript('read', '9.2.11', 'root@pam!bot')).not.toContain('--users')
  })

  it.each(['8.4.5', '9.2.11'])('names no privilege that %s does not know', (version) => {
    const script = roleScript(['read', 'operate', 'admin'], version)
    expect(script).not.toContain('VM.Monitor')
    expect(script.includes('VM.GuestAgent.Audit')).toBe(version.startsWith('9'))
    expect(script.includes('VM.Replicate')).toBe(version.startsWith('9'))
    expect(script.match(/user token add 'mpc@pve' (read|operate|admin) /g)).toHaveLength(3)
  })

  it('cannot be left by a name', () => {
    expect(roleScript('read', '9.2.11', "o'neil; reboot@pve!x")).toContain("'o'\\''neil; reboot@pve'")
  })
})
