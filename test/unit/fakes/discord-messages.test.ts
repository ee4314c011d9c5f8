import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { LIMITS } from '../../fakes/discord/limits-text.js'
import { ANN, BEN, OPS, OTHER_GUILD, QUIET, ROLE, ROWS, smallApp } from '../../fakes/discord/small-app.js'
import { MAY } from '../../fakes/discord/world.js'
import { isObj } from '../../fakes/slack/json.js'

// Messages, mentions, threads and direct messages: every refusal and violation once, without discord.js.

const app = smallApp()
const { act, answer, ask, call, code, edit, hook, post, posted } = app

beforeEach(app.begin)
afterEach(app.end)

describe('messages', () => {
  it('refuses channels', async () => {
    expect((await post({ content: 'x' }, '3999999999999999999')).body.code).toBe(10003)
    app.discord.addChannel({ id: '3000000000000000002', name: 'gone' })
    app.discord.deleteChannel('3000000000000000002')
    expect((await post({ content: 'x' }, '3000000000000000002')).body.code).toBe(10003)
    app.discord.addChannel({ id: '3000000000000000003', name: 'hidden', permissions: 0n })
    expect((await post({ content: 'x' }, '3000000000000000003')).body.code).toBe(50001)
    app.discord.addChannel({ id: '3000000000000000004', name: 'far', guild: OTHER_GUILD })
    expect(await code('GET', '/channels/3000000000000000004')).toBe(50001)
  })

  it('wants the permissions for what is sent', async () => {
    const id = await posted()
    app.discord.setPermissions(OPS, MAY.viewChannel)
    expect((await post({ content: 'x' })).body.code).toBe(50013)
    app.discord.setPermissions(OPS, MAY.viewChannel | MAY.sendMessages)
    expect((await post({ content: 'x' })).status).toBe(200)
    expect((await post({ embeds: [{ title: 't' }] })).body.code).toBe(50013)
    const form = new FormData()
    form.set('payload_json', JSON.stringify({ content: 'x', ...QUIET }))
    form.set('files[0]', new Blob(['x']), 'x.txt')
    expect(await code('POST', `/channels/${OPS}/messages`, form)).toBe(50013)
    expect(await code('POST', `/channels/${OPS}/messages/${id}/threads`, { name: 't' })).toBe(50013)
    const foreign = app.discord.say(ANN, OPS, 'mine')
    expect(await code('DELETE', `/channels/${OPS}/messages/${foreign.id}`)).toBe(50013)
    expect((await call('GET', `/channels/${OPS}/messages`)).body.list).toEqual([])
    app.discord.setPermissions(OPS, null)
    expect((await call('GET', `/channels/${OPS}/messages`)).body.list).toHaveLength(3)
  })

  it('edits and deletes only what is there and its own', async () => {
    const id = await posted()
    const at = (message: string) => `/channels/${OPS}/messages/${message}`
    expect(await code('PATCH', at('1'), { content: 'y', ...QUIET })).toBe(10008)
    const foreign = app.discord.say(ANN, OPS, 'mine')
    expect(await code('PATCH', at(foreign.id), { content: 'y', ...QUIET })).toBe(50005)
    expect((await call('PATCH', at(id), { content: 'y', ...QUIET })).body).toMatchObject({ content: 'y' })
    expect((await call('DELETE', at(id))).status).toBe(204)
    expect(await code('GET', at(id))).toBe(10008)
    act((of) => answer(of, { type: 4, data: { content: 'psst', flags: 64, ...QUIET } }))
    const hidden = await (await ask()).answer()
    expect(await code('PATCH', at(hidden.id), { content: 'y', ...QUIET })).toBe(10008)
  })

  it('lists newest first, around ids', async () => {
    const ids = [await posted(), await posted(), await posted()]
    const listed = async (query: string) => {
      const { list } = (await call('GET', `/channels/${OPS}/messages${query}`)).body
      return Array.isArray(list) ? list.map((one: unknown) => (isObj(one) ? one.id : one)) : []
    }
    expect(await listed('')).toEqual([...ids].reverse())
    expect(await listed('?limit=1')).toEqual([ids[2]])
    expect(await listed(`?before=${ids[1]}`)).toEqual([ids[0]])
    expect(await listed(`?after=${ids[1]}`)).toEqual([ids[2]])
  })

  it('takes a nonce once in a few minutes', async () => {
    const same = { content: 'x', nonce: '7', enforce_nonce: true }
    const id = await posted(same)
    expect(await posted(same)).toBe(id)
    expect(await posted({ content: 'x', nonce: '7' })).not.toBe(id)
    app.discord.advance(6 * 60_000)
    expect(await posted(same)).not.toBe(id)
    expect(app.discord.messages(OPS)).toHaveLength(3)
  })

  it('keeps on an edit what is not named', async () => {
    const id = await posted({ content: 'x', embeds: [{ title: 't' }], components: ROWS })
    const change = (body: object) => call('PATCH', `/channels/${OPS}/messages/${id}`, { ...body, ...QUIET })
    await change({ content: 'y' })
    expect(app.discord.message(OPS, id)).toMatchObject({
      content: 'y',
      embeds: [{ title: 't' }],
      components: ROWS,
    })
    await change({ components: [], embeds: [] })
    expect(app.discord.message(OPS, id)).toMatchObject({ content: 'y', embeds: [], components: [], edits: 2 })
    expect((await change({ content: '' })).body.code).toBe(50006)
    expect(app.discord.takeViolations()).toEqual([expect.stringContaining('an empty message')])
  })

  it('keeps and drops files', async () => {
    const form = (json: object, ...names: readonly string[]) => {
      const made = new FormData()
      made.set('payload_json', JSON.stringify({ ...QUIET, ...json }))
      for (const [i, name] of names.entries()) made.set(`files[${i}]`, new Blob([name]), name)
      return made
    }
    const first = { content: 'x', attachments: [{ id: 0, description: 'A log' }] }
    const { body } = await call('POST', `/channels/${OPS}/messages`, form(first, 'a.txt'))
    const at = `/channels/${OPS}/messages/${String(body.id)}`
    const names = () => app.discord.files().map(({ name }) => name)
    expect(app.discord.files()).toMatchObject([{ name: 'a.txt', description: 'A log' }])
    const [file] = app.discord.files()
    const url = isObj(body) && Array.isArray(body.attachments) ? String(body.attachments[0]?.url) : ''
    expect(await (await fetch(url)).text()).toBe('a.txt')
    expect((await fetch(`${url}`.replace(file?.id ?? '', '1'))).status).toBe(404)
    await call('PATCH', at, form({ content: 'y' }, 'b.txt'))
    expect(names()).toEqual(['a.txt', 'b.txt'])
    await call('PATCH', at, { ...QUIET, attachments: [{ id: file?.id }] })
    expect(names()).toEqual(['a.txt'])
    expect(await code('PATCH', at, { ...QUIET, attachments: [{ id: '1' }] })).toBe(50035)
    const many = Array.from({ length: 11 }, (_, i) => `${i}.txt`)
    expect(await code('POST', `/channels/${OPS}/messages`, form({}, ...many))).toBe(50035)
    const long = { attachments: [{ id: 0, description: 'x'.repeat(1_025) }] }
    expect(await code('POST', `/channels/${OPS}/messages`, form(long, 'a.txt'))).toBe(50035)
    app.discord.takeViolations()
    await call(
      'POST',
      `/channels/${OPS}/messages`,
      form({ embeds: [{ image: { url: 'attachment://b' } }] }, 'a'),
    )
    expect(app.discord.takeViolations()).toEqual([
      expect.stringContaining('attachment://b is not among the files'),
    ])
  })

  it('takes files and requests only so large', async () => {
    const sized = (...sizes: readonly number[]) => {
      const made = new FormData()
      made.set('payload_json', JSON.stringify({ content: 'x', ...QUIET }))
      for (const [i, size] of sizes.entries()) made.set(`files[${i}]`, new Blob([new Uint8Array(size)]), 'x')
      return made
    }
    const path = `/channels/${OPS}/messages`
    expect((await call('POST', path, sized(LIMITS.fileBytes))).status).toBe(200)
    expect(await code('POST', path, sized(LIMITS.fileBytes + 1))).toBe(40005)
    const most = LIMITS.fileBytes
    expect(await code('POST', path, sized(most, most, most))).toBe(40005)
    expect(app.discord.takeViolations()).toHaveLength(2)
  })
})

describe('mentions and markup', () => {
  const noted = async (body: object) => {
    await post(body)
    return app.discord.takeViolations().length
  }

  it('wants it said that nobody is notified', async () => {
    const path = `/channels/${OPS}/messages`
    const id = await posted()
    await call('POST', path, { content: 'x' })
    await call('PATCH', `${path}/${id}`, { components: [] })
    await call('POST', path, { content: 'x', allowed_mentions: { parse: ['users'] } })
    expect(app.discord.takeViolations()).toHaveLength(3)
    const named = { content: 'x', allowed_mentions: { parse: [], users: [ANN] } }
    await call('POST', path, named)
    expect(app.discord.takeViolations()).toHaveLength(1)
    app.discord.mayMention(ANN)
    await call('POST', path, named)
    expect(app.discord.violations()).toEqual([])
  })

  it('wants it of answers as well', async () => {
    act(async (of) => {
      await answer(of, { type: 4, data: { content: 'x' } })
      await edit(of, { content: 'y' })
      await call('POST', hook(of), { content: 'z' }, '')
    })
    await ask()
    await app.discord.until(() => app.discord.violations().length === 3)
    expect(app.discord.takeViolations()).toEqual(
      ['answer', 'edit', 'follow-up'].map(
        (what) => `command guest: ${what}: without allowed_mentions {parse: []}`,
      ),
    )
  })

  it.each(['hi @everyone', 'hi @here', `<@${ANN}>`, `<@!${ANN}>`, `<@&${ROLE}>`, `<#${OPS}>`, `\\<@${ANN}>`])(
    'notes %s, wherever it is alive',
    async (text) => {
      expect(await noted({ content: text })).toBe(1)
      expect(await noted({ embeds: [{ title: text }] })).toBe(1)
      expect(await noted({ embeds: [{ description: text }] })).toBe(1)
      expect(await noted({ embeds: [{ fields: [{ name: text, value: text }] }] })).toBe(2)
      expect(await noted({ content: `\\\`${text}\\\`` })).toBe(1)
      expect(await noted({ content: `\`a\` ${text} \`b\`` })).toBe(1)
      expect(await noted({ content: `\`\`\` a ${text}` })).toBe(1)
      expect(await noted({ content: `\`${text}\`` })).toBe(0)
      expect(await noted({ content: `\`\`\`\n${text}\n\`\`\`` })).toBe(0)
      expect(await noted({ embeds: [{ title: 't', footer: { text } }] })).toBe(0)
    },
  )

  it('knows whom it may mention', async () => {
    app.discord.mayMention(ANN)
    expect(await noted({ content: `<@${ANN}> <@${BEN}>` })).toBe(1)
  })

  it('notes untrusted text that is alive', async () => {
    app.discord.untrusted('**bold**')
    expect(await noted({ content: 'a **bold** name' })).toBe(1)
    expect(await noted({ content: 'a \\*\\*bold\\*\\* name, `**bold**`' })).toBe(0)
  })

  it('notes what is no field, and what can be no flag', async () => {
    expect(await noted({ content: 'x', embed: {} })).toBe(1)
    expect(await noted({ content: 'x', flags: 64 })).toBe(1)
  })
})

describe('threads and direct messages', () => {
  const begun = (message: string, body: object = { name: 'talk' }, channel = OPS) =>
    call('POST', `/channels/${channel}/messages/${message}/threads`, body)

  it('begins one thread at a message that is there', async () => {
    const id = await posted()
    expect((await begun('1')).body.code).toBe(10008)
    expect((await begun(id, { name: 'x'.repeat(101) })).body.code).toBe(50035)
    expect((await begun(id, { name: 't', auto_archive_duration: 7 })).body.code).toBe(50035)
    expect(app.discord.takeViolations()).toHaveLength(2)
    expect((await begun(id, { name: 'x'.repeat(100) })).body).toMatchObject({ id, type: 11, parent_id: OPS })
    expect((await begun(id)).body.code).toBe(160004)
    const inside = await post({ content: 'x' }, id)
    expect((await begun(String(inside.body.id), { name: 't' }, id)).body.code).toBe(50024)
    expect((await call('GET', `/channels/${id}`)).body).toMatchObject({ message_count: 1 })
  })

  it('wakes an archived thread by a message, but not a locked one', async () => {
    const id = await posted()
    await begun(id)
    const message = String((await post({ content: 'x' }, id)).body.id)
    const change = { archived: true, name: 'over' }
    expect((await call('PATCH', `/channels/${id}`, change)).body).toMatchObject({ name: 'over' })
    const edited = () => code('PATCH', `/channels/${id}/messages/${message}`, { content: 'y', ...QUIET })
    expect(await edited()).toBe(50083)
    expect((await post({ content: 'x' }, id)).status).toBe(200)
    expect(app.discord.thread(id)?.archived).toBe(false)
    app.discord.setChannel(id, { archived: true, locked: true })
    expect((await post({ content: 'x' }, id)).body.code).toBe(50083)
    expect(await code('PATCH', `/channels/${OPS}`, { name: 'mine' })).toBe(50013)
    expect(await code('PATCH', `/channels/${id}`, { name: '' })).toBe(50035)
  })

  it('opens direct messages, and refuses what is sent to who takes none', async () => {
    const open = (user: string) => call('POST', '/users/@me/channels', { recipient_id: user })
    expect((await open('1')).body.code).toBe(50033)
    const ann = String((await open(ANN)).body.id)
    expect(String((await open(ANN)).body.id)).toBe(ann)
    expect((await post({ content: 'x' }, ann)).status).toBe(200)
    const message = app.discord.messages(ann)[0]
    expect((await begun(message?.id ?? '', { name: 't' }, ann)).body.code).toBe(50024)
    const ben = String((await open(BEN)).body.id)
    expect((await post({ content: 'x' }, ben)).body.code).toBe(50007)
    app.discord.setUser(BEN, { takesDms: true })
    expect((await post({ content: 'x' }, ben)).status).toBe(200)
  })
})
