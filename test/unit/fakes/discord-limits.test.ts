import { describe, expect, it } from '@jest/globals'
import { invalidForm } from '../../fakes/discord/errors.js'
import { checkChoices } from '../../fakes/discord/limits-choices.js'
import { checkCommands, commandChars } from '../../fakes/discord/limits-commands.js'
import { checkModal } from '../../fakes/discord/limits-components.js'
import { checkMessage, embedChars } from '../../fakes/discord/limits-message.js'
import { isObj } from '../../fakes/slack/json.js'

// Each limit: the largest value passes, one more is refused at the right place.

const chars = (count: number) => 'x'.repeat(count)
const list = <T>(count: number, make: (i: number) => T): readonly T[] =>
  Array.from({ length: count }, (_, i) => make(i))
const button = (more: object = {}, i = 0) => ({ type: 2, style: 2, custom_id: `b${i}`, label: 'Go', ...more })
const row = (...components: readonly object[]) => ({ type: 1, components })
const rows = (...components: readonly object[]) => ({ components: [row(...components)] })
const option = (i: number, more: object = {}) => ({ label: `o${i}`, value: `v${i}`, ...more })
const select = (more: object = {}) => ({ type: 3, custom_id: 's', options: [option(1)], ...more })
const embed = (more: object) => ({ embeds: [{ description: 'd', ...more }] })
const field = (more: object = {}) => ({ name: 'n', value: 'v', ...more })
const input = (more: object = {}) => ({ type: 4, custom_id: 't', style: 1, ...more })
const label = (component: object, more: object = {}) => ({ type: 18, label: 'L', component, ...more })
const modal = (...components: readonly object[]) => ({ custom_id: 'm', title: 'T', components })
const value = (more: object = {}, i = 0) => ({ type: 3, name: `o${i}`, description: 'O', ...more })
const command = (more: object = {}) => ({ name: 'guest', description: 'Guests', ...more })

type Case = readonly [name: string, make: (extra: 0 | 1) => object, at: string]
type Bad = readonly [name: string, body: object, at: string]

const messages: readonly Case[] = [
  ['content', (n) => ({ content: chars(2_000 + n) }), 'content'],
  ['a nonce', (n) => ({ nonce: chars(25 + n) }), 'nonce'],
  ['embeds', (n) => ({ embeds: list(10 + n, () => ({ title: 't' })) }), 'embeds'],
  ['a title', (n) => embed({ title: chars(256 + n) }), 'embeds.0.title'],
  ['a description', (n) => embed({ description: chars(4_096 + n) }), 'embeds.0.description'],
  ['fields', (n) => embed({ fields: list(25 + n, () => field()) }), 'embeds.0.fields'],
  [
    'the name of a field',
    (n) => embed({ fields: [field({ name: chars(256 + n) })] }),
    'embeds.0.fields.0.name',
  ],
  ['a field', (n) => embed({ fields: [field({ value: chars(1_024 + n) })] }), 'embeds.0.fields.0.value'],
  ['a foot', (n) => embed({ footer: { text: chars(2_048 + n) } }), 'embeds.0.footer.text'],
  ['an author', (n) => embed({ author: { name: chars(256 + n) } }), 'embeds.0.author.name'],
  ['a colour', (n) => embed({ color: 0xffffff + n }), 'embeds.0.color'],
  [
    'all embeds together',
    (n) => ({ embeds: [{ description: chars(3_000) }, { description: chars(3_000 + n) }] }),
    'embeds',
  ],
  ['rows', (n) => ({ components: list(5 + n, (i) => row(button({}, i))) }), 'components'],
  ['buttons of a row', (n) => rows(...list(5 + n, (i) => button({}, i))), 'components.0.components'],
  ['a custom_id', (n) => rows(button({ custom_id: chars(100 + n) })), 'components.0.components.0.custom_id'],
  ['a label', (n) => rows(button({ label: chars(80 + n) })), 'components.0.components.0.label'],
  [
    'a link',
    (n) => rows({ type: 2, style: 5, label: 'Go', url: `https://${chars(504 + n)}` }),
    'components.0.components.0.url',
  ],
  [
    'options',
    (n) => rows(select({ options: list(25 + n, (i) => option(i)) })),
    'components.0.components.0.options',
  ],
  [
    'a placeholder',
    (n) => rows(select({ placeholder: chars(150 + n) })),
    'components.0.components.0.placeholder',
  ],
  ...['label', 'value', 'description'].map(
    (name): Case => [
      `the ${name} of an option`,
      (n) => rows(select({ options: [option(1, { [name]: chars(100 + n) })] })),
      `components.0.components.0.options.0.${name}`,
    ],
  ),
]

const forms: readonly Case[] = [
  ['the custom_id', (n) => ({ ...modal(label(input())), custom_id: chars(100 + n) }), 'data.custom_id'],
  ['the title', (n) => ({ ...modal(label(input())), title: chars(45 + n) }), 'data.title'],
  [
    'components',
    (n) => modal(...list(5 + n, (i) => label(input({ custom_id: `t${i}` })))),
    'data.components',
  ],
  ['a label', (n) => modal(label(input(), { label: chars(45 + n) })), 'data.components.0.label'],
  [
    'its description',
    (n) => modal(label(input(), { description: chars(100 + n) })),
    'data.components.0.description',
  ],
  [
    'what an input holds',
    (n) => modal(label(input({ value: chars(4_000 + n) }))),
    'data.components.0.component.value',
  ],
  [
    'its max_length',
    (n) => modal(label(input({ max_length: 4_000 + n }))),
    'data.components.0.component.max_length',
  ],
  [
    'its min_length',
    (n) => modal(label(input({ min_length: 4_000 + n }))),
    'data.components.0.component.min_length',
  ],
  [
    'its placeholder',
    (n) => modal(label(input({ placeholder: chars(100 + n) }))),
    'data.components.0.component.placeholder',
  ],
  [
    'the label of an input in a row',
    (n) => modal(row(input({ label: chars(45 + n) }))),
    'data.components.0.components.0.label',
  ],
  [
    'inputs of a row',
    (n) => modal(row(...list(1 + n, (i) => input({ label: 'L', custom_id: `t${i}` })))),
    'data.components.0.components',
  ],
  [
    'options',
    (n) => modal(label(select({ options: list(25 + n, (i) => option(i)) }))),
    'data.components.0.component.options',
  ],
  ['a text', (n) => modal({ type: 10, content: chars(4_000 + n) }), 'data.components.0.content'],
]

const commands: readonly Case[] = [
  ['a name', (n) => command({ name: chars(32 + n) }), '0.name'],
  ['a description', (n) => command({ description: chars(100 + n) }), '0.description'],
  ['options', (n) => command({ options: list(25 + n, (i) => value({}, i)) }), '0.options'],
  [
    'choices',
    (n) => command({ options: [value({ choices: list(25 + n, (i) => ({ name: `c${i}`, value: 'v' })) })] }),
    '0.options.0.choices',
  ],
  [
    'the name of a choice',
    (n) => command({ options: [value({ choices: [{ name: chars(100 + n), value: 'v' }] })] }),
    '0.options.0.choices.0.name',
  ],
  [
    'the value of a choice',
    (n) => command({ options: [value({ choices: [{ name: 'c', value: chars(100 + n) }] })] }),
    '0.options.0.choices.0.value',
  ],
  ['max_length', (n) => command({ options: [value({ max_length: 6_000 + n })] }), '0.options.0.max_length'],
  [
    'sub-commands of a group',
    (n) => {
      const options = list(25 + n, (i) => ({ type: 1, name: `s${i}`, description: 'S' }))
      return command({ options: [{ type: 2, name: 'g', description: 'G', options }] })
    },
    '0.options.0.options',
  ],
  [
    'characters of a command',
    (n) => {
      // 20 options of 5 + 100 characters and 20 x 5 choices of 10 + 48, and what is missing.
      const choices = list(5, (i) => ({ name: `choice-${i}`.padEnd(10), value: chars(48) }))
      const options = list(20, (i) => value({ description: chars(100), choices }, 1_000 + i))
      const full = command({ options, description: 'd' })
      return { ...full, description: chars(1 + 8_000 - commandChars(full) + n) }
    },
    '0',
  ],
]

const completions: readonly Case[] = [
  ['choices', (n) => list(25 + n, (i) => ({ name: `c${i}`, value: 'v' })), 'data.choices'],
  ['a name', (n) => [{ name: chars(100 + n), value: 'v' }], 'data.choices.0.name'],
  ['a value', (n) => [{ name: 'c', value: chars(100 + n) }], 'data.choices.0.value'],
]

const obj = (body: object) => (isObj(body) ? body : {})

const kinds = [
  ['a message', messages, (body: object) => checkMessage(obj(body))],
  ['a form', forms, (body: object) => checkModal(obj(body))],
  ['a command', commands, (body: object) => checkCommands([obj(body)])],
  ['an autocomplete', completions, (body: object) => checkChoices(body, 3)],
] as const

describe.each(kinds)('limits of %s', (_, cases, check) => {
  it.each(cases)('%s', (__, make, at) => {
    expect(check(make(0))).toEqual([])
    expect(check(make(1)).map((problem) => problem.at)).toEqual([at])
  })
})

const badMessages: readonly Bad[] = [
  ['an embed with nothing in it', { embeds: [{ color: 1 }] }, 'embeds.0.description'],
  ['a field without a value', embed({ fields: [{ name: 'n' }] }), 'embeds.0.fields.0.value'],
  ['a field of blanks', embed({ fields: [field({ value: ' \n' })] }), 'embeds.0.fields.0.value'],
  ['a field without a name', embed({ fields: [field({ name: '' })] }), 'embeds.0.fields.0.name'],
  ['a picture from nowhere', embed({ image: { url: 'nowhere' } }), 'embeds.0.image.url'],
  ['a time that is none', embed({ timestamp: 'soon' }), 'embeds.0.timestamp'],
  ['embeds that are no list', { embeds: {} }, 'embeds'],
  ['an embed that is no object', { embeds: ['x'] }, 'embeds.0'],
  ['content that is no text', { content: 5 }, 'content'],
  ['flags that are no number', { flags: 'x' }, 'flags'],
  ['an empty row', rows(), 'components.0.components'],
  ['a component that is no row', { components: [button()] }, 'components.0.type'],
  ['an unknown component', rows({ type: 99 }), 'components.0.components.0.type'],
  [
    'a button without a custom_id',
    rows({ type: 2, style: 1, label: 'Go' }),
    'components.0.components.0.custom_id',
  ],
  ['a button with an empty one', rows(button({ custom_id: '' })), 'components.0.components.0.custom_id'],
  ['a button without words', rows({ type: 2, style: 1, custom_id: 'x' }), 'components.0.components.0'],
  [
    'a button without a style',
    rows({ type: 2, label: 'Go', custom_id: 'x' }),
    'components.0.components.0.style',
  ],
  ['a button with an address', rows(button({ url: 'https://x' })), 'components.0.components.0.url'],
  ['a link without one', rows({ type: 2, style: 5, label: 'Go' }), 'components.0.components.0.url'],
  [
    'a link with a custom_id',
    rows({ type: 2, style: 5, label: 'Go', url: 'https://x', custom_id: 'x' }),
    'components.0.components.0.custom_id',
  ],
  [
    'a select without a custom_id',
    rows({ type: 3, options: [option(1)] }),
    'components.0.components.0.custom_id',
  ],
  ['a select without options', rows(select({ options: [] })), 'components.0.components.0.options'],
  ['a select beside a button', rows(select(), button()), 'components.0.components'],
  [
    'the same value twice',
    rows(select({ options: [option(1), option(2, { value: 'v1' })] })),
    'components.0.components.0.options.1.value',
  ],
  ['more to choose than there is', rows(select({ max_values: 2 })), 'components.0.components.0.max_values'],
  [
    'the same custom_id twice',
    { components: [row(button()), row(button())] },
    'components.1.components.0.custom_id',
  ],
]

const badForms: readonly Bad[] = [
  ['no components', { custom_id: 'm', title: 'T' }, 'data.components'],
  ['no input in a label', modal({ type: 18, label: 'L' }), 'data.components.0.component'],
  ['a button in a label', modal(label(button())), 'data.components.0.component.type'],
  [
    'an input with a label in a label',
    modal(label(input({ label: 'L' }))),
    'data.components.0.component.label',
  ],
  [
    'an input without a style',
    modal(label({ type: 4, custom_id: 't' })),
    'data.components.0.component.style',
  ],
  ['a disabled select', modal(label(select({ disabled: true }))), 'data.components.0.component.disabled'],
  [
    'the same custom_id twice',
    modal(label(input()), label(input())),
    'data.components.1.component.custom_id',
  ],
  ['a bare input', modal(input()), 'data.components.0.type'],
  ['a select in a row', modal(row(select())), 'data.components.0.components.0.type'],
  ['a word for a yes', modal(label(input({ required: 'yes' }))), 'data.components.0.component.required'],
]

const badCommands: readonly Bad[] = [
  ['capitals', command({ name: 'Guest' }), '0.name'],
  ['blanks in a name', command({ name: 'a guest' }), '0.name'],
  ['no description', { name: 'guest' }, '0.description'],
  ['an unknown type of command', command({ type: 9 }), '0.type'],
  ['an unknown type of option', command({ options: [value({ type: 99 })] }), '0.options.0.type'],
  ['permissions as a number', command({ default_member_permissions: 8 }), '0.default_member_permissions'],
  ['an unknown context', command({ contexts: [5] }), '0.contexts.0'],
  ['two options of one name', command({ options: [value(), value()] }), '0.options.1'],
  [
    'a required option behind an optional one',
    command({ options: [value(), value({ required: true }, 1)] }),
    '0.options.1',
  ],
  [
    'sub-commands beside options',
    command({ options: [{ type: 1, name: 's', description: 'S' }, value()] }),
    '0.options',
  ],
  [
    'a group in a group',
    command({
      options: [
        {
          ...{ type: 2, name: 'g', description: 'G' },
          options: [{ type: 2, name: 'h', description: 'H', options: [] }],
        },
      ],
    }),
    '0.options.0.options.0.type',
  ],
  [
    'choices beside an autocomplete',
    command({ options: [value({ autocomplete: true, choices: [{ name: 'c', value: 'v' }] })] }),
    '0.options.0',
  ],
  [
    'an autocomplete for a yes or no',
    command({ options: [value({ type: 5, autocomplete: true })] }),
    '0.options.0',
  ],
  [
    'a text as the choice of a number',
    command({ options: [value({ type: 4, choices: [{ name: 'c', value: 'v' }] })] }),
    '0.options.0.choices.0.value',
  ],
  [
    'two choices of one name',
    command({ options: [value({ choices: list(2, () => ({ name: 'c', value: 'v' })) })] }),
    '0.options.0.choices.1',
  ],
]

const badKinds = [
  ['a message', badMessages, (body: object) => checkMessage(obj(body))],
  ['a form', badForms, (body: object) => checkModal(obj(body))],
  ['a command', badCommands, (body: object) => checkCommands([obj(body)])],
] as const

describe.each(badKinds)('what is refused in %s', (_, cases, check) => {
  it.each(cases)('%s', (__, body, at) => {
    expect(check(body).map((problem) => problem.at)).toContain(at)
  })
})

describe('further rules', () => {
  it('takes a hundred commands of different names', () => {
    const named = (i: number) => command({ name: `c${i}` })
    expect(checkCommands(list(100, named).map(obj))).toEqual([])
    expect(checkCommands(list(101, named).map(obj)).map(({ at }) => at)).toEqual([''])
    expect(checkCommands([command(), command()].map(obj)).map(({ at }) => at)).toEqual(['1'])
  })

  it('wants numbers as the choices of a number', () => {
    expect(checkChoices([{ name: 'c', value: 1 }], 4)).toEqual([])
    expect(checkChoices([{ name: 'c', value: '1' }], 4)).toHaveLength(1)
    expect(checkChoices([{ name: 'c', value: 1 }], 3)).toHaveLength(1)
    expect(checkChoices(undefined, 3)).toHaveLength(1)
  })

  it('counts the characters of embeds', () => {
    const { embeds } = embed({
      ...{ title: 'ab', description: 'c', footer: { text: 'de' }, author: { name: 'f' } },
      fields: [field({ name: 'gh', value: 'i' })],
    })
    expect(embedChars(embeds)).toBe(9)
  })

  it('says it in the form of Discord', () => {
    const body = { content: chars(2_001), embeds: [{ fields: [field({ value: '' })] }] }
    expect(invalidForm(checkMessage(body))).toEqual({
      status: 400,
      body: {
        code: 50035,
        message: 'Invalid Form Body',
        errors: {
          content: {
            _errors: [{ code: 'BASE_TYPE_MAX_LENGTH', message: 'Must be 2000 or fewer in length.' }],
          },
          embeds: {
            0: {
              fields: {
                0: {
                  value: { _errors: [{ code: 'BASE_TYPE_REQUIRED', message: 'This field is required' }] },
                },
              },
            },
          },
        },
      },
    })
  })
})
