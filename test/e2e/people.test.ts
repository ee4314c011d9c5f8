import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { parse, stringify } from 'yaml'
import { freshDirectory, type Ran, run } from '../support/program.js'

/** Who may decide what, through the real program: the README's two approvals for production, and accounts. */

const home = freshDirectory()
const config = join(home, '.proxmox/config.yml')
let serving: Promise<Ran>
let leave = () => {}

const as = async (person: string, ...words: readonly string[]) => {
  const ran = await run(['exec', '--home', home, '--as', person, '--json', '--', ...words])
  return { status: ran.status, answer: JSON.parse(ran.stdout) }
}
const codeOf = ({ answer }: { readonly answer: { readonly code: string } }) => answer.code

beforeAll(async () => {
  await run(['demo', '--home', home], { input: 'exit\n' })
  serving = run(['serve', '--home', home, '--port', '0'], {
    onStart: (child) => {
      leave = () => child.kill('SIGTERM')
    },
  })
  await new Promise((done) => setTimeout(done, 2500))
}, 60_000)
afterAll(async () => {
  leave()
  expect((await serving).status).toBe(0)
}, 30_000)

describe('two approvals and a reason for production', () => {
  beforeAll(async () => {
    for (const words of ['person add erin', 'grant add erin approver', 'person add frank'])
      expect((await as('carol', ...words.split(' '))).status).toBe(0)
    await as('carol', 'grant', 'add', 'frank', 'approver', 'pool=production')
    const rule = {
      name: 'production',
      when: { pool: 'production' },
      require: { approvals: 2, reason: true },
    }
    const before = parse(readFileSync(config, 'utf8'))
    writeFileSync(config, stringify({ ...before, policy: { ...before.policy, rules: [rule] } }))
  }, 60_000)

  it('are enforced, and explained by `why`', async () => {
    const asked = await as('alice', 'stop', 'web-01')
    const why = await as('alice', 'why', 'op1')
    const wordless = await as('erin', 'approve', 'op1')
    const first = await as('erin', 'approve', 'op1', '--reason', 'disk is failing')
    const twice = await as('erin', 'approve', 'op1', '--reason', 'once more')
    const reader = await as('dave', 'approve', 'op1', '--reason', 'why not')
    const second = await as('frank', 'approve', 'op1', '--reason', 'agreed')

    expect([asked.status, codeOf(asked)]).toEqual([3, 'needs_approval'])
    expect(JSON.stringify(why.answer.card)).toMatch(/production.*approval of 2 other persons.*a reason/)
    expect([wordless, twice, reader].map(codeOf)).toEqual(['needs_reason', 'already_decided', 'no_role'])
    expect([first.status, first.answer.operation.state]).toEqual([3, 'waiting'])
    expect([second.status, second.answer.operation.state]).toEqual([0, 'verified'])
  }, 90_000)

  it('do not hold elsewhere, and frank decides nothing there', async () => {
    const asked = await as('alice', 'stop', 'ct-cron')
    const { id } = asked.answer.operation
    const frank = await as('frank', 'approve', id)
    const bob = await as('bob', 'approve', id)

    expect(codeOf(frank)).toMatch(/^(unknown_operation|out_of_scope)$/)
    expect([bob.status, bob.answer.operation.state]).toEqual([0, 'verified'])
  }, 60_000)

  it('are nothing for somebody who is gone by the time', async () => {
    const asked = await as('alice', 'start', 'web-01')
    expect(asked.answer.operation.state).toBe('waiting')
    const { id } = asked.answer.operation
    await as('erin', 'approve', id, '--reason', 'needed again')
    expect((await as('carol', 'person', 'rm', 'erin')).status).toBe(0)
    const bob = await as('bob', 'approve', id, '--reason', 'needed again')

    // What erin decided does not count any more once it is to begin: somebody else has to.
    expect(bob.answer.operation.state).toBe('waiting')
    const frank = await as('frank', 'approve', id, '--reason', 'needed again')
    expect([frank.status, frank.answer.operation.state]).toEqual([0, 'verified'])
  }, 90_000)
})

describe('accounts', () => {
  it('after five wrong codes even the right one is refused for a while', async () => {
    const invited = await as('carol', 'person', 'invite', 'dave')
    const code = /link ([a-z0-9-]{9,})/.exec(JSON.stringify(invited.answer))?.[1]
    expect(code).toBeDefined()
    const tries = await Promise.all([1, 2, 3, 4, 5].map(() => as('alice', 'link', 'AAAA-AAAA')))
    const right = await as('alice', 'link', code ?? '')

    expect(tries.map(codeOf)).toContain('link_wrong')
    expect([right.status, codeOf(right)]).toEqual([2, 'link_locked'])
  }, 60_000)

  it('the last admin cannot be removed', async () => {
    expect(codeOf(await as('carol', 'person', 'rm', 'carol'))).toBe('last_admin')
  })

  it('the log tells of all of it, and is whole', async () => {
    const log = JSON.stringify((await as('bob', 'audit', 'log', '--limit', '100')).answer)
    for (const action of [
      'person.added',
      'grant.added',
      'policy.changed',
      'decision.retracted',
      'operation.refused',
    ])
      expect(log).toContain(action)
    expect((await as('bob', 'audit', 'verify')).status).toBe(0)
  }, 30_000)
})
