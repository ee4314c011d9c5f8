import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from '@jest/globals'
import { homePaths } from '../../../src/config/home.js'
import { parseConfig } from '../../../src/config/load.js'
import { isRefusal } from '../../../src/core/refusal.js'
import type { ClusterSettings, PveCluster, PveConnector } from '../../../src/ports/pve.js'
import { connectionsOf } from '../../../src/setup/connections.js'
import { freshDirectory } from '../../support/program.js'

const OPERATE = `
          operate: { id: 'mpc@pve!op0', secret: "$\{file:operate}" }`

function configOf(operate: string) {
  const config = parseConfig(
    `version: 1
default: lab
workspaces:
  lab:
    clusters:
      lab:
        endpoints: [https://127.0.0.1:8006]
        tokens:
          read: { id: 'mpc@pve!read', secret: "$\{file:read}" }${operate}
`,
    'config.yml',
  )
  if (isRefusal(config)) throw new Error(config.details.join())
  return config
}

let home: string
let made: ClusterSettings[]
let closed: ClusterSettings[]

const connector: PveConnector = {
  certificate: () => Promise.reject(new Error('not asked for')),
  connect: (settings) => {
    made.push(settings)
    return {
      name: settings.name,
      operate: settings.operateToken === null ? null : { tokenId: settings.operateToken.id },
      close: async () => {
        closed.push(settings)
      },
    } as unknown as PveCluster
  },
}

const open = (operate = OPERATE) =>
  connectionsOf({ config: configOf(operate), paths: homePaths(home), environment: {}, connector })

beforeEach(() => {
  home = freshDirectory()
  made = []
  closed = []
  writeFileSync(join(home, 'read'), 'r-secret\n')
  writeFileSync(join(home, 'operate'), 'o-secret\n')
})

describe('connectionsOf', () => {
  it('connects once, with both tokens', () => {
    const connections = open()

    expect(connections.operateProblem('lab')).toBeNull()
    expect(connections.get('lab')).toBe(connections.get('lab'))
    expect(made).toEqual([
      expect.objectContaining({
        name: 'lab',
        tls: { kind: 'system' },
        token: { id: 'mpc@pve!read', secret: 'r-secret' },
        operateToken: { id: 'mpc@pve!op0', secret: 'o-secret' },
      }),
    ])
  })

  it('without a token for changes reads, and says that there is none', () => {
    const connections = open('')

    expect(connections.get('lab').operate).toBeNull()
    expect(connections.operateProblem('lab')).toMatchObject({ code: 'no_operate_token' })
    expect(connections.get('lab')).toBe(connections.get('lab'))
    expect(made).toHaveLength(1)
  })

  it('without the secret of that token reads, and says what is missing, until it is there', async () => {
    rmSync(join(home, 'operate'))
    const connections = open()
    const reading = connections.get('lab')
    const problem = connections.operateProblem('lab')
    const still = connections.get('lab')
    writeFileSync(join(home, 'operate'), 'o-secret\n')
    const mended = connections.operateProblem('lab')
    const changing = connections.get('lab')
    await connections.close()

    expect(reading.operate).toBeNull()
    expect(still).toBe(reading)
    expect(problem).toMatchObject({ code: 'secret_missing' })
    expect(problem?.message).toContain('operate')
    expect(mended).toBeNull()
    expect(changing.operate).toEqual({ tokenId: 'mpc@pve!op0' })
    expect(made).toHaveLength(2)
    expect(new Set(closed)).toEqual(new Set(made))
  })

  it('goes on with a secret that it has read, whatever became of the file', () => {
    const connections = open()
    const before = connections.get('lab')
    rmSync(join(home, 'operate'))

    expect(connections.operateProblem('lab')).toBeNull()
    expect(connections.get('lab')).toBe(before)
  })

  it('without the secret for reading is of no use', () => {
    rmSync(join(home, 'read'))
    const connections = open()

    expect(() => connections.get('lab')).toThrow(/secret_missing/)
    expect(connections.operateProblem('lab')).toBeNull()
  })
})
