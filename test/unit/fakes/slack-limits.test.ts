import { describe, expect, it } from '@jest/globals'
import {
  checkBlocks,
  checkSuggestions,
  checkView,
  problemText,
  viewTooLarge,
} from '../../fakes/slack/limits.js'

// Each limit: the largest value passes, one more is refused at the right place.

const chars = (count: number) => 'x'.repeat(count)
const list = <T>(count: number, make: (i: number) => T): readonly T[] =>
  Array.from({ length: count }, (_, i) => make(i))
const plain = (text: string) => ({ type: 'plain_text', text })
const mrkdwn = (text: string) => ({ type: 'mrkdwn', text })
const option = (i: number, more: object = {}) => ({ text: plain(`o${i}`), value: `v${i}`, ...more })
const button = (more: object = {}, i = 0) => ({
  type: 'button',
  action_id: `b${i}`,
  text: plain('Go'),
  ...more,
})
const actions = (...elements: readonly object[]) => ({ type: 'actions', elements })
const select = (more: object) => ({ type: 'static_select', action_id: 's', options: [option(1)], ...more })
const confirm = (more: object) => ({
  title: plain('Sure?'),
  text: plain('Stop it'),
  confirm: plain('Yes'),
  deny: plain('No'),
  ...more,
})
const input = (element: object, more: object = {}) => ({ type: 'input', label: plain('L'), element, ...more })
const typed = (more: object = {}) => ({ type: 'plain_text_input', action_id: 't', ...more })

type Case = readonly [name: string, make: (extra: 0 | 1) => readonly object[], pointer: string]

const sized: readonly Case[] = [
  ['50 blocks', (n) => list(50 + n, () => ({ type: 'divider' })), '/blocks'],
  ['section text', (n) => [{ type: 'section', text: mrkdwn(chars(3_000 + n)) }], '/blocks/0/text/text'],
  [
    'section fields',
    (n) => [{ type: 'section', fields: list(10 + n, () => plain('f')) }],
    '/blocks/0/fields',
  ],
  ['a field', (n) => [{ type: 'section', fields: [plain(chars(2_000 + n))] }], '/blocks/0/fields/0/text'],
  ['header', (n) => [{ type: 'header', text: plain(chars(150 + n)) }], '/blocks/0/text/text'],
  ['context', (n) => [{ type: 'context', elements: list(10 + n, () => plain('c')) }], '/blocks/0/elements'],
  ['actions', (n) => [actions(...list(25 + n, (i) => button({}, i)))], '/blocks/0/elements'],
  ['button text', (n) => [actions(button({ text: plain(chars(75 + n)) }))], '/blocks/0/elements/0/text/text'],
  ['button value', (n) => [actions(button({ value: chars(2_000 + n) }))], '/blocks/0/elements/0/value'],
  ['button url', (n) => [actions(button({ url: chars(3_000 + n) }))], '/blocks/0/elements/0/url'],
  [
    'button label',
    (n) => [actions(button({ accessibility_label: chars(75 + n) }))],
    '/blocks/0/elements/0/accessibility_label',
  ],
  ['action_id', (n) => [actions(button({ action_id: chars(255 + n) }))], '/blocks/0/elements/0/action_id'],
  ['block_id', (n) => [{ type: 'divider', block_id: chars(255 + n) }], '/blocks/0/block_id'],
  [
    'confirm title',
    (n) => [actions(button({ confirm: confirm({ title: plain(chars(100 + n)) }) }))],
    '/blocks/0/elements/0/confirm/title/text',
  ],
  [
    'confirm text',
    (n) => [actions(button({ confirm: confirm({ text: mrkdwn(chars(300 + n)) }) }))],
    '/blocks/0/elements/0/confirm/text/text',
  ],
  [
    'confirm button',
    (n) => [actions(button({ confirm: confirm({ confirm: plain(chars(30 + n)) }) }))],
    '/blocks/0/elements/0/confirm/confirm/text',
  ],
  [
    'deny button',
    (n) => [actions(button({ confirm: confirm({ deny: plain(chars(30 + n)) }) }))],
    '/blocks/0/elements/0/confirm/deny/text',
  ],
  ['options', (n) => [actions(select({ options: list(100 + n, option) }))], '/blocks/0/elements/0/options'],
  [
    'option groups',
    (n) => {
      const option_groups = list(100 + n, (i) => ({ label: plain('g'), options: [option(i)] }))
      return [actions({ type: 'static_select', action_id: 's', option_groups })]
    },
    '/blocks/0/elements/0/option_groups',
  ],
  [
    'option text',
    (n) => [actions(select({ options: [option(1, { text: plain(chars(75 + n)) })] }))],
    '/blocks/0/elements/0/options/0/text/text',
  ],
  [
    'option value',
    (n) => [actions(select({ options: [option(1, { value: chars(150 + n) })] }))],
    '/blocks/0/elements/0/options/0/value',
  ],
  [
    'option description',
    (n) => [actions(select({ options: [option(1, { description: plain(chars(75 + n)) })] }))],
    '/blocks/0/elements/0/options/0/description/text',
  ],
  [
    'placeholder',
    (n) => [actions(select({ placeholder: plain(chars(150 + n)) }))],
    '/blocks/0/elements/0/placeholder/text',
  ],
  [
    'overflow',
    (n) => [actions({ type: 'overflow', action_id: 'o', options: list(5 + n, option) })],
    '/blocks/0/elements/0/options',
  ],
  [
    'checkboxes',
    (n) => [actions({ type: 'checkboxes', action_id: 'c', options: list(10 + n, option) })],
    '/blocks/0/elements/0/options',
  ],
  [
    'radio buttons',
    (n) => [actions({ type: 'radio_buttons', action_id: 'r', options: list(10 + n, option) })],
    '/blocks/0/elements/0/options',
  ],
  ['input label', (n) => [input(typed(), { label: plain(chars(2_000 + n)) })], '/blocks/0/label/text'],
  ['input hint', (n) => [input(typed(), { hint: plain(chars(2_000 + n)) })], '/blocks/0/hint/text'],
  ['input max_length', (n) => [input(typed({ max_length: 3_000 + n }))], '/blocks/0/element/max_length'],
  [
    'image alt text',
    (n) => [{ type: 'image', image_url: 'https://x.test/a.png', alt_text: chars(2_000 + n) }],
    '/blocks/0/alt_text',
  ],
  ['markdown', (n) => [{ type: 'markdown', text: chars(12_000 + n) }], '/blocks/0/text'],
  [
    'table rows',
    (n) => [{ type: 'table', rows: list(100 + n, () => [{ type: 'raw_text', text: 'c' }]) }],
    '/blocks/0/rows',
  ],
  [
    'table cells',
    (n) => [{ type: 'table', rows: [list(20 + n, () => ({ type: 'raw_text', text: 'c' }))] }],
    '/blocks/0/rows/0',
  ],
]

describe('limits of blocks', () => {
  it.each(sized)('%s', (_name, make, pointer) => {
    expect(checkBlocks(make(0))).toEqual([])
    expect(checkBlocks(make(1)).map((one) => one.pointer)).toEqual([pointer])
  })

  it('says it in the words of Slack', () => {
    const [found] = checkBlocks([{ type: 'section', text: mrkdwn(chars(3_001)) }])
    expect(found === undefined ? '' : problemText(found)).toBe(
      '[ERROR] must be less than 3001 characters [json-pointer:/blocks/0/text/text]',
    )
  })

  it('allows 100 blocks in a Home tab and a modal', () => {
    const blocks = list(100, () => ({ type: 'divider' }))
    expect(checkBlocks(blocks, 'home')).toEqual([])
    expect(checkBlocks([...blocks, { type: 'divider' }], 'modal')).toHaveLength(1)
  })
})

const wrong: readonly (readonly [string, readonly unknown[], string])[] = [
  ['an unknown block', [{ type: 'sectoin' }], '/blocks/0/type'],
  ['no object', ['text'], '/blocks/0'],
  ['a field that does not exist', [{ type: 'divider', text: plain('x') }], '/blocks/0/text'],
  ['an empty section', [{ type: 'section' }], '/blocks/0/text'],
  ['an empty text', [{ type: 'section', text: mrkdwn('') }], '/blocks/0/text/text'],
  ['markup in a header', [{ type: 'header', text: mrkdwn('x') }], '/blocks/0/text/type'],
  ['an unknown element', [actions({ type: 'knob', action_id: 'k' })], '/blocks/0/elements/0/type'],
  ['an input below actions', [actions(typed())], '/blocks/0/elements/0/type'],
  ['an unknown style', [actions(button({ style: 'warning' }))], '/blocks/0/elements/0/style'],
  [
    'a half confirm',
    [actions(button({ confirm: { text: plain('x') } }))],
    '/blocks/0/elements/0/confirm/title',
  ],
  ['the same action_id twice', [actions(button()), actions(button())], '/blocks/1/elements/0/action_id'],
  ['the same block_id twice', list(2, () => ({ type: 'divider', block_id: 'd' })), '/blocks/1/block_id'],
  ['no options', [actions(select({ options: [] }))], '/blocks/0/elements/0/options'],
  [
    'an initial option nobody can choose',
    [actions(select({ initial_option: option(2) }))],
    '/blocks/0/elements/0/initial_option',
  ],
  [
    'an option twice',
    [actions(select({ options: [option(1), option(1)] }))],
    '/blocks/0/elements/0/options/1/value',
  ],
  [
    'options and groups',
    [actions(select({ option_groups: [{ label: plain('g'), options: [option(1)] }] }))],
    '/blocks/0/elements/0',
  ],
  [
    'a wrong min_query_length',
    [actions({ type: 'external_select', action_id: 'e', min_query_length: -1 })],
    '/blocks/0/elements/0/min_query_length',
  ],
  ['an image from nowhere', [{ type: 'image', alt_text: 'x' }], '/blocks/0'],
]

describe('what is wrong at any length', () => {
  it.each(wrong)('%s', (_name, blocks, pointer) => {
    expect(checkBlocks(blocks).map((one) => one.pointer)).toContain(pointer)
  })
})

const modal = (more: object = {}) => ({
  type: 'modal',
  title: plain('T'),
  blocks: [{ type: 'divider' }],
  ...more,
})

describe('limits of views', () => {
  it.each([
    ['title', (n: number) => modal({ title: plain(chars(24 + n)) }), '/title/text'],
    ['submit', (n: number) => modal({ submit: plain(chars(24 + n)) }), '/submit/text'],
    ['close', (n: number) => modal({ close: plain(chars(24 + n)) }), '/close/text'],
    ['private_metadata', (n: number) => modal({ private_metadata: chars(3_000 + n) }), '/private_metadata'],
    ['callback_id', (n: number) => modal({ callback_id: chars(255 + n) }), '/callback_id'],
  ])('%s', (_name, make, pointer) => {
    expect(checkView(make(0))).toEqual([])
    expect(checkView(make(1)).map((one) => one.pointer)).toEqual([pointer])
  })

  it('wants a submit button where there is input, a title, a known type, one focus', () => {
    const pointers = (view: object) => checkView(view).map((one) => one.pointer)
    expect(pointers(modal({ blocks: [input(typed())] }))).toEqual(['/submit'])
    expect(pointers({ type: 'modal', blocks: [{ type: 'divider' }] })).toEqual(['/title'])
    expect(pointers({ type: 'window', blocks: [] })).toEqual(['/type'])
    const focus = (i: number) => input(typed({ action_id: `t${i}`, focus_on_load: true }))
    const two = modal({ submit: plain('Go'), blocks: [focus(1), focus(2)] })
    expect(pointers(two)).toEqual(['/blocks/1/element/focus_on_load'])
  })

  it('knows when a view is too large', () => {
    expect(viewTooLarge({ a: chars(249_992) })).toBe(false)
    expect(viewTooLarge({ a: chars(249_993) })).toBe(true)
  })
})

describe('limits of suggestions', () => {
  it('takes none, a hundred, and groups', () => {
    expect(checkSuggestions({ options: [] })).toEqual([])
    expect(checkSuggestions({ options: list(100, option) })).toEqual([])
    expect(checkSuggestions({ option_groups: [{ label: plain('g'), options: [option(1)] }] })).toEqual([])
  })

  it('refuses a hundred and one, and no list', () => {
    expect(checkSuggestions({ options: list(101, option) }).map((one) => one.pointer)).toEqual(['/options'])
    expect(checkSuggestions({})).toHaveLength(1)
  })
})
