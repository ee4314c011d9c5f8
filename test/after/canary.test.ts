import { readdirSync, readFileSync, statSync } from 'node:fs'
import { basename, join, relative } from 'node:path'
import { expect, it } from '@jest/globals'
import { CANARY } from '../support/program.js'

const root = process.env.PROXMOX_MPC_TEST_ROOT ?? ''

function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    return entry.isDirectory() ? filesBelow(path) : statSync(path).isFile() ? [path] : []
  })
}

it('the canary secret is in its own files and in nothing else that the run wrote or printed', () => {
  const files = filesBelow(root)
  const spelled = [
    CANARY,
    encodeURIComponent(CANARY),
    Buffer.from(CANARY).toString('base64'),
    Buffer.from(CANARY).toString('hex'),
  ]
  const holding = files.filter((path) => {
    const bytes = readFileSync(path)
    return spelled.some((text) => bytes.includes(text))
  })

  const leaks = holding
    .filter((path) => basename(path) !== 'canary-secret')
    .map((path) => relative(root, path))

  console.log(`searched ${files.length} files; ${holding.length - leaks.length} secret files hold the canary`)
  expect(holding.length - leaks.length).toBeGreaterThan(0)
  expect(leaks).toEqual([])
})
