import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { manifestYaml, slackManifest } from '../../../src/chat/derive/slack-manifest.js'
import { slackChecks } from '../../../src/chat/slack/doctor.js'
import type { SlackSettings } from '../../../src/ports/slack-settings.js'
import type { Binding } from '../../../src/ports/store/bindings.js'
import { registry } from '../../../src/registry.js'
import { memoryBindings } from '../../fakes/memory-stores.js'
import { type FakeSlack, startSlack } from '../../fakes/slack/server.js'

/** What `doctor slack` says of the home's own side. */

const NONE = { waiting: 0, givenUp: 0 }
const OPS: Binding = { surface: 'slack', channel: 'C0OPS', name: 'ops', workspace: 'lab', approvals: true }
let slack: FakeSlack
let home = ''
beforeEach(async () => {
  slack = await startSlack({ manifest: slackManifest(registry, { mode: 'socket' }) })
  slack.addChannel({ id: 'C0OPS', name: 'ops' })
  slack.addChannel({ id: 'C0FAR', name: 'far' })
  home = mkdtempSync(join(tmpdir(), 'doctor-slack-'))
})
afterEach(async () => {
  rmSync(home, { recursive: true, force: true })
  await slack.stop()
})

async function checks(
  more: {
    readonly bindings?: readonly Binding[]
    readonly said?: typeof NONE
    readonly stuck?: typeof NONE
    readonly workspaces?: readonly string[]
    readonly mode?: SlackSettings['mode']
  } = {},
) {
  const { said = NONE, stuck = NONE, workspaces = ['lab'], mode = 'socket' } = more
  const found = await slackChecks(
    {
      ...{ mode, botToken: slack.botToken, appToken: slack.appToken, signingSecret: null },
      ...{ host: '127.0.0.1', port: 0, groups: {}, onlyGroups: [], commandsPerMinute: 30 },
      apiUrl: slack.apiUrl,
    },
    {
      bindings: memoryBindings(more.bindings ?? [OPS]),
      outbox: { waiting: async () => said },
      cards: { stuck: async () => stuck },
    },
    { home, commands: registry, workspaces },
  )
  return (subject: string) => found.find((each) => each.subject === `slack: ${subject}`)
}
const write = (text: string) => writeFileSync(join(home, 'manifest.yml'), text)

describe('what was not shown yet', () => {
  it('is nothing, mostly', async () => {
    expect((await checks())('outbox')).toMatchObject({ state: 'ok', finding: 'nothing waits' })
  })

  it('are cards that could not be delivered as well', async () => {
    const of = await checks({ stuck: { waiting: 2, givenUp: 1 } })
    expect(of('outbox')).toMatchObject({
      state: 'warning',
      finding: 'of cards 2 could not be shown and are tried again, 1 were given up in the last 30 days',
    })
    const both = await checks({ said: { waiting: 3, givenUp: 0 }, stuck: { waiting: 2, givenUp: 0 } })
    expect(both('outbox')?.finding).toMatch(/^3 wait to be said.*; of cards 2/)
  })
})

describe('the manifest', () => {
  it('that was written is compared with the commands; what Slack has, people are told to look at', async () => {
    expect((await checks())('manifest')).toMatchObject({
      state: 'skipped',
      finding: expect.stringContaining('no manifest.yml in this home'),
      hint: expect.stringContaining('app_home_opened'),
    })
    write(manifestYaml(slackManifest(registry, { mode: 'socket', name: 'PVE' })))
    expect((await checks())('manifest')).toMatchObject({ state: 'ok' })

    write(
      manifestYaml(slackManifest(registry, { mode: 'socket' })).replace(
        'messages_tab_enabled: true',
        'messages_tab_enabled: false',
      ),
    )
    expect((await checks())('manifest')).toMatchObject({
      state: 'warning',
      finding: expect.stringContaining('features.app_home.messages_tab_enabled'),
    })
  })

  it('of a home over HTTP keeps the address that it has', async () => {
    write(manifestYaml(slackManifest(registry, { mode: 'http', url: 'https://pve.example.org/bot' })))

    expect((await checks({ mode: 'http' }))('manifest')).toMatchObject({ state: 'ok' })
    expect((await checks())('manifest')).toMatchObject({ state: 'warning' })
  })

  it.each(['{{{', '- a\n', ''])('is not taken from a file with %j', async (text) => {
    write(text)

    expect((await checks())('manifest')).toMatchObject({ state: 'warning' })
  })
})

describe('channels for approvals', () => {
  it.each([
    [[OPS], ['lab'], null],
    [[{ ...OPS, approvals: false }], ['lab'], 'of lab:'],
    [[OPS, { ...OPS, channel: 'C0FAR', workspace: 'far', approvals: false }], ['lab', 'far'], 'of far:'],
    [[OPS], ['lab', 'far'], 'of far:'],
    [[OPS, { ...OPS, surface: 'discord', channel: '12', workspace: 'far' }], ['lab', 'far'], null],
  ] as const)('of %j in %j', async (bindings, workspaces, said) => {
    const check = (await checks({ bindings, workspaces }))('approvals')

    if (said === null) expect(check).toBeUndefined()
    else expect(check).toMatchObject({ state: 'warning', finding: expect.stringContaining(said) })
  })
})
