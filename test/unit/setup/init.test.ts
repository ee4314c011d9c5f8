import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import { homePaths, readHome } from '../../../src/config/home.js'
import { refuse } from '../../../src/core/refusal.js'
import type { Asked, Prompts } from '../../../src/ports/prompts.js'
import { pveConnector } from '../../../src/pve/connector.js'
import { init } from '../../../src/setup/init.js'
import type { InitAnswers } from '../../../src/setup/questions.js'
import { type Simulator, startSimulator } from '../../../src/simulator/server.js'
import { systemClock } from '../../../src/system/clock.js'
import { CANARY, canaryFile, freshDirectory } from '../../support/program.js'

const READ = 'mpc@pve!read'
const OPERATE = 'mpc@pve!operate'

let simulator: Simulator
let home: string
/** Not the canary, which may lie in its own file alone. */
const typed = () => simulator.tokens[OPERATE] ?? ''

beforeAll(async () => {
  simulator = await startSimulator({
    seed: 1,
    authDelayMs: 20,
    tokens: { [READ]: CANARY },
  })
})
afterAll(() => simulator.close())
beforeEach(() => {
  home = freshDirectory()
})

type Script = Readonly<Record<string, string | boolean | 'cancel'>>

/** Answers by the names of flags; what is not in the script cannot be asked, as without a terminal. */
function scripted(script: Script) {
  const asked: string[] = []
  const notes: string[] = []
  const answer = (flag: string): Asked<string | boolean> => {
    asked.push(flag)
    const value = script[flag]
    if (value === undefined) return refuse('missing_argument', `--${flag} is missing`, 'Give it.')
    return value === 'cancel' ? { kind: 'cancelled' } : { kind: 'value', value }
  }
  const text = async ({ flag }: { flag: string }): Promise<Asked<string>> => {
    const given = answer(flag)
    return given.kind === 'value' ? { kind: 'value', value: String(given.value) } : given
  }
  const prompts: Prompts = {
    text,
    secret: text,
    select: text,
    confirm: async ({ flag }) => {
      const given = answer(flag)
      return given.kind === 'value' ? { kind: 'value', value: given.value === true } : given
    },
    note: (title, body) => notes.push(`${title}\n${body}`),
  }
  return { prompts, asked, notes }
}

async function run(script: Script, flags: InitAnswers = {}) {
  const { prompts, asked, notes } = scripted(script)
  const answers = {
    workspace: 'lab',
    cluster: 'lab',
    endpoint: simulator.endpoint,
    tokenId: READ,
    tokenSecretFile: canaryFile(home),
    fingerprint: simulator.fingerprint,
    ...flags,
  }
  const done = await init(answers, {
    paths: homePaths(home),
    connector: pveConnector({ clock: systemClock, random: Math.random }),
    prompts,
    localTimeZone: 'UTC',
    workingDirectory: home,
    signal: new AbortController().signal,
    demo: false,
  })
  return { done, asked, notes: notes.join('\n') }
}

const text = () => readFileSync(join(home, '.proxmox/config.yml'), 'utf8')
const config = () => readHome(homePaths(home))
const tokens = (operate: object) => ({ workspaces: { lab: { clusters: { lab: { tokens: { operate } } } } } })

function secretFile(token: string): string {
  const path = join(freshDirectory(), 'secret')
  writeFileSync(path, simulator.tokens[token] ?? '', { mode: 0o600 })
  return path
}

describe('the token for changes', () => {
  it('is asked for; a typed secret goes to a file that only its owner reads', async () => {
    const { done, asked, notes } = await run({
      operate: 'own',
      'operate-token-id': OPERATE,
      'operate-token-secret-file': typed(),
      solo: false,
    })
    const file = join(home, '.proxmox/secrets/lab-operate')

    expect(done).toMatchObject({ kind: 'done', changes: true })
    expect(asked).toEqual(['operate', 'operate-token-id', 'operate-token-secret-file', 'solo'])
    expect(notes).not.toContain('lacks')
    expect(readFileSync(file, 'utf8')).toBe(`${typed()}\n`)
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(text()).not.toContain(typed())
    expect(text()).not.toContain(CANARY)
    expect(config()).toMatchObject(tokens({ id: OPERATE, secret: `$\{file:.proxmox/secrets/lab-operate}` }))
  })

  it('can be the same token, which is told what it lacks for changes', async () => {
    const { done, asked, notes } = await run({ operate: 'same', solo: false })

    expect(done).toMatchObject({ kind: 'done', changes: true })
    expect(asked).toEqual(['operate', 'solo'])
    expect(notes).toMatch(/mpc@pve!read lacks for changes\n[\s\S]*VM\.PowerMgmt/)
    expect(notes).toMatch(/pveum role add MpcOperator[\s\S]*--tokens 'mpc@pve!read'/)
    expect(text()).not.toMatch(/[&*]a1/)
    expect(config()).toMatchObject(tokens({ id: READ, secret: `$\{file:${join(home, 'canary-secret')}}` }))
  })

  it('can be left out', async () => {
    const { done } = await run({ operate: 'none', solo: false })

    expect(done).toMatchObject({ kind: 'done', changes: false })
    expect(text()).not.toContain('operate')
  })

  it.each<[string, (file: () => string) => InitAnswers, boolean, string | null]>([
    ['none of them', () => ({}), false, null],
    ['--operate same', () => ({ operate: 'same' }), true, READ],
    ['--operate none', () => ({ operate: 'none' }), false, null],
    ['id and file', (file) => ({ operateTokenId: OPERATE, operateTokenSecretFile: file() }), true, OPERATE],
  ])('by flags with %s, and nobody to ask', async (_, flags, changes, id) => {
    const { done } = await run(
      {},
      flags(() => secretFile(OPERATE)),
    )

    expect(done).toMatchObject({ kind: 'done', changes })
    if (id !== null) expect(config()).toMatchObject(tokens({ id }))
    expect(existsSync(join(home, '.proxmox/secrets/lab-operate'))).toBe(false)
  })

  it.each<[string, Script, (file: () => string) => InitAnswers, string, RegExp]>([
    ['a word that --operate does not know', {}, () => ({ operate: 'yes' }), 'wrong_argument', /same/],
    [
      'the same token and another one',
      {},
      () => ({ operate: 'same', operateTokenId: OPERATE }),
      'wrong_argument',
      /contradict/,
    ],
    [
      'an id without a secret',
      {},
      () => ({ operateTokenId: OPERATE }),
      'missing_argument',
      /operate-token-secret-file/,
    ],
    [
      'a secret without an id',
      {},
      (file) => ({ operateTokenSecretFile: file() }),
      'missing_argument',
      /operate-token-id/,
    ],
    [
      'an id that is none',
      {},
      (file) => ({ operateTokenId: 'x@pve', operateTokenSecretFile: file() }),
      'wrong_argument',
      /x@pve/,
    ],
    [
      'a secret that PVE does not take',
      {},
      (file) => ({ operateTokenId: 'mpc@pve!admin', operateTokenSecretFile: file() }),
      'auth_failed',
      /./,
    ],
    ['a person who leaves', { operate: 'cancel' }, () => ({}), 'init_interrupted', /./],
    [
      'a person who leaves at the last question',
      { operate: 'none', solo: 'cancel' },
      () => ({}),
      'init_interrupted',
      /./,
    ],
  ])('with %s nothing is left behind', async (_, script, flags, code, message) => {
    const { done } = await run(
      script,
      flags(() => secretFile(OPERATE)),
    )

    expect(done).toMatchObject({ kind: 'refusal', code, message: expect.stringMatching(message) })
    expect(existsSync(join(home, '.proxmox'))).toBe(false)
  })
})

describe('one person alone', () => {
  it('is asked for, and written with what it means', async () => {
    await run({ operate: 'none', solo: true })

    expect(config()).toMatchObject({ policy: { solo: true } })
    expect(text()).toMatch(/policy:\n {2}# .*typed.*\n/)
  })

  it.each<[string, Script, InitAnswers, boolean]>([
    ['--solo', {}, { solo: true }, true],
    ['--no-solo', { solo: true }, { solo: false }, false],
    ['neither', {}, {}, false],
  ])('with %s', async (_, script, flags, solo) => {
    const { asked } = await run(script, { operate: 'none', ...flags })

    expect(config()).toMatchObject({ policy: { solo } })
    expect(text().includes('policy')).toBe(solo)
    expect(asked).not.toContain(flags.solo === undefined ? 'nothing' : 'solo')
  })

  it('is not asked again for a further workspace, nor changed by a flag', async () => {
    await run({}, { operate: 'none', solo: true })
    const far = { operate: 'none', workspace: 'far', cluster: 'far' } as const
    const refused = await run({ solo: false }, { ...far, solo: false })
    const added = await run({ solo: false }, far)

    expect(refused.done).toMatchObject({ code: 'wrong_argument' })
    expect(added).toMatchObject({ done: { kind: 'done' }, asked: [] })
    expect(config()).toMatchObject({ policy: { solo: true }, workspaces: { lab: {}, far: {} } })
    expect(text()).toMatch(/# .*typed/)
  })

  it('a second workspace keeps the secrets of the first', async () => {
    mkdirSync(join(home, '.proxmox/secrets'), { recursive: true })
    await run({ operate: 'own', 'operate-token-id': OPERATE, 'operate-token-secret-file': typed() })
    await run(
      { operate: 'own', 'operate-token-id': OPERATE, 'operate-token-secret-file': typed() },
      { workspace: 'far', cluster: 'far' },
    )

    for (const name of ['lab-operate', 'far-operate'])
      expect(existsSync(join(home, '.proxmox/secrets', name))).toBe(true)
  })
})
