import { userInfo } from 'node:os'
import { resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { lineFor } from '../../../src/chat/offers.js'
import { commandNamed } from '../../../src/chat/slack/form.js'
import { optionsFor } from '../../../src/chat/slack/options.js'
import { type OpenHome, openHome } from '../../../src/compose.js'
import { homePaths } from '../../../src/config/home.js'
import { isRefusal } from '../../../src/core/refusal.js'
import { registry } from '../../../src/registry.js'
import { systemClock } from '../../../src/system/clock.js'
import { type Lab, startLab } from '../../support/lab.js'

/** What the lists of forms offer of a real home, and that every offer is one thing to the grammar. */

const caller = { surface: 'console', account: userInfo().username, as: null } as const
let lab: Lab
let home: OpenHome
beforeAll(async () => {
  lab = await startLab()
  await lab.ready()
  const opened = await openHome(homePaths(lab.home), {
    environment: {},
    clock: systemClock,
    user: userInfo().username,
    packageRoot: resolve('.'),
    logLevel: 'warn',
    logTarget: null,
  })
  if (isRefusal(opened)) throw new Error(opened.message)
  home = opened
  await home.syncer.sync('lab')
})
afterAll(async () => {
  await home.close()
  await lab.simulator.close()
})

async function list(name: string, argument: string, typed = '') {
  const command = commandNamed(registry, name)
  const spec = command?.args[argument]
  if (command === null || spec === undefined) throw new Error(`no ${argument} of ${name}`)
  const completions = await home.road.complete(lineFor(command, argument), null, caller, 'all')
  return optionsFor(spec, typed, completions, []).map(({ text, value }) => ({
    text: text.text,
    value: value ?? '',
  }))
}

describe('the list of things to show', () => {
  it('tells local storages of one name apart', async () => {
    const local = (await list('show', 'what', 'local')).map(({ value }) => value)

    expect(local).toEqual(expect.arrayContaining(['storage/pve1/local', 'storage/pve2/local']))
    expect(local).not.toContain('local')
  })

  it('finds a guest by its number, and shows where it is', async () => {
    const [first] = await list('stop', 'guests', '101')

    expect(first?.text).toMatch(/^\S+ \(101, pve\d, \w+\)$/)
  })

  it('offers nothing that is not exactly one thing', async () => {
    const offered = await list('show', 'what')
    const answers = await Promise.all(
      offered.map(async ({ value }) => [
        value,
        await home.road.ask({ caller, words: ['show', value], workspace: null }),
      ]),
    )

    expect(offered.length).toBeGreaterThan(10)
    expect(answers.filter(([, answer]) => isRefusal(answer))).toEqual([])
  })

  it('offers the newest tasks, and each can be shown', async () => {
    const tasks = await list('task show', 'task')
    const [newest] = tasks
    const answer = await home.road.ask({
      caller,
      words: ['task', 'show', newest?.value ?? ''],
      workspace: null,
    })

    expect(tasks.length).toBeGreaterThan(0)
    expect(isRefusal(answer)).toBe(false)
  })

  it('offers nothing to a stranger', async () => {
    const stranger = { surface: 'slack', account: 'U0STRANGER', as: null } as const

    expect(await home.road.complete('show ', null, stranger, 'all')).toEqual([])
    expect(await home.road.complete('task show ', null, stranger, 'all')).toEqual([])
  })
})
