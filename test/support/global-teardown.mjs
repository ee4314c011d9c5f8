// After all tests: the canary secret must be in its own files and nowhere else. The requests that were sent are kept
// for nothing else than test/zz-requests.test.ts, which ran before.
import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'

export const CANARY = 'ca9a57ec-0ff3-4c0d-9a1e-5ec2e7ca9a57'

/** The one file that a secret of the run may be in, by name. */
const SECRET_FILE = 'canary-secret'

function filesBelow(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    return entry.isDirectory() ? filesBelow(path) : statSync(path).isFile() ? [path] : []
  })
}

export default function teardown() {
  const root = process.env.PROXMOX_MPC_TEST_ROOT
  if (root === undefined) return
  const files = filesBelow(root)
  const spelled = [CANARY, encodeURIComponent(CANARY), Buffer.from(CANARY).toString('base64')]
  const leaks = files
    .filter((path) => basename(path) !== SECRET_FILE)
    .filter((path) => {
      const bytes = readFileSync(path)
      return spelled.some((text) => bytes.includes(text))
    })
  rmSync(root, { recursive: true, force: true, maxRetries: 5 })
  if (leaks.length > 0) {
    console.error(`\nThe canary secret leaked into:\n  ${leaks.join('\n  ')}\n`)
    throw new Error(`the canary secret leaked into ${leaks.length} files`)
  }
  if (files.length > 0)
    console.log(`\nThe canary secret is in none of ${files.length} files that this run wrote.`)
}
