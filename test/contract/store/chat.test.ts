import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { canonical } from '../../../src/core/digest.js'
import { newOperation } from '../../../src/core/operation.js'
import { planDigest } from '../../../src/core/plan.js'
import type { Binding } from '../../../src/ports/store/bindings.js'
import type { Post } from '../../../src/ports/store/outbox.js'
import type { Stores } from '../../../src/ports/store/stores.js'
import { backupStore, restoreStore } from '../../../src/store/backup.js'
import { openStores } from '../../../src/store/open.js'
import { prune } from '../../../src/store/prune.js'
import { openDatabase } from '../../../src/store/tx.js'
import { systemClock } from '../../../src/system/clock.js'
import { actor, NOW, plan } from '../../unit/core/operations.js'

const migrationsDir = resolve('prisma/migrations')
const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const HOSTILE = '<!channel> \u0000 "\' \u202e 🐙 \\ud800'
let directory = ''
let path = ''
let stores: Stores
/** The same file, opened once more: another process, as far as SQLite is concerned. */
let other: Stores

const open = () => openStores({ path, migrationsDir, clock: systemClock })
const later = (milliseconds: number) => new Date(NOW.getTime() + milliseconds)

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'proxmox-mpc-chat-'))
  path = join(directory, 'state.db')
  stores = await open()
  other = await open()
})
afterEach(async () => {
  await other.close()
  await stores.close()
  rmSync(directory, { recursive: true, force: true })
})

async function pruned(now: Date): Promise<void> {
  const database = openDatabase({ path, busyTimeout: 2000 })
  await database.write((tx) => prune(tx, now))
  await database.close()
}

async function rowsOf(table: string): Promise<number> {
  const database = openDatabase({ path, busyTimeout: 2000 })
  const [row] = await database.rows<{ n: number | bigint }>(`SELECT count(*) AS "n" FROM "${table}"`)
  await database.close()
  return Number(row?.n)
}

async function operation(): Promise<number> {
  const made = plan()
  const asked = newOperation(made, planDigest(made), { by: actor('alice'), at: NOW, typed: 'vm-101' })
  return (await stores.operations.create({ operation: asked, plan: canonical(made), shown: '{}', at: NOW }))
    .id
}

describe('bindings', () => {
  const ops: Binding = {
    surface: 'slack',
    channel: 'C0OPS',
    name: 'ops',
    workspace: 'lab',
    approvals: true,
  }
  const dev: Binding = { ...ops, channel: 'C0DEV', name: 'dev', approvals: false }

  it('are kept whole, and listed by workspace and name', async () => {
    const far: Binding = {
      surface: 'discord',
      channel: '1234',
      name: HOSTILE,
      workspace: 'far',
      approvals: false,
    }
    for (const each of [ops, dev, far]) await stores.bindings.bind(each, actor('carol'), NOW)

    expect(await stores.bindings.list({})).toEqual([far, dev, ops])
    expect(await stores.bindings.list({ surface: 'slack', workspace: 'lab' })).toEqual([dev, ops])
    expect(await stores.bindings.list({ surface: 'discord', workspace: 'lab' })).toEqual([])
    expect(await other.bindings.of('slack', 'C0OPS')).toEqual(ops)
    expect(await stores.bindings.of('discord', 'C0OPS')).toBeNull()
  })

  it('are bound anew and parted, and the log tells of each', async () => {
    await stores.bindings.bind(ops, actor('carol'), NOW)
    await stores.bindings.bind({ ...ops, workspace: 'far', approvals: false }, actor('carol'), NOW)

    expect(await stores.bindings.list({})).toMatchObject([{ workspace: 'far', approvals: false }])
    expect(await stores.bindings.unbind('slack', 'C0OPS', actor('bob'), NOW)).toBe(true)
    expect(await stores.bindings.unbind('slack', 'C0OPS', actor('bob'), NOW)).toBe(false)
    expect(await stores.bindings.of('slack', 'C0OPS')).toBeNull()
    expect(await stores.audit.list({ limit: 10 })).toMatchObject([
      { action: 'channel.unbound', workspace: 'far', actor: { person: 'bob' }, data: { name: 'ops' } },
      {
        action: 'channel.bound',
        workspace: 'far',
        data: { approvals: false, before: { workspace: 'lab', approvals: true } },
      },
      { action: 'channel.bound', workspace: 'lab', subject: 'slack:C0OPS', data: { before: null } },
    ])
    expect(await stores.audit.verify(null)).toMatchObject({ kind: 'sound' })
  })
})

describe('cards', () => {
  const at = (op: number, channel = 'C0OPS') => ({ operation: op, surface: 'slack', channel }) as const
  const want = (op: number, channel = 'C0OPS', thread: string | null = null) =>
    stores.cards.want({ ...at(op, channel), thread })
  const of = async (op: number, channel = 'C0OPS') =>
    (await stores.cards.of(op)).find((card) => card.channel === channel)

  it('are wanted once, whoever wants them', async () => {
    await Promise.all([
      ...Array.from({ length: 5 }, () => want(1)),
      ...Array.from({ length: 5 }, () => other.cards.want({ ...at(1), thread: '1.2' })),
    ])

    expect(await stores.cards.of(1)).toHaveLength(1)
  })

  it('keep the thread of whoever wanted first, and are open oldest first', async () => {
    await want(2, 'C0DEV')
    await want(1, 'C0OPS', '1.2')
    await want(1, 'C0OPS', '3.4')
    await other.cards.want({ operation: 1, surface: 'discord', channel: '77', thread: null })

    expect(await stores.cards.open('slack')).toEqual([
      {
        ...at(1),
        thread: '1.2',
        message: null,
        delivered: null,
        final: false,
        failures: 0,
        error: null,
        notBefore: null,
      },
      expect.objectContaining({ operation: 2, channel: 'C0DEV' }),
    ])
    expect(await stores.cards.open('discord')).toHaveLength(1)
  })

  it('are open until they were delivered as over', async () => {
    await want(1)
    await stores.cards.delivered(at(1), { message: 'm1', delivered: 'hash', final: false })
    expect(await stores.cards.open('slack')).toMatchObject([{ message: 'm1', delivered: 'hash' }])

    await stores.cards.delivered(at(1), { message: 'm1', delivered: 'last', final: true })

    expect(await stores.cards.open('slack')).toEqual([])
    expect(await stores.cards.byMessage('slack', 'C0OPS', 'm1')).toMatchObject({ operation: 1, final: true })
    expect(await stores.cards.byMessage('slack', 'C0DEV', 'm1')).toBeNull()
    expect(await stores.cards.byMessage('discord', 'C0OPS', 'm1')).toBeNull()
  })

  it('of two messages the first counts', async () => {
    await want(1)
    await stores.cards.delivered(at(1), { message: 'm1', delivered: 'hash', final: false })
    await other.cards.delivered(at(1), { message: 'm2', delivered: 'other', final: true })

    expect(await of(1)).toMatchObject({ message: 'm1', delivered: 'hash', final: false })
  })

  it('a message that was found is taken where none is known, and does not count as delivered', async () => {
    await want(1)
    await stores.cards.delivered(at(1), { message: 'found', delivered: null, final: false })
    expect(await of(1)).toMatchObject({ message: 'found', delivered: null, final: false })

    await stores.cards.delivered(at(1), { message: 'found', delivered: 'hash', final: false })
    await stores.cards.delivered(at(1), { message: 'found', delivered: null, final: false })

    expect(await of(1)).toMatchObject({ message: 'found', delivered: 'hash' })
  })

  it('that could not be delivered are open until they are given up, and again when delivered', async () => {
    await want(1)
    await stores.cards.failed(at(1), { error: HOSTILE, notBefore: later(MINUTE) })
    await stores.cards.failed(at(1), { error: HOSTILE, notBefore: later(2 * MINUTE) })
    expect(await stores.cards.open('slack')).toMatchObject([
      { failures: 2, error: HOSTILE, notBefore: later(2 * MINUTE).toISOString() },
    ])

    await stores.cards.failed(at(1), { error: 'channel_not_found', notBefore: null })
    expect(await stores.cards.open('slack')).toEqual([])
    await want(1)
    expect(await stores.cards.open('slack')).toEqual([])

    await stores.cards.delivered(at(1), { message: 'found', delivered: null, final: false })
    expect(await stores.cards.open('slack')).toMatchObject([{ failures: 0, error: null, notBefore: null }])
  })

  it('of which somebody deleted the message are posted anew after a while', async () => {
    await want(1)
    await stores.cards.delivered(at(1), { message: 'm1', delivered: 'hash', final: false })
    const seen = { error: 'message_not_found', notBefore: later(MINUTE) }
    await other.cards.lost(at(1), { message: 'another', ...seen })
    expect(await of(1)).toMatchObject({ message: 'm1', failures: 0 })

    await other.cards.lost(at(1), { message: 'm1', ...seen })

    const notBefore = later(MINUTE).toISOString()
    expect(await stores.cards.open('slack')).toMatchObject([
      { message: null, delivered: null, failures: 1, error: 'message_not_found', notBefore },
    ])
  })

  it('that could not be delivered are counted by surface, until they are', async () => {
    for (const op of [1, 2, 3]) await want(op)
    await stores.cards.want({ operation: 1, surface: 'discord', channel: '77', thread: null })
    expect(await stores.cards.stuck('slack')).toEqual({ waiting: 0, givenUp: 0 })

    await stores.cards.failed(at(1), { error: 'is_archived', notBefore: later(MINUTE) })
    await stores.cards.failed(at(1), { error: 'is_archived', notBefore: later(2 * MINUTE) })
    await stores.cards.failed(at(2), { error: 'invalid_blocks', notBefore: null })

    expect(await other.cards.stuck('slack')).toEqual({ waiting: 1, givenUp: 1 })
    expect(await stores.cards.stuck('discord')).toEqual({ waiting: 0, givenUp: 0 })
    await stores.cards.delivered(at(1), { message: 'm1', delivered: 'hash', final: false })
    expect(await stores.cards.stuck('slack')).toEqual({ waiting: 0, givenUp: 1 })
  })

  it('are forgotten 30 days after their operation has ended, and not before', async () => {
    const [over, waiting] = [await operation(), await operation()]
    await want(over)
    await want(waiting)
    await want(999)
    await stores.operations.apply(
      over,
      { kind: 'cancel', actor: actor('alice'), reason: null },
      later(MINUTE),
    )

    await pruned(later(29 * DAY))
    expect(await stores.cards.of(over)).toHaveLength(1)
    await pruned(later(31 * DAY))

    expect(await stores.cards.of(over)).toEqual([])
    expect(await stores.cards.of(waiting)).toHaveLength(1)
  })
})

describe('the outbox', () => {
  const post = (key: string, over: Partial<Post> = {}): Post => ({
    surface: 'slack',
    channel: 'C0OPS',
    under: { kind: 'operation', operation: 1 },
    card: '{"heading":"x"}',
    files: [],
    key,
    ...over,
  })
  const due = async (now = NOW) => (await stores.outbox.due('slack', now, 10)).map(({ key }) => key)
  const idOf = async (key: string, now = NOW): Promise<number> =>
    (await stores.outbox.due('slack', now, 10)).find((item) => item.key === key)?.id ?? -1

  it('gives back what was handed in', async () => {
    const whole = post('a', {
      under: { kind: 'message', message: '1.2' },
      card: JSON.stringify({ heading: HOSTILE }),
      files: [
        { name: `${HOSTILE}.txt`, mediaType: 'text/plain', content: { encoding: 'utf8', data: HOSTILE } },
        { name: 'chart.png', mediaType: 'image/png', content: { encoding: 'base64', data: 'AAEC/w==' } },
      ],
    })
    expect(await stores.outbox.add(whole, NOW)).toBe(true)

    expect(await other.outbox.due('slack', NOW, 10)).toEqual([
      { ...whole, id: 1, at: NOW.toISOString(), failures: 0, error: null },
    ])
  })

  it('takes half a character', async () => {
    await stores.outbox.add(post('a\ud800', { card: 'x\udc00' }), NOW)

    expect(await stores.outbox.due('slack', NOW, 10)).toMatchObject([{ key: 'a\ufffd', card: 'x\ufffd' }])
    expect(await stores.outbox.add(post('a\ud800'), NOW)).toBe(false)
  })

  it('takes a key once, from however many', async () => {
    const taken = await Promise.all(
      Array.from({ length: 20 }, (_, n) => (n % 2 === 0 ? stores : other).outbox.add(post('same'), NOW)),
    )

    expect(taken.filter(Boolean)).toHaveLength(1)
    expect(await due()).toEqual(['same'])
  })

  it('has the oldest of each channel due, and nothing overtakes it', async () => {
    await stores.outbox.add(post('a1'), NOW)
    await stores.outbox.add(post('a2'), NOW)
    await stores.outbox.add(post('b1', { channel: 'C0DEV' }), NOW)
    await stores.outbox.add(post('d1', { surface: 'discord' }), NOW)
    expect(await due()).toEqual(['a1', 'b1'])
    expect(await stores.outbox.due('slack', NOW, 1)).toHaveLength(1)

    await stores.outbox.failed(await idOf('a1'), { error: 'ratelimited', notBefore: later(MINUTE) }, NOW)
    expect(await due()).toEqual(['b1'])
    expect(await stores.outbox.due('slack', later(MINUTE), 10)).toMatchObject([
      { key: 'a1', failures: 1, error: 'ratelimited' },
      { key: 'b1' },
    ])

    await stores.outbox.done(await idOf('a1', later(MINUTE)), later(MINUTE))
    expect(await due(later(MINUTE))).toEqual(['a2', 'b1'])
  })

  it('is not kept waiting by a clock that was set back, nor by an endless pause', async () => {
    await stores.outbox.add(post('a'), later(DAY))
    await stores.outbox.failed(await idOf('a'), { error: 'x', notBefore: later(DAY + MINUTE) }, later(DAY))

    expect(await due(NOW)).toEqual(['a'])
    await stores.outbox.failed(await idOf('a'), { error: 'x', notBefore: later(9 * DAY) }, NOW)
    expect(await due(NOW)).toEqual([])
    expect(await due(later(HOUR))).toEqual(['a'])
  })

  it('gives up what cannot be said, and goes on', async () => {
    await stores.outbox.add(post('a1'), NOW)
    await stores.outbox.add(post('a2'), NOW)
    const id = await idOf('a1')
    await stores.outbox.failed(id, { error: 'channel_not_found', notBefore: null }, NOW)
    await stores.outbox.done(id, NOW)
    await stores.outbox.failed(id, { error: 'late', notBefore: NOW }, NOW)

    expect(await due()).toEqual(['a2'])
    expect(await stores.outbox.waiting('slack')).toEqual({ waiting: 1, givenUp: 1 })
    expect(await stores.outbox.waiting('discord')).toEqual({ waiting: 0, givenUp: 0 })
  })

  it('knows a key for 7 days after its end, pruned or not, and what waits for ever', async () => {
    for (const key of ['done', 'waits']) await stores.outbox.add(post(key), NOW)
    await stores.outbox.done(await idOf('done'), NOW)

    expect(await stores.outbox.add(post('done'), later(7 * DAY - 1))).toBe(false)
    expect(await stores.outbox.add(post('done'), later(7 * DAY))).toBe(true)
    expect(await stores.outbox.add(post('waits'), later(70 * DAY))).toBe(false)
    await stores.outbox.done(await idOf('waits'), later(DAY))
    await pruned(later(9 * DAY))

    expect(await rowsOf('Outbox')).toBe(1)
    expect(await due(later(9 * DAY))).toEqual(['done'])
  })

  it('is not held up by a post that was changed by hand', async () => {
    await stores.outbox.add(post('a'), NOW)
    const database = openDatabase({ path, busyTimeout: 2000 })
    await database.run(`UPDATE "Outbox" SET "body" = '{'`)
    await database.close()

    expect(await stores.outbox.due('slack', NOW, 10)).toMatchObject([{ key: 'a', under: null, files: [] }])
  })
})

describe('what was seen', () => {
  it('is new once, from however many', async () => {
    const firsts = await Promise.all(
      Array.from({ length: 40 }, (_, n) => (n % 2 === 0 ? stores : other).seen.first('slack:1', NOW)),
    )

    expect(firsts.filter(Boolean)).toHaveLength(1)
    expect(await stores.seen.first('slack:2', NOW)).toBe(true)
  })

  it('is remembered for a day, also across restarts, and then forgotten', async () => {
    await stores.seen.first('a', NOW)
    await stores.close()
    stores = await open()

    expect(await stores.seen.first('a', later(DAY - 1))).toBe(false)
    expect(await stores.seen.first('a', later(-HOUR))).toBe(false)
    expect(await stores.seen.first('a', later(DAY))).toBe(true)
    expect(await stores.seen.first('a', later(DAY + 1))).toBe(false)

    await stores.seen.first('b', later(DAY + HOUR))
    await pruned(later(2 * DAY + MINUTE))
    expect(await rowsOf('SeenInteraction')).toBe(1)
  })
})

describe('a restored backup', () => {
  it('has open cards delivered at once, and what waited to be said given up', async () => {
    const id = await operation()
    const card = { operation: id, surface: 'slack', channel: 'C0OPS' } as const
    await stores.cards.want({ ...card, thread: null })
    await stores.cards.delivered(card, { message: 'm1', delivered: 'waiting', final: false })
    await stores.cards.failed(card, { error: 'ratelimited', notBefore: later(HOUR) })
    const waits = {
      surface: 'slack',
      channel: 'C0OPS',
      under: null,
      card: '{}',
      files: [],
      key: 'k',
    } as const
    await stores.outbox.add(waits, NOW)
    const backup = join(directory, 'copy.db')
    await backupStore(path, backup)
    const restored = join(directory, 'restored.db')

    await restoreStore(restored, backup, { migrationsDir, now: later(DAY) })

    const again = await openStores({ path: restored, migrationsDir, clock: systemClock })
    expect((await again.operations.get(id))?.state).toBe('expired')
    expect(await again.cards.open('slack')).toMatchObject([
      { message: 'm1', delivered: 'waiting', failures: 0, notBefore: null },
    ])
    expect(await again.outbox.waiting('slack')).toEqual({ waiting: 0, givenUp: 1 })
    expect(await again.outbox.add(waits, later(DAY))).toBe(false)
    expect((await again.audit.newest('store.restored'))?.data).toEqual({ postsGivenUp: 1 })
    await again.close()
  })

  it('may be from before there was chat', async () => {
    const before = join(directory, 'migrations')
    for (const name of ['0001_init', '0002_operations'])
      cpSync(join(migrationsDir, name), join(before, name), { recursive: true })
    const old = join(directory, 'old.db')
    await (await openStores({ path: old, migrationsDir: before, clock: systemClock })).close()
    const restored = join(directory, 'restored.db')

    await restoreStore(restored, old, { migrationsDir, now: NOW })

    const again = await openStores({ path: restored, migrationsDir, clock: systemClock })
    expect(await again.outbox.waiting('slack')).toEqual({ waiting: 0, givenUp: 0 })
    expect((await again.audit.newest('store.restored'))?.data).toEqual({})
    await again.close()
  })
})
