import { describe, expect, it } from '@jest/globals'
import { standingChecks } from '../../../src/features/cluster/doctor-people.js'
import { approvalChannels } from '../../../src/features/workspaces/channels.js'
import { workspaceCommands } from '../../../src/features/workspaces/commands.js'
import type { Binding } from '../../../src/ports/store/bindings.js'
import { memoryBindings } from '../../fakes/memory-stores.js'
import { cardOf, contextOf, say, textOf, type World } from './support.js'

const WORKSPACES = [
  { name: 'demo', timeZone: 'UTC', clusters: ['lab'] },
  { name: 'far', timeZone: 'Europe/Berlin', clusters: ['far'] },
]
const HERE = { surface: 'slack', id: 'C0OPS', name: 'ops' } as const
const OPS: Binding = { surface: 'slack', channel: 'C0OPS', name: 'ops', workspace: 'demo', approvals: true }

function world(start: readonly Binding[] = [], more: World = {}) {
  const bindings = memoryBindings(start)
  const context = contextOf({ bindings, workspaces: WORKSPACES, channel: HERE, ...more })
  return {
    bindings,
    ask: (line: string | readonly string[]) => say(workspaceCommands, line, context),
    context,
  }
}

describe('workspace bind', () => {
  it('binds the channel in which it is typed', async () => {
    const { ask, bindings } = world()

    const card = cardOf(await ask('workspace bind'))

    expect(await bindings.list({})).toEqual([{ ...OPS, approvals: false }])
    expect(card.heading).toBe('#ops is bound now: it speaks of workspace demo')
    expect(card.tone).toBe('warning')
    expect(card.text).toContain('workspace bind demo --approvals')
    expect(card.actions[0]?.words).toBe('workspace unbind --channel C0OPS')
  })

  it('binds it for approvals, of the workspace that is named', async () => {
    const { ask, bindings } = world()

    const card = cardOf(await ask('workspace bind far --approvals'))

    expect(await bindings.list({})).toEqual([{ ...OPS, workspace: 'far' }])
    expect(card.tone).toBe('good')
  })

  it('says where it was bound before, and that it is quiet now', async () => {
    const { ask, bindings } = world([OPS])

    const { text } = cardOf(await ask('workspace bind far'))

    expect(await bindings.list({})).toMatchObject([{ workspace: 'far', approvals: false }])
    expect(text).toContain('had been bound to workspace demo')
    expect(text).toContain('not shown there for approval any more')
  })

  it('does nothing that is done', async () => {
    const { ask, context } = world([OPS])
    const bind = context.stores.bindings.bind
    Object.assign(context.stores.bindings, { bind: () => expect(bind).toBeNull() })

    expect(cardOf(await ask('workspace bind --approvals'))).toMatchObject({ outcome: 'already' })
  })

  it.each([
    ['C0FAR1', 'slack', 'C0FAR1', 'C0FAR1'],
    ['<#C0FAR1|far-ops>', 'slack', 'C0FAR1', 'far-ops'],
    ['<#C0FAR1>', 'slack', 'C0FAR1', 'C0FAR1'],
    ['123456789012345678', 'discord', '123456789012345678', '123456789012345678'],
  ])('takes the channel %s of %s', async (typed, surface, channel, name) => {
    const { ask, bindings } = world([], { channel: null })
    const more = surface === 'slack' ? [] : ['--surface', surface]

    cardOf(await ask(['workspace', 'bind', '--channel', typed, ...more]))

    expect(await bindings.list({})).toMatchObject([{ surface, channel, name, workspace: 'demo' }])
  })

  it('keeps the name that a channel is known by, when an ID is all that is typed', async () => {
    const { ask, bindings } = world([OPS], { channel: null })

    await ask('workspace bind far --channel C0OPS')

    expect(await bindings.list({})).toMatchObject([{ name: 'ops', workspace: 'far' }])
  })

  it.each([
    ['workspace bind', null, 'no_channel'],
    ['workspace bind', { ...HERE, id: '' }, 'no_channel'],
    ['workspace bind --surface discord', HERE, 'no_channel'],
    ['workspace bind', { ...HERE, id: 'D0ALICE' }, 'channel_refused'],
    ['workspace bind --channel D0ALICE', HERE, 'channel_refused'],
    ['workspace bind --channel #ops', HERE, 'wrong_argument'],
    ['workspace bind --channel <!channel>', HERE, 'wrong_argument'],
    ['workspace bind --channel C0OPS --surface discord', HERE, 'wrong_argument'],
    ['workspace unbind', null, 'no_channel'],
    ['workspace unbind', HERE, 'not_bound'],
    ['workspace unbind --channel C0FAR', HERE, 'not_bound'],
  ] as const)('%s in %j: %s', async (line, channel, code) => {
    const { ask, bindings } = world([], { channel })

    expect(await ask(line)).toMatchObject({ code })
    expect(await bindings.list({})).toEqual([])
  })

  it('is for admins, and nobody binds without anybody behind it', async () => {
    for (const name of ['workspace bind', 'workspace unbind']) {
      const command = workspaceCommands.find(({ path }) => path.join(' ') === name)
      expect(command).toMatchObject({ role: 'admin', risk: 'admin', surfaces: 'all' })
      expect(await world([OPS], { speaker: null }).ask(name)).toMatchObject({ code: 'no_role' })
    }
  })
})

describe('workspace unbind', () => {
  it('parts it, and warns when it was the last for approvals', async () => {
    const { ask, bindings } = world([OPS])

    const card = cardOf(await ask('workspace unbind'))

    expect(await bindings.list({})).toEqual([])
    expect(card).toMatchObject({ tone: 'warning', heading: '#ops does not speak of workspace demo any more' })
    expect(await ask('workspace unbind')).toMatchObject({ code: 'not_bound' })
  })

  it('is good where another one is left', async () => {
    const { ask } = world([OPS, { ...OPS, channel: 'C0TWO' }])

    expect(cardOf(await ask('workspace unbind')).tone).toBe('good')
  })
})

describe('workspace ls, show', () => {
  it('show the channels', async () => {
    const { ask } = world([OPS, { ...OPS, channel: 'C0DEV', name: '', approvals: false, workspace: 'far' }])

    expect(cardOf(await ask('workspace ls')).table?.rows).toMatchObject([
      { name: 'demo', channels: '#ops (approvals)' },
      { name: 'far', channels: 'Channel C0DEV' },
    ])
    const shown = cardOf(await ask('workspace show'))
    expect(shown.heading).toBe('Workspace demo')
    expect(shown.table?.rows).toEqual([
      { channel: '#ops', approvals: 'shown there', surface: 'slack', id: 'C0OPS' },
    ])
    expect(textOf(await ask('workspace show far'))).toContain('Europe/Berlin')
    expect(cardOf(await world().ask('workspace ls')).table?.columns.map(({ key }) => key)).not.toContain(
      'channels',
    )
  })
})

describe('where approvals are shown', () => {
  it('is told by workspace', async () => {
    const { context } = world([OPS, { ...OPS, channel: 'C0DEV', approvals: false }])

    expect(await approvalChannels(context.stores, 'demo')).toEqual([OPS])
    expect(await approvalChannels(context.stores, 'far')).toEqual([])
  })

  it.each([
    [[], [], []],
    [[], ['slack'], ['warning']],
    [[OPS], ['slack'], ['ok']],
    [[OPS], ['discord'], ['warning']],
    [[{ ...OPS, approvals: false }], ['slack'], ['warning']],
    [[{ ...OPS, workspace: 'far' }], ['slack'], ['warning']],
    [[{ ...OPS, workspace: 'gone' }], [], ['warning']],
  ] as const)('doctor, with %j and %j: %j', async (bindings, chats, states) => {
    const checks = await standingChecks(world(bindings, { chats }).context)

    expect(checks.filter(({ subject }) => subject === 'channels').map(({ state }) => state)).toEqual(states)
  })
})
