import { describe, expect, it } from '@jest/globals'
import { buttonsOf } from '../src/chat/buttons.js'
import { renderAnswer } from '../src/chat/console/render.js'
import { PLAIN } from '../src/chat/console/theme.js'
import { discordCommands, offeredArgs, slashName } from '../src/chat/derive/discord-commands.js'
import { discordButton } from '../src/chat/discord/components.js'
import { renderCard as discordCard } from '../src/chat/discord/embeds/card.js'
import { firstAnswer } from '../src/chat/discord/first.js'
import { readHeard } from '../src/chat/discord/heard-schema.js'
import { renderCard as slackCard } from '../src/chat/slack/blocks/card.js'
import { formOf } from '../src/chat/slack/form.js'
import { slackButton } from '../src/chat/slack/transport.js'
import { type ArgSpec, arg } from '../src/core/args.js'
import { type Card, card } from '../src/core/card.js'
import { type CommandMeta, commandName } from '../src/core/command.js'
import type { OperationState } from '../src/core/operation.js'
import { parse } from '../src/pipeline/parse.js'
import { registry } from '../src/registry.js'
import { inState, operation } from './unit/core/operations.js'

/** Every command, kind of argument, element of a card and action is there on all three surfaces. */

const inChat = registry.filter((command: CommandMeta) => command.surfaces === 'all')
const context = { channel: 'C1', thread: null, workspace: null, nonce: 'n' }

describe('commands', () => {
  it('of the console alone are these', () => {
    const kept = registry.filter((command: CommandMeta) => command.surfaces === 'console').map(commandName)

    expect(kept.toSorted()).toEqual(['as', 'exit', 'init', 'use'])
  })

  it.each(inChat.map((command) => [commandName(command), command] as const))(
    '%s: a line on the console, a form in Slack, a command of Discord',
    (name, command) => {
      const [example = ''] = command.examples
      expect(parse(registry, example)).toMatchObject({ kind: 'parsed', command })

      const form = formOf(command, {}, context)
      const fields = form.blocks.filter(({ type }) => type === 'input').length
      expect(fields).toBe(offeredArgs(command).length)

      const [, top = '', ...path] = /^\/(\S+) (\S+)(?: (\S+))?$/.exec(slashName(command)) ?? []
      const entry = discordCommands(registry).find((each) => each.name === top)
      const first = entry?.options?.find((each) => each.name === path[0])
      expect(first).toBeDefined()
      expect(JSON.stringify(first)).toContain(
        `"name":"${path.findLast((word) => word !== undefined) ?? name}"`,
      )
    },
  )
})

describe('kinds of arguments', () => {
  const words = { label: 'thing', summary: 'what it is' }
  const KINDS: { readonly [K in ArgSpec['kind']]: ArgSpec } = {
    guest: arg.guest(words),
    guests: arg.guests(words),
    resource: arg.resource(words, ['guest']),
    choice: arg.choice(words, ['one', 'two']),
    int: arg.int(words, 1, 5),
    duration: arg.duration(words),
    task: arg.task(words),
    workspace: arg.workspace(words),
    operation: arg.operation(words),
    person: arg.person(words),
    words: arg.words(words),
    text: arg.text(words, 100),
    switch: arg.flag(words),
  }

  it.each(Object.entries(KINDS))('%s is typed in the console', (kind, spec) => {
    const [some] = inChat
    if (some === undefined) throw new Error('no command')
    const command = { ...some, path: ['do'] as const, args: { thing: spec } }

    const parsed = parse(
      [command],
      `do ${kind === 'switch' ? '--thing' : spec.flag ? '--thing 3' : 'something'}`,
    )
    expect(parsed).toEqual({
      kind: 'parsed',
      command,
      raw: { thing: kind === 'switch' ? true : [spec.flag ? '3' : 'something'] },
    })
  })

  it.each(Object.entries(KINDS))('%s has a field in Slack and an option on Discord', (kind, spec) => {
    const [some] = inChat
    if (some === undefined) throw new Error('no command')
    const command = { ...some, kind: 'query' as const, args: { thing: spec } }

    const [field] = formOf(command, {}, context).blocks.filter(({ type }) => type === 'input')
    expect(JSON.stringify(field)).toContain('"action_id":"thing"')
    const [option] = offeredArgs(command)
    expect(option).toEqual(['thing', spec])
    expect(JSON.stringify(discordCommands([command]))).toContain('"name":"thing"')
    expect(spec.kind).toBe(kind)
  })
})

describe('elements of cards', () => {
  const table = {
    columns: [{ key: 'a', label: 'column', unit: 'text' as const, priority: 0 }],
    rows: [{ a: 'cell-one' }, { a: 'cell-two' }],
    empty: 'nothing there',
  }
  const ELEMENTS: {
    readonly [E in keyof Omit<Card, 'kind' | 'outcome' | 'tone'>]-?: [Partial<Card>, string]
  } = {
    heading: [{ heading: 'the-heading' }, 'the-heading'],
    text: [{ text: 'some-text' }, 'some-text'],
    facts: [{ facts: [{ label: 'label-of-it', value: 'value-of-it', unit: 'text' }] }, 'value-of-it'],
    table: [{ table }, 'cell-two'],
    charts: [
      {
        charts: [
          {
            title: 'load',
            from: '2026-01-01T00:00:00.000Z',
            to: '2026-01-01T01:00:00.000Z',
            stepSeconds: 60,
            series: [{ label: 'the-series', unit: 'count', values: [1, 2, 3] }],
          },
        ],
      },
      'the-series',
    ],
    sections: [{ sections: [{ title: 'a-section', text: 'text-in-it' }] }, 'text-in-it'],
    code: [{ code: { language: 'sh', text: 'run-this' } }, 'run-this'],
    files: [{ files: [{ name: 'a-file.txt', mediaType: 'text/plain', text: 'inside' }] }, 'a-file.txt'],
    actions: [{ actions: [{ label: 'do-it', words: 'status' }] }, 'do-it'],
    sources: [{ sources: [{ cluster: 'from-there', kind: 'live', at: null }] }, 'from-there'],
  }

  it.each(Object.entries(ELEMENTS))('%s is drawn on all three', (_, [part, marker]) => {
    const drawn = card({ heading: 'Something', ...part })
    const drawing = { timeZone: 'UTC', now: new Date('2026-01-02T00:00:00.000Z') }
    const plain = (value: unknown): string => JSON.stringify(value).replaceAll('\\\\', '')

    expect(renderAnswer(drawn, { ...drawing, columns: 80, theme: PLAIN }).join('\n')).toContain(marker)
    expect(plain(slackCard(drawn, drawing))).toContain(marker)
    expect(plain(discordCard(drawn, drawing))).toContain(marker)
  })

  it.each(['good', 'warning', 'danger', 'muted', 'neutral'] as const)(
    'the tone %s is told by a sign',
    (tone) => {
      const drawn = card({ heading: 'Something', tone })
      const drawing = { timeZone: 'UTC', now: new Date(0) }
      const sign = /"text":"(\P{L}*)Something/u.exec(JSON.stringify(slackCard(drawn, drawing).blocks))?.[1]

      expect(discordCard(drawn, drawing).embeds[0]?.title).toBe(`${sign ?? 'none'}Something`)
    },
  )
})

describe('actions on operations', () => {
  const STATES: readonly OperationState[] = ['waiting', 'ready', 'running', 'unknown', 'verified', 'denied']

  it.each(STATES)(
    'in state %s are the same buttons in Slack and on Discord, which lead somewhere',
    (state) => {
      const buttons = buttonsOf(state === 'waiting' ? operation() : inState(state), () => 'pve1')

      for (const button of buttons) {
        const [inSlack, onDiscord] = [slackButton(button), discordButton(button)]
        expect(inSlack.value).toBe(button.value)
        expect(onDiscord.customId.replace(/^sure:/, '')).toBe(button.value)
        expect([inSlack.label, onDiscord.label]).toEqual([button.label, button.label])
        // Asked once more where something is destroyed, on both.
        if (button.style === 'danger')
          expect(button.sure === null || onDiscord.customId.startsWith('sure:')).toBe(true)
        const heard = readHeard({
          id: '1',
          application_id: '2',
          token: 't',
          type: 3,
          guild_id: '3',
          channel_id: '4',
          member: { user: { id: '5', username: 'bob' }, roles: [] },
          message: { id: '6', flags: 0 },
          data: { custom_id: onDiscord.customId },
        })
        if (heard === null || heard.kind === 'ping') throw new Error('not heard')
        expect(firstAnswer(heard, registry).kind).not.toBe('nothing')
      }
      expect(buttons.length > 0).toBe(['waiting', 'ready', 'running', 'unknown'].includes(state))
    },
  )
})
