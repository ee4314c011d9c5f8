import { describe, expect, it } from '@jest/globals'
import { firstAnswer } from '../../../src/chat/discord/first.js'
import { formNamed } from '../../../src/chat/discord/forms.js'
import { type Heard, readHeard } from '../../../src/chat/discord/heard-schema.js'
import { registry } from '../../../src/registry.js'

/** How an interaction is answered first hangs on the registry and on what Discord sent, and on nothing else. */

const DIGEST = '1a2b3c4d'

const raw = (over: object) => ({
  id: '900000000000000001',
  application_id: '900000000000000002',
  token: 'a-token',
  version: 1,
  guild_id: '900000000000000003',
  channel: { id: '900000000000000004', type: 0, name: 'ops' },
  member: { user: { id: '900000000000000005', username: 'alice' }, roles: ['900000000000000006'] },
  app_permissions: '2048',
  ...over,
})
const slash = (top: string, path: readonly string[], options: object = {}, over: object = {}) => {
  const leaf = {
    type: 1,
    name: path.at(-1),
    options: Object.entries(options).map(([name, value]) => ({
      type: typeof value === 'string' ? 3 : typeof value === 'number' ? 4 : 5,
      name,
      value,
    })),
  }
  const options_ = path.length === 2 ? [{ type: 2, name: path[0], options: [leaf] }] : [leaf]
  return raw({ type: 2, data: { type: 1, id: '1', name: top, options: options_ }, ...over })
}
const press = (customId: string, over: object = {}) =>
  raw({
    type: 3,
    message: { id: '900000000000000007', flags: 0 },
    data: { custom_id: customId, component_type: 2 },
    ...over,
  })

function first(payload: object) {
  const heard = readHeard(payload)
  if (heard === null || heard.kind === 'ping') throw new Error('not heard')
  return firstAnswer(heard, registry)
}

describe('the first answer', () => {
  it('to a whole command is a promise, with the words of the one grammar', () => {
    expect(first(slash('guest', ['stop'], { guests: 'web-01,web-02', parallel: 2 }))).toMatchObject({
      kind: 'words',
      words: ['stop', 'web-01,web-02', '--parallel=2'],
    })
  })

  it('to a command that lacks a long text is a modal, in which stands what was given', () => {
    const answer = first(slash('workspace', ['freeze'], { for: '2h' }))

    expect(answer).toMatchObject({ kind: 'modal', modal: { custom_id: 'fill:freeze' } })
    const shown = JSON.stringify(answer)
    expect(shown).toContain('"custom_id":"reason"')
    expect(shown).toContain('"value":"2h"')
  })

  it('to a decision that needs nothing more is a promise', () => {
    expect(first(press(`v1:approve:12:${DIGEST}`))).toMatchObject({
      kind: 'press',
      pressed: { verb: 'approve', operation: 12, digest: DIGEST },
    })
  })

  it('to one that destroys something is the question whether that is meant', () => {
    expect(first(press(`sure:v1:approve:12:${DIGEST}`))).toMatchObject({
      kind: 'sure',
      value: `v1:approve:12:${DIGEST}`,
    })
  })

  it.each([
    ['approve_reason', ['reason']],
    ['approve_typed', ['typed']],
    ['confirm_typed_reason', ['typed', 'reason']],
    ['deny', ['reason']],
  ])('to `%s` is a modal', (verb, fields) => {
    const answer = first(press(`v1:${verb}:12:${DIGEST}`))

    if (answer.kind !== 'modal') throw new Error(answer.kind)
    const asked = JSON.stringify(answer.modal.components)
    for (const field of fields) expect(asked).toContain(`"custom_id":"${field}"`)
    expect(answer.modal.components).toHaveLength(fields.length)
    expect(formNamed(answer.modal.custom_id)).toMatchObject({ kind: 'decide', pressed: { operation: 12 } })
  })

  it('to what was chosen from a list is as if it had been pressed', () => {
    const chosen = { data: { custom_id: 'pick', component_type: 3, values: [`v1:deny:3:${DIGEST}`] } }
    expect(first(press('pick', chosen))).toMatchObject({ kind: 'modal' })
  })

  it.each(['v2:approve:1:1a2b3c4d', 'v1:explode:1:1a2b3c4d', 'v1:approve:0:1a2b3c4d', '', 'sure:', 'pick'])(
    'to a button that carries `%s` is nothing',
    (customId) => {
      expect(first(press(customId))).toEqual({ kind: 'nothing' })
    },
  )

  it('in a direct conversation is a refusal, but for `link`', () => {
    const direct = {
      guild_id: null,
      member: null,
      user: { id: '900000000000000005', username: 'alice' },
      channel: { id: '900000000000000008', type: 1 },
    }
    expect(first(slash('pve', ['status'], {}, direct))).toMatchObject({
      kind: 'say',
      refusal: { code: 'channel_refused' },
    })
    expect(first(slash('pve', ['link'], { code: 'abc' }, direct))).toMatchObject({
      kind: 'words',
      words: ['link', 'abc'],
    })
    for (const value of ['op:approve:1:abcdef', 'sure:op:approve:1:abcdef', 'whatever'])
      expect(first(press(value, direct))).toMatchObject({ kind: 'say', refusal: { code: 'channel_refused' } })
  })

  it('to a command of another version says so', () => {
    expect(first(slash('guest', ['explode']))).toMatchObject({
      kind: 'say',
      refusal: { code: 'unknown_command' },
    })
  })
})

describe('what Discord sends', () => {
  it('tells the channel of a thread and the thread apart', () => {
    const heard = readHeard(
      slash('pve', ['status'], {}, { channel: { id: '21', type: 11, parent_id: '20', name: 'op1' } }),
    )
    expect(heard).toMatchObject({ where: { channel: '20', thread: '21', channelName: '' } })
  })

  it('knows which messages only one person sees', () => {
    const own = readHeard(press('v1:cancel:1:1a2b3c4d', { message: { id: '1', flags: 64 } }))
    expect(own).toMatchObject({ under: { private: true } })
  })

  it('reads fields in labels and in rows', () => {
    const heard = readHeard(
      raw({
        type: 5,
        data: {
          custom_id: 'decide:v1:deny:1:1a2b3c4d',
          components: [
            { type: 18, component: { type: 4, custom_id: 'reason', value: 'no' } },
            { type: 1, components: [{ type: 4, custom_id: 'typed', value: 'web-01' }] },
          ],
        },
      }),
    )
    expect(heard).toMatchObject({ kind: 'submit', fields: { reason: 'no', typed: 'web-01' }, under: null })
  })

  it.each<[string, unknown]>([
    ['nothing', null],
    ['a text', 'interaction'],
    ['nobody', raw({ type: 2, member: null })],
    ['an id that is none', raw({ type: 2, id: '../x' })],
    ['a press without a message', raw({ type: 3, data: { custom_id: 'x' } })],
    ['a kind that is none', raw({ type: 99 })],
  ])('is not heard when it is %s', (_, payload) => {
    const heard: Heard | null = readHeard(payload)
    expect(heard).toBeNull()
  })
})
