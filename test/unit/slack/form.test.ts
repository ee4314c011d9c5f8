import { describe, expect, it } from '@jest/globals'
import type { InputBlock, ModalView } from '@slack/types'
import {
  CHOOSE_ACTION,
  chooserOf,
  commandNamed,
  commandOptions,
  firstAnswer,
  formOf,
} from '../../../src/chat/slack/form.js'
import { readMetadata, writeMetadata } from '../../../src/chat/slack/form-metadata.js'
import { errorsOf, wordsOf } from '../../../src/chat/slack/form-values.js'
import type { RawArgs } from '../../../src/core/args.js'
import { commandName } from '../../../src/core/command.js'
import { isRefusal, refuse } from '../../../src/core/refusal.js'
import { parse, read } from '../../../src/pipeline/parse.js'
import type { CommandForm } from '../../../src/ports/road.js'
import { registry } from '../../../src/registry.js'

const CONTEXT = { nonce: 'n1', channel: 'C0OPS', thread: '1700000000.000100', workspace: 'lab' }
const inChat = registry.filter(({ surfaces }) => surfaces === 'all')

function commandOf(name: string): CommandForm {
  const found = commandNamed(registry, name)
  if (found === null) throw new Error(`no command ${name}`)
  return found
}

const inputs = (view: ModalView): readonly InputBlock[] =>
  view.blocks.flatMap((block) => (block.type === 'input' ? [block as InputBlock] : []))
const nameOf = (block: InputBlock) => (block.block_id ?? '').split(':')[1] ?? ''
const elementOf = (view: ModalView, name: string) =>
  inputs(view).find((block) => nameOf(block) === name)?.element

describe('firstAnswer', () => {
  const first = (line: string, modal = true) => firstAnswer(read(registry, line), { modal })

  it.each([
    ['', 'choose'],
    ['   ', 'choose'],
    ['task', 'choose'],
    ['start', 'fill'],
    ['task show', 'fill'],
    ['stop --reason old', 'fill'],
    ['grant add maria', 'fill'],
  ])('%j opens a form', (line, form) => {
    expect(first(line)).toMatchObject({ kind: 'form', form })
    expect(first(line, false)).toEqual({ kind: 'ack' })
  })

  it.each([
    'status',
    'start web-01',
    'start --help',
    'statsu',
    'task frobnicate',
    'ls "',
    'stop --frob',
    'use',
    'as',
  ])('%j is acknowledged', (line) => expect(first(line)).toEqual({ kind: 'ack' }))

  it('offers a family only its own, and never what is for the console', () => {
    const names = (line: string) => {
      const answer = first(line)
      return answer.kind === 'form' && answer.form === 'choose' ? answer.commands.map(commandName) : []
    }

    expect(names('task')).toEqual(['task ls', 'task show'])
    expect(names('')).toEqual(inChat.map(commandName))
    expect(commandNamed(registry, 'exit')).toBeNull()
    expect(commandNamed(registry, 'constructor')).toBeNull()
  })
})

describe('the list of commands', () => {
  const offers = inChat.map((command) => ({ text: commandName(command), note: command.summary }))
  const values = (family: string | null, typed: string) =>
    commandOptions(offers, family, typed).map(({ value }) => value)

  it.each([
    ['', null],
    ['task', 'task'],
  ])('after %j asks what this person may choose, of family %j', (line, family) => {
    const answer = firstAnswer(read(registry, line), { modal: true })
    if (answer.kind !== 'form' || answer.form !== 'choose') throw new Error('not a list')
    const view = chooserOf(answer.commands, CONTEXT)
    const [block] = view.blocks
    const list = block?.type === 'section' && 'accessory' in block ? block.accessory : undefined

    expect(list).toMatchObject({
      type: 'external_select',
      action_id: CHOOSE_ACTION,
      min_query_length: 0,
    })
    expect(readMetadata(view.private_metadata ?? '')).toMatchObject({ command: family, channel: 'C0OPS' })
  })

  it('offers each command once, within what a list may hold', () => {
    expect(values(null, '')).toEqual(inChat.map(commandName).slice(0, 100))
    for (const { text } of commandOptions(offers, null, '')) expect(text.text.length).toBeLessThanOrEqual(75)
  })

  it('of a family only its own', () => {
    expect(values('task', '')).toEqual(['task ls', 'task show'])
    expect(values('task', 'sh')).toEqual(['task show'])
  })

  it('has what begins with the typed text before what only speaks of it', () => {
    const named = values(null, 'Snap')

    expect(named.slice(0, 1)).toEqual(
      inChat
        .map(commandName)
        .filter((name) => name.startsWith('snap'))
        .slice(0, 1),
    )
    expect(values(null, 'no such thing')).toEqual([])
  })
})

describe('a form', () => {
  it('has a field for each argument, filled with what was given', () => {
    const command = commandOf('ls')
    const view = formOf(
      command,
      { what: ['nodes'], select: ['web-01,tag=prod', '102'], limit: ['5'] },
      CONTEXT,
    )

    expect(inputs(view).map(nameOf)).toEqual(Object.keys(command.args))
    expect(elementOf(view, 'what')).toMatchObject({ initial_option: { value: 'nodes' } })
    expect(elementOf(view, 'select')).toMatchObject({
      type: 'multi_external_select',
      min_query_length: 0,
      initial_options: [{ value: 'web-01' }, { value: 'tag=prod' }, { value: '102' }],
    })
    expect(elementOf(view, 'limit')).toMatchObject({
      type: 'number_input',
      min_value: '1',
      initial_value: '5',
    })
    expect(readMetadata(view.private_metadata ?? '')).toEqual({
      v: 1,
      command: 'ls',
      channel: 'C0OPS',
      thread: '1700000000.000100',
      workspace: 'lab',
    })
  })

  it('asks for reason and the like, and not for what is asked later', () => {
    expect(inputs(formOf(commandOf('stop'), {}, CONTEXT)).map(nameOf)).toEqual([
      'guests',
      'reason',
      'canary',
      'parallel',
      'keep-going',
    ])
    const given = formOf(commandOf('stop'), { type: ['web-01'], 'keep-going': true }, CONTEXT)
    expect(elementOf(given, 'type')).toMatchObject({ initial_value: 'web-01' })
    expect(elementOf(given, 'keep-going')).toMatchObject({ initial_options: [{ value: 'keep-going' }] })
  })

  it('stands at the first field that is missing', () => {
    const view = formOf(commandOf('grant add'), { person: ['maria'] }, CONTEXT)

    expect(
      inputs(view)
        .filter(({ element }) => 'focus_on_load' in element)
        .map(nameOf),
    ).toEqual(['role'])
    expect(elementOf(view, 'role')).toMatchObject({ type: 'radio_buttons' })
  })

  it('has new fields each time, so that new values are taken', () => {
    const blocks = (nonce: string) =>
      inputs(formOf(commandOf('stop'), {}, { ...CONTEXT, nonce })).map((b) => b.block_id)

    expect(blocks('a').some((id) => blocks('b').includes(id))).toBe(false)
  })

  const GIVEN: RawArgs = {
    guests: [`x${'y'.repeat(400)}`, 'a'.repeat(100), '😀'.repeat(60)],
    select: Array.from({ length: 500 }, (_, i) => `vm-${i}`),
    reason: ['<!channel> ‮'.repeat(1000)],
    limit: ['-99999999'],
    canary: ['many'],
    what: ['nothing like it'],
    code: ['z'.repeat(5000)],
  }
  it.each(
    inChat.flatMap(
      (command) =>
        [
          [commandName(command), command, {}],
          [`${commandName(command)}, odd values`, command, GIVEN],
        ] as const,
    ),
  )('%s keeps the limits of Slack', (_, command, given) => {
    const view = formOf(command, given, CONTEXT)

    expect(problemsOf(view)).toEqual([])
  })
})

/** What Slack would refuse, from its documented limits. */
function problemsOf(view: ModalView): readonly string[] {
  const problems: string[] = []
  const most = (what: string, text: string | undefined, limit: number) => {
    if (text === undefined || text.length === 0 || text.length > limit)
      problems.push(`${what}: ${text?.length}`)
  }
  most('title', view.title.text, 24)
  most('submit', view.submit?.text, 24)
  most('close', view.close?.text, 24)
  most('private_metadata', view.private_metadata, 3000)
  if (view.blocks.length > 100) problems.push('blocks')
  if (JSON.stringify(view).length > 250_000) problems.push('view')
  if (new Set(view.blocks.map(({ block_id }) => block_id)).size < inputs(view).length)
    problems.push('block ids')
  for (const block of inputs(view)) {
    most('block id', block.block_id, 255)
    most('label', block.label.text, 2000)
    most('hint', block.hint?.text, 2000)
    const { element } = block
    const options = [
      ...('options' in element ? (element.options ?? []) : []),
      ...('initial_options' in element ? (element.initial_options ?? []) : []),
      ...('initial_option' in element && element.initial_option !== undefined
        ? [element.initial_option]
        : []),
    ]
    if (options.length > 200) problems.push('options')
    for (const { text, value } of options) {
      most('option', text.text, 75)
      most('value', value, 150)
    }
    if (element.type === 'plain_text_input') {
      if ((element.initial_value?.length ?? 0) > (element.max_length ?? 3000)) problems.push('initial value')
      if ((element.max_length ?? 1) > 3000) problems.push('max_length')
    }
    if (element.type === 'number_input' && element.initial_value !== undefined) {
      const number = Number(element.initial_value)
      if (!(number >= Number(element.min_value) && number <= Number(element.max_value)))
        problems.push('number')
    }
    const few = element.type === 'checkboxes' || element.type === 'radio_buttons'
    if (few && element.options.length > 10) problems.push('choices')
  }
  return problems
}

/** What Slack sends of a view that was sent as it is. */
function stateOf(view: ModalView, filled: Readonly<Record<string, unknown>> = {}) {
  return Object.fromEntries(
    inputs(view).map(({ block_id, element }) => {
      const name = element.action_id ?? ''
      const initial = {
        type: element.type,
        value: 'initial_value' in element ? (element.initial_value ?? null) : null,
        selected_option: 'initial_option' in element ? (element.initial_option ?? null) : null,
        selected_options: 'initial_options' in element ? (element.initial_options ?? []) : [],
      }
      return [
        block_id ?? '',
        { [name]: { ...initial, ...(typeof filled[name] === 'object' ? filled[name] : {}) } },
      ]
    }),
  )
}

const option = (value: string) => ({ text: { type: 'plain_text', text: value }, value })
const text = (value: string) => ({ value })
const chosen = (value: string) => ({ selected_option: option(value) })
const several = (...list: readonly string[]) => ({ selected_options: list.map(option) })

function sent(name: string, filled: Readonly<Record<string, unknown>>, given: RawArgs = {}) {
  const command = commandOf(name)
  const values = stateOf(formOf(command, given, CONTEXT), filled)
  return { command, values, words: wordsOf(command, values) }
}

describe('what was filled in', () => {
  it.each([
    ['status', {}, ['status']],
    ['start', { guests: several('web-01', 'tag=prod') }, ['start', 'web-01', 'tag=prod']],
    [
      'stop',
      {
        guests: several('101'),
        reason: text(' too old = slow '),
        canary: text('2'),
        'keep-going': several('keep-going'),
      },
      ['stop', '101', '--reason=too old = slow', '--canary=2', '--keep-going'],
    ],
    ['stop', { guests: several('101'), reason: text('--help') }, ['stop', '101', '--reason=--help']],
    ['task ls', { failed: several('failed'), limit: text('7') }, ['task', 'ls', '--failed', '--limit=7']],
    ['ls', { select: several('web-01') }, ['ls', 'web-01']],
    ['ls', { what: chosen('nodes'), sort: chosen('name') }, ['ls', 'nodes', '--sort=name']],
    [
      'freeze',
      { reason: text('we  are\nmoving'), for: text('2h') },
      ['freeze', 'we', 'are', 'moving', '--for=2h'],
    ],
    [
      'grant add',
      { person: chosen('Maria H'), role: chosen('operator') },
      ['grant', 'add', 'Maria H', 'operator'],
    ],
    ['approve', { operation: chosen('op12') }, ['approve', 'op12']],
    ['start', {}, ['start']],
  ])('%s %j', (name, filled, expected) => {
    expect(sent(name, filled).words).toEqual(expected)
  })

  it.each([
    ['start', { guests: several('--force') }, 'wrong_argument', 'guests'],
    ['freeze', { reason: text('moving --for 2h') }, 'wrong_argument', 'reason'],
    ['help', { topic: text('-h') }, 'wrong_argument', 'topic'],
    ['ls', { select: several('nodes') }, 'missing_argument', 'what'],
    ['ls', { what: chosen('--limit') }, 'wrong_argument', 'what'],
    ['grant add', { role: chosen('operator') }, 'missing_argument', 'person'],
  ])('%s %j is refused at its field', (name, filled, code, at) => {
    const { command, values, words } = sent(name, filled)
    if (!isRefusal(words)) throw new Error(`not refused: ${words.join(' ')}`)

    expect(words.code).toBe(code)
    expect(Object.keys(errorsOf(words, command, values))).toEqual([`n1:${at}`])
  })

  it('is too long together, where each part is not', () => {
    const { words } = sent('start', {
      guests: several(...Array.from({ length: 100 }, (_, i) => `${i}`.padEnd(100, 'x'))),
    })

    expect(words).toMatchObject({ code: 'too_long' })
  })

  it.each([
    null,
    'text',
    [],
    { 'n1:guests': 'x' },
    { 'n1:guests': { guests: { selected_options: [{ value: 7 }] } } },
    { 'n1:guests': { guests: { selected_options: Array(101).fill({ value: 'x' }) } } },
    { 'n1:guests': { guests: { selected_options: [{ value: 'x'.repeat(151) }] } } },
    { 'n1:reason': { reason: { value: 'x'.repeat(3001) } } },
  ])('%j cannot be read', (values) => {
    expect(wordsOf(commandOf('start'), values)).toMatchObject({ kind: 'refusal', code: 'wrong_argument' })
  })

  it('takes nothing that the command does not', () => {
    const values = JSON.parse(
      '{"n1:__proto__":{"__proto__":{"value":"x"}},"n1:frob":{"frob":{"value":"--x"}},"n1:guests":{"constructor":{"value":"x"}}}',
    )

    expect(wordsOf(commandOf('start'), values)).toEqual(['start'])
  })

  const FILL: Readonly<Record<string, unknown>> = {
    int: text('3'),
    duration: text('2h'),
    text: text('--some = "text"'),
    words: text('two words'),
  }
  it.each(inChat.map((command) => [commandName(command), command] as const))(
    '%s, filled in wholly, is read by the grammar as it was meant',
    (name, command) => {
      const filled = Object.fromEntries(
        Object.entries(command.args).map(([key, spec]) => {
          if (spec.kind === 'choice') return [key, chosen(spec.choices[0] ?? '')]
          if (spec.kind === 'switch') return [key, several(key)]
          if (spec.kind === 'guests') return [key, several('web-01', '102')]
          if (spec.kind === 'text' && !spec.flag) return [key, text('some text')]
          return [key, FILL[spec.kind] ?? chosen('x1')]
        }),
      )
      const { words } = sent(name, filled)
      if (isRefusal(words)) throw new Error(words.message)
      const parsed = parse(registry, words)

      if (isRefusal(parsed)) throw new Error(parsed.message)
      expect(commandName(parsed.command)).toBe(name)
      expect(Object.keys(parsed.raw).sort()).toEqual(
        Object.keys(command.args)
          .filter((key) => command.kind === 'query' || (key !== 'confirm' && key !== 'type'))
          .sort(),
      )
      for (const [key, spec] of Object.entries(command.args))
        if (spec.kind === 'text' && spec.flag && parsed.raw[key] !== undefined)
          expect(parsed.raw[key]).toEqual(['--some = "text"'])
    },
  )

  it('comes back as it was given', () => {
    const given: RawArgs = {
      guests: ['web-01', 'tag=prod'],
      reason: ['a b'],
      canary: ['1'],
      'keep-going': true,
    }
    const { words } = sent('stop', {}, given)
    const parsed = isRefusal(words) ? words : parse(registry, words)

    expect(isRefusal(parsed) ? parsed : parsed.raw).toEqual(given)
  })
})

describe('errors', () => {
  const at = (
    name: string,
    filled: Readonly<Record<string, unknown>>,
    ...refusal: Parameters<typeof refuse>
  ) => {
    const { command, values } = sent(name, filled)
    return errorsOf(refuse(...refusal), command, values)
  }

  it.each([
    [
      'stop',
      { guests: several('web-01', 'wbe-02') },
      'unknown_guest',
      'There is no guest `wbe-02`.',
      'guests',
    ],
    [
      'task ls',
      { of: chosen('web'), node: text('web') },
      'ambiguous_guest',
      '2 guests are called `web`.',
      'of',
    ],
    [
      'diff',
      { since: text('soon') },
      'wrong_argument',
      '`soon` is not a time span like 90s (span).',
      'since',
    ],
    ['stop', { guests: several('web-01') }, 'needs_reason', 'A reason is asked for.', 'reason'],
    [
      'stop',
      { guests: several('web-01'), canary: text('5') },
      'wrong_argument',
      '`5` is not a number (n).',
      'canary',
    ],
    ['show', { what: chosen('local') }, 'ambiguous_resource', '`local` names 3 things.', 'what'],
    [
      'grant add',
      { person: chosen('bob'), role: chosen('operator') },
      'unknown_person',
      'Nobody is called `bob`.',
      'person',
    ],
    ['approve', { operation: chosen('op9') }, 'typed_wrong', 'That is not the name.', 'type'],
    ['approve', { operation: chosen('op9') }, 'own_plan', 'It is your own plan.', 'operation'],
    ['link', { code: text('abcd') }, 'link_wrong', 'That code is not right.', 'code'],
    ['stop', { guests: several('web-01') }, 'frozen', 'The workspace is frozen.', 'guests'],
    ['stop', { guests: several('a') }, 'no_role', 'You may not stop a guest here.', 'guests'],
  ] as const)('%s %j %s', (name, filled, code, message, field) => {
    expect(Object.keys(at(name, filled, code, message, 'Do this.'))).toEqual([`n1:${field}`])
  })

  it('say what is wrong and what to do, in one short line', () => {
    const errors = at(
      'stop',
      { guests: several('web') },
      'ambiguous_guest',
      '2 guests are called `web`.',
      'Name it by number.',
      ['101 web', '205 web\n‮<!channel>'],
    )
    const long = at('stop', {}, 'internal', 'x'.repeat(5000), 'y')

    expect(errors['n1:guests']).toBe(
      '2 guests are called "web". 101 web; 205 web ↵ �<!channel>. Name it by number.',
    )
    expect(long['n1:guests']?.length).toBeLessThanOrEqual(300)
  })

  it('have no place where the form has no field', () => {
    expect(at('status', {}, 'cluster_unreachable', 'No answer.', 'Wait.')).toEqual({})
    expect(errorsOf(refuse('internal', 'x', 'y'), commandOf('stop'), null)).toEqual({})
  })
})

describe('metadata', () => {
  const WHOLE = { command: 'ls', channel: 'C1', thread: null, workspace: 'lab' }

  it('comes back as it went', () => {
    expect(readMetadata(writeMetadata(WHOLE))).toEqual({ v: 1, ...WHOLE })
    expect(writeMetadata({ ...WHOLE, workspace: 'é"'.repeat(100) }).length).toBeLessThan(3000)
  })

  it.each([
    '',
    '{',
    '[]',
    'null',
    '{"v":2}',
    '{"v":1,"command":7}',
    JSON.stringify({ v: 1, ...WHOLE, channel: 'x'.repeat(65) }),
    ' '.repeat(4000),
  ])('%j is none of ours', (told) => expect(readMetadata(told)).toBeNull())
})
