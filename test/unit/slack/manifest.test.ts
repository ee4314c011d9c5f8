import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { parse } from 'yaml'
import {
  EVENTS,
  manifestYaml,
  SCOPES,
  scopesMarkdown,
  slackManifest,
} from '../../../src/chat/derive/slack-manifest.js'
import { isRefusal } from '../../../src/core/refusal.js'
import { PROGRAMS, readArguments } from '../../../src/program/arguments.js'
import { runManifest } from '../../../src/program/manifest.js'
import { registry } from '../../../src/registry.js'
import { violations } from './manifest-schema.js'

const socket = slackManifest(registry, { mode: 'socket' })
const http = slackManifest(registry, { mode: 'http', url: 'https://pve.example.org', name: 'PVE' })

describe('the committed files', () => {
  it('manifest.yml is what the registry says', () => {
    expect(readFileSync('manifest.yml', 'utf8')).toBe(manifestYaml(socket))
    expect(parse(readFileSync('manifest.yml', 'utf8'))).toEqual(socket)
  })

  it('docs/slack-scopes.md explains each scope and event', () => {
    expect(readFileSync('docs/slack-scopes.md', 'utf8')).toBe(scopesMarkdown())
  })
})

describe('the manifest', () => {
  it('needs no address in Socket Mode', () => {
    expect(JSON.stringify(socket)).not.toContain('http')
    expect(socket).toMatchObject({
      features: {
        // Without the messages tab Slack takes no file for anybody alone.
        app_home: {
          home_tab_enabled: true,
          messages_tab_enabled: true,
          messages_tab_read_only_enabled: true,
        },
        slash_commands: [{ command: '/pve', should_escape: false }],
      },
      settings: { socket_mode_enabled: true, interactivity: { is_enabled: true } },
    })
  })

  it('names the address wherever Slack has to call in HTTP mode', () => {
    const at = 'https://pve.example.org/slack/events'

    expect(http).toMatchObject({
      display_information: { name: 'PVE' },
      features: { slash_commands: [{ url: at }] },
      settings: {
        socket_mode_enabled: false,
        event_subscriptions: { request_url: at },
        interactivity: { request_url: at, message_menu_options_url: at },
      },
    })
  })

  it('keeps a path that was given', () => {
    const own = slackManifest(registry, { mode: 'http', url: 'https://example.org/bots/pve' })

    expect(own).toMatchObject({
      settings: { event_subscriptions: { request_url: 'https://example.org/bots/pve' } },
    })
  })

  it('asks for nothing that it does not explain, and for the scopes of its events', () => {
    const scopes = SCOPES.map(({ scope }) => scope)

    expect(socket).toMatchObject({ oauth_config: { scopes: { bot: scopes } } })
    expect(scopes).toEqual([...new Set(scopes)])
    for (const { scope } of EVENTS) if (scope !== null) expect(scopes).toContain(scope)
    for (const { why } of [...SCOPES, ...EVENTS]) expect(why).not.toBe('')
  })

  it('hints at commands of chat only, and follows the registry', () => {
    const hint = (commands: typeof registry) =>
      JSON.stringify(slackManifest(commands, { mode: 'socket' })).match(/"usage_hint":"([^"]*)"/)?.[1] ?? ''
    const without = registry.filter(({ path }) => path[0] !== 'status')

    expect(hint(registry)).toContain('status')
    expect(hint(without)).not.toContain('status')
    expect(hint(registry.filter(({ surfaces }) => surfaces === 'console'))).toBe('')
    expect(hint(registry).length).toBeLessThan(300)
  })
})

const SPEC = '../shared/platform-specs/slack-manifest.schema.json'
// In CI it has to be there; elsewhere its absence is said aloud.
const withSpec = existsSync(SPEC) || process.env.CI === 'true' ? describe : describe.skip
if (!existsSync(SPEC)) console.warn('skipped: needs slack-manifest.schema.json')

withSpec("Slack's own schema", () => {
  const read = (): unknown => JSON.parse(readFileSync(SPEC, 'utf8'))

  it.each([
    ['socket', socket],
    ['http', http],
  ])('accepts the manifest for %s', (_, manifest) => {
    expect(violations(read(), manifest)).toEqual([])
  })

  it.each([
    ['a long name', { display_information: { name: 'x'.repeat(36) } }, '/display_information/name'],
    ['no name', { display_information: {} }, '/display_information/name: is missing'],
    ['a field nobody knows', { display_information: { name: 'x' }, nothing: 1 }, ''],
    [
      'a command without a slash',
      {
        display_information: { name: 'x' },
        features: { slash_commands: [{ command: 'pve', description: 'x' }] },
      },
      '/features/slash_commands/0/command',
    ],
    [
      'an event twice',
      { display_information: { name: 'x' }, settings: { event_subscriptions: { bot_events: ['a', 'a'] } } },
      'bot_events: has an item twice',
    ],
  ])('refuses %s', (_, manifest, place) => {
    expect(violations(read(), manifest).join('\n')).toContain(place)
    expect(violations(read(), manifest).length > 0).toBe(true)
  })
})

describe('proxmox-mpc manifest', () => {
  let directory = ''
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'manifest-'))
  })
  afterEach(() => rmSync(directory, { recursive: true, force: true }))

  const run = (...args: readonly string[]) => {
    const program = PROGRAMS.find(({ name }) => name === 'manifest')
    if (program === undefined) throw new Error('no such program')
    const read = readArguments(program, args)
    if (isRefusal(read)) return { result: read, printed: '' }
    const printed: string[] = []
    const output = { write: (text: string) => printed.push(text) }
    const result = runManifest(read.given, { output, workingDirectory: directory })
    return { result, printed: printed.join('') }
  }
  const file = () => join(directory, 'manifest.yml')

  it('prints YAML', () => {
    const { result, printed } = run('slack')

    expect(result).toBe(0)
    expect(parse(printed)).toEqual(socket)
    expect(existsSync(file())).toBe(false)
  })

  it('writes, and then is content', () => {
    expect(run('slack', '--check').result).toMatchObject({ code: 'manifest_differs' })
    expect(run('slack', '--write').result).toBe(0)
    expect(run('slack', '--check').result).toBe(0)
    expect(run('slack', '--check', '--mode', 'http', '--url', 'https://x.example').result).toMatchObject({
      code: 'manifest_differs',
    })
  })

  it('does not mind comments, and names what differs', () => {
    run('slack', '--write')
    const text = readFileSync(file(), 'utf8')
    writeFileSync(file(), `# ours\n${text}`)
    expect(run('slack', '--check').result).toBe(0)

    writeFileSync(
      file(),
      text.replace('      - users:read\n', '').replace('home_tab_enabled: true', 'home_tab_enabled: false'),
    )
    expect(run('slack', '--check').result).toMatchObject({
      code: 'manifest_differs',
      details: ['features.app_home.home_tab_enabled', 'oauth_config.scopes.bot'],
    })
  })

  it.each([
    ['{{{', 'cannot be read'],
    ['', 'is not what'],
    ['- a\n', 'is not what'],
  ])('refuses a file with %j', (text, message) => {
    writeFileSync(file(), text)

    expect(run('slack', '--check').result).toMatchObject({
      code: 'manifest_differs',
      message: expect.stringContaining(message),
    })
  })

  it.each([
    [[], 'missing_argument'],
    [['pigeon'], 'wrong_argument'],
    [['slack', 'more'], 'wrong_argument'],
    [['slack', '--mode', 'pigeon'], 'wrong_argument'],
    [['slack', '--mode', 'http'], 'missing_argument'],
    [['slack', '--url', 'https://x.example'], 'wrong_argument'],
    [['slack', '--mode', 'http', '--url', 'http://x.example'], 'wrong_argument'],
    [['slack', '--mode', 'http', '--url', 'https://a:b@x.example'], 'wrong_argument'],
    [['slack', '--mode', 'http', '--url', 'nonsense'], 'wrong_argument'],
    [['slack', '--name', 'x'.repeat(36)], 'wrong_argument'],
    [['slack', '--write', '--check'], 'wrong_argument'],
    [['slack', '--frob'], 'unknown_flag'],
  ])('%j is refused', (args, code) => {
    expect(run(...args).result).toMatchObject({ kind: 'refusal', code })
  })

  it('says where it cannot write', () => {
    rmSync(directory, { recursive: true })

    expect(run('slack', '--write').result).toMatchObject({ code: 'home_unwritable' })
  })
})
