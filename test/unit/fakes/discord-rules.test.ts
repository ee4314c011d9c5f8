import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { ANN, MODAL, OPS, QUIET, smallApp } from '../../fakes/discord/small-app.js'

// Who may call what, rate limits, and the answers to interactions: every refusal and violation once, without discord.js.

const app = smallApp({ clock: { now: () => 1_800_000_000_000 } })
const { act, anew, answer, ask, call, card, code, defer, edit, hook, post, posted } = app

beforeEach(app.begin)
afterEach(app.end)

describe('who may call what', () => {
  it('wants the token of the bot, except for answers to interactions', async () => {
    expect((await call('GET', '/users/@me', undefined, 'Bot wrong')).status).toBe(401)
    expect((await call('GET', '/gateway/bot', undefined, '')).status).toBe(401)
    expect((await call('GET', '/gateway', undefined, '')).body).toEqual({ url: app.discord.gatewayUrl })
    app.discord.revokeToken()
    expect((await call('GET', '/users/@me')).status).toBe(401)
    act(defer)
    expect((await ask()).acked).toBe(true)
  })

  it('notes a route it does not know', async () => {
    expect(await call('POST', '/channels/1/poems', {})).toMatchObject({ status: 404, body: { code: 0 } })
    expect(app.discord.takeViolations()).toEqual(['POST /channels/1/poems: no such route in this fake'])
  })

  it('refuses JSON that is none', async () => {
    expect(await code('POST', `/channels/${OPS}/messages`, '{')).toBe(50109)
  })

  it('fails the next call in the way it was told', async () => {
    app.discord.failNext('GET /users/@me', { code: 50013 })
    app.discord.failNext('*', { status: 503 })
    app.discord.failNext('GET /users/:user', { hangUp: 'before' })
    app.discord.failNext('GET /gateway', { delayMs: 1 })
    expect(await call('GET', '/users/@me')).toMatchObject({ status: 403, body: { code: 50013 } })
    expect((await call('GET', '/users/@me')).status).toBe(503)
    await expect(call('GET', `/users/${ANN}`)).rejects.toThrow()
    expect((await call('GET', '/gateway')).status).toBe(200)
    app.discord.slow(1)
    expect((await call('GET', '/users/@me')).status).toBe(200)
    await app.discord.outage()
    expect((await call('GET', '/users/@me')).status).toBe(503)
    await app.discord.restore()
    expect((await call('GET', '/users/@me')).status).toBe(200)
  })
})

describe('rate limits', () => {
  it('says what is left, refuses what is over, and notes who does not wait', async () => {
    await anew({ rates: { routes: { 'POST /channels/:channel/messages': [1, 60_000] } } })
    const first = await post({ content: 'a' })
    expect(first.headers.get('x-ratelimit-limit')).toBe('1')
    expect(first.headers.get('x-ratelimit-remaining')).toBe('0')
    expect(Number(first.headers.get('x-ratelimit-reset-after'))).toBeGreaterThan(0)
    const second = await post({ content: 'b' })
    expect(second).toMatchObject({ status: 429, body: { global: false, retry_after: expect.any(Number) } })
    expect(second.headers.get('retry-after')).toBe('60')
    expect(app.discord.takeViolations()).toEqual([])
    expect((await post({ content: 'c' })).status).toBe(429)
    expect(app.discord.takeViolations()).toEqual([
      'POST /channels/:channel/messages: called again before its retry_after is over',
    ])
  })

  it('has one over all routes, of which answers to interactions are free', async () => {
    await anew({ rates: { global: [2, 60_000] } })
    expect((await call('GET', '/users/@me')).status).toBe(200)
    const over = await call('GET', `/users/${ANN}`)
    expect(over).toMatchObject({ status: 429, body: { global: true } })
    expect(over.headers.get('x-ratelimit-global')).toBe('true')
    act(defer)
    expect((await ask()).acked).toBe(true)
  })

  it('notes a call before the end of a 429 that was ordered', async () => {
    app.discord.failNext('GET /users/@me', { status: 429, retryAfter: 60 })
    expect((await call('GET', '/users/@me')).status).toBe(429)
    await call('GET', '/users/@me')
    expect(app.discord.takeViolations()).toHaveLength(1)
  })
})

describe('the first answer', () => {
  it('has to come in time', async () => {
    await anew({ ackDeadlineMs: 300 })
    const seen = await ask()
    expect(seen).toMatchObject({ acked: false, trouble: 'The application did not respond' })
    expect(await defer(app.heard[0] ?? {})).toMatchObject({ status: 404, body: { code: 10062 } })
    expect(app.discord.takeViolations()).toEqual([
      'command guest: not answered within 300 ms',
      'command guest: answered too late',
    ])
  })

  it('is given once', async () => {
    act(defer)
    await ask()
    expect(await defer(app.heard[0] ?? {})).toMatchObject({ status: 400, body: { code: 40060 } })
    expect(app.discord.takeViolations()).toEqual(['command guest: answered twice'])
  })

  it('goes to an interaction there is', async () => {
    expect(await code('POST', '/interactions/1/x/callback', { type: 5 }, '')).toBe(10062)
    expect(app.discord.takeViolations()).toHaveLength(1)
  })

  it('comes with 204, without a body or its type', async () => {
    let got: { readonly status: number; readonly headers: Headers } | undefined
    act(async (of) => {
      got = await defer(of)
    })
    await ask()
    await app.discord.until(() => got !== undefined)
    expect(got?.status).toBe(204)
    expect(got?.headers.get('content-type')).toBeNull()
  })

  it.each([
    ['command', 6],
    ['command', 7],
    ['command', 8],
    ['command', 1],
    ['component', 8],
    ['autocomplete', 4],
    ['autocomplete', 5],
    ['modal', 9],
    ['modal', 6],
  ])('of a %s is not of type %i', async (kind, type) => {
    await anew({ ackDeadlineMs: 300 })
    const got: object[] = []
    act(async (of) => {
      if (kind === 'modal' && of.type === 2) await answer(of, { type: 9, data: MODAL })
      else got.push(await answer(of, { type, data: {} }))
    })
    if (kind === 'command') await ask()
    if (kind === 'component') await app.discord.click(ANN, await card(), 'go')
    if (kind === 'autocomplete') await app.discord.complete(ANN, OPS, 'guest', { name: 'w' }, 'name')
    if (kind === 'modal') await app.discord.submit(ANN, await (await ask()).modal(), { why: 'so' })
    expect(got).toMatchObject([{ status: 400, body: { code: 50035, errors: { type: {} } } }])
    expect(app.discord.takeViolations()).toEqual([
      expect.stringContaining(`answer of type ${type}: refused`),
      expect.stringContaining('not answered within'),
    ])
  })

  it('of a form opened by a button may update its message', async () => {
    act((of) =>
      answer(of, of.type === 3 ? { type: 9, data: MODAL } : { type: 7, data: { content: 'so', ...QUIET } }),
    )
    const shown = await card()
    const form = await (await app.discord.click(ANN, shown, 'go')).modal()
    expect(form.source).toBe(shown.id)
    await app.discord.submit(ANN, form, { why: 'so' })
    expect(app.heard.at(-1)).toMatchObject({ type: 5, message: { id: shown.id } })
    expect(app.discord.message(OPS, shown.id)?.content).toBe('so')
    expect(app.discord.violations()).toEqual([])
  })

  it('notes a deferral for all to see, and what one carries in vain', async () => {
    act((of) => answer(of, { type: 5, data: { content: 'soon' } }))
    await ask()
    expect(app.discord.messages(OPS)).toMatchObject([{ loading: true }])
    expect(app.discord.takeViolations()).toEqual([
      'command guest: deferred for everybody to see',
      'command guest: a deferral carries what nobody will see',
    ])
  })

  it.each([
    ['a message', { type: 4, data: { content: 'x'.repeat(2_001), ...QUIET } }, 'data.content'],
    ['a form', { type: 9, data: { ...MODAL, title: 'x'.repeat(46) } }, 'data.title'],
  ])('over a limit: %s', async (_, body, at) => {
    await anew({ ackDeadlineMs: 300 })
    act((of) => answer(of, body))
    expect((await ask()).acked).toBe(false)
    expect(app.discord.takeViolations()[0]).toContain(at)
  })

  it('to an autocomplete over a limit', async () => {
    await anew({ ackDeadlineMs: 300 })
    act((of) => answer(of, { type: 8, data: { choices: [{ name: '', value: 'x' }] } }))
    const seen = await app.discord.complete(ANN, OPS, 'guest', { name: 'w' }, 'name')
    expect(seen).toMatchObject({ acked: false, trouble: 'Loading options failed' })
    expect(app.discord.takeViolations()[0]).toContain('data.choices.0.name')
  })

  it('notes what is alive in a form', async () => {
    act((of) => answer(of, { type: 9, data: { ...MODAL, components: [{ type: 10, content: 'hi @here' }] } }))
    await ask()
    expect(app.discord.takeViolations()).toEqual([expect.stringContaining('modal: @here')])
  })
})

describe('what follows the first answer', () => {
  it('needs the first answer', async () => {
    act(async (of) => {
      expect(await edit(of, { content: 'x', ...QUIET })).toMatchObject({ status: 404, body: { code: 10015 } })
      await defer(of)
    })
    await ask()
    expect(app.discord.takeViolations()).toEqual(['command guest: a follow-up before the first answer'])
  })

  it('ends after 15 minutes', async () => {
    act(defer)
    await ask()
    const [of = {}] = app.heard
    app.discord.advance(15 * 60_000)
    expect((await edit(of, { content: 'still', ...QUIET })).status).toBe(200)
    app.discord.advance(1)
    expect(await edit(of, { content: 'x', ...QUIET })).toMatchObject({ status: 401, body: { code: 50027 } })
    expect(await code('POST', hook(of), { content: 'x', ...QUIET }, '')).toBe(50027)
    expect(app.discord.violations()).toEqual([])
  })

  it('needs its token, and a message of this interaction', async () => {
    act(defer)
    await ask()
    const [of = {}] = app.heard
    const foreign = await posted()
    expect(await code('PATCH', hook({ token: 'x' }, '/messages/@original'), {}, '')).toBe(50027)
    expect(await code('GET', hook(of, `/messages/${foreign}`), undefined, '')).toBe(10008)
    expect(await code('GET', hook(of, '/messages/1'), undefined, '')).toBe(10008)
    const later = await call('POST', hook(of), { content: 'filled', ...QUIET }, '')
    const second = await call('POST', hook(of), { content: 'second', flags: 64, ...QUIET }, '')
    expect((await call('GET', hook(of, '/messages/@original'), undefined, '')).body.id).toBe(later.body.id)
    const changed = await call(
      'PATCH',
      hook(of, `/messages/${second.body.id}`),
      { content: 'new', ...QUIET },
      '',
    )
    expect(changed.body).toMatchObject({ id: second.body.id, content: 'new' })
    expect((await call('DELETE', hook(of, `/messages/${second.body.id}`), undefined, '')).status).toBe(204)
    expect(app.discord.privateTo(ANN).map(({ content }) => content)).toEqual(['filled'])
    expect(app.discord.violations()).toEqual([])
  })

  it('is over for a message that was dismissed', async () => {
    act((of) => answer(of, { type: 4, data: { content: 'psst', flags: 64, ...QUIET } }))
    const seen = await ask()
    app.discord.dismiss(ANN, await seen.answer())
    expect((await edit(app.heard[0] ?? {}, { content: 'x', ...QUIET })).body.code).toBe(10008)
  })

  it('updates what was clicked only while it is there', async () => {
    const shown = await card()
    act(async (of) => {
      await call('DELETE', `/channels/${OPS}/messages/${shown.id}`)
      expect((await answer(of, { type: 7, data: { content: 'x', ...QUIET } })).body.code).toBe(10008)
      await answer(of, { type: 6 })
    })
    expect((await app.discord.click(ANN, shown, 'go')).acked).toBe(true)
  })
})
