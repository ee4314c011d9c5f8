import { describe, expect, it } from '@jest/globals'
import { entryHash, headText, type NewAudit } from '../../../src/core/audit.js'
import { auditCommands } from '../../../src/features/audit/commands.js'
import { csvCell } from '../../../src/features/audit/export.js'
import { ALICE, actorOf, BOB, cardOf, contextOf, fakeAudit, NOW, say } from './support.js'

const entry = (more: Partial<NewAudit>): NewAudit => ({
  action: 'operation.asked',
  actor: actorOf(ALICE),
  workspace: 'demo',
  operation: 1,
  subject: 'stop web-01',
  code: null,
  data: { reason: 'why not' },
  ...more,
})

const ENTRIES = [
  entry({}),
  entry({ action: 'operation.refused', code: 'own_plan' }),
  entry({ action: 'decision.approve', actor: actorOf(BOB, ALICE) }),
  entry({ action: 'effect.intended', actor: null, subject: 'lab/101' }),
]

function log(entries = ENTRIES) {
  const audit = fakeAudit(entries)
  return { audit, ask: (line: string) => say(auditCommands, line, contextOf({ speaker: BOB, audit })) }
}

describe('audit log', () => {
  it('tells who did what, the newest first, and who it really was', async () => {
    const card = cardOf(await log().ask('audit log'))

    expect(
      card.table?.rows.map(({ seq, who, action, subject, code }) => [seq, who, action, subject, code]),
    ).toEqual([
      [4, 'the program', 'effect.intended', 'lab/101', null],
      [3, 'bob (really alice)', 'decision.approve', 'stop web-01', null],
      [2, 'alice', 'operation.refused', 'stop web-01', 'own_plan'],
      [1, 'alice', 'operation.asked', 'stop web-01', null],
    ])
    expect(card.table?.rows[0]).toMatchObject({ at: NOW.toISOString(), operation: 'op1' })
  })

  it('hands its flags to the store', async () => {
    const { audit, ask } = log()

    await ask('audit log --op op12 --person BOB --action Decision --since 24h --limit 7')
    await ask('audit log')

    expect(audit.filters).toEqual([
      {
        operation: 12,
        person: 'bob',
        action: 'decision',
        since: new Date('2026-03-11T14:00:00.000Z'),
        limit: 7,
      },
      { limit: 30 },
    ])
  })

  it('is itself recorded, and does not find that record', async () => {
    const { audit, ask } = log()

    const card = cardOf(await ask('audit log --person alice'))

    expect(card.table?.rows.map(({ action }) => action)).not.toContain('audit.read')
    expect(audit.entries.at(-1)).toMatchObject({
      seq: 5,
      action: 'audit.read',
      actor: { person: 'bob' },
      workspace: 'demo',
      operation: null,
      subject: 'audit log',
      data: { entries: 2, person: 'alice', limit: 30 },
    })
  })

  it('shows nothing when the reading could not be recorded', async () => {
    const { audit } = log()
    const full = { ...audit, append: () => Promise.reject(new Error('disk full')) }

    await expect(say(auditCommands, 'audit log', contextOf({ audit: full }))).rejects.toThrow('disk full')
  })

  it('finds what somebody did who is gone, and offers the nearest name where nothing is found', async () => {
    const { ask } = log([entry({ actor: { ...actorOf(ALICE), person: 'gone' } })])

    expect(cardOf(await ask('audit log --person gone')).table?.rows).toHaveLength(1)
    expect(cardOf(await ask('audit log --person bbo')).table?.empty).toContain('Did you mean bob?')
  })

  it('says when there is more', async () => {
    expect(cardOf(await log().ask('audit log --limit 2')).heading).toBe('The newest 2 entries')
  })
})

describe('audit verify', () => {
  it('prints how many entries there are, the whole head, and what it cannot see', async () => {
    const { audit, ask } = log()

    const card = cardOf(await ask('audit verify'))

    expect(card.heading).toBe('The audit log is whole: 4 entries')
    expect(card.facts).toEqual([
      expect.objectContaining({ label: 'entries', value: 4 }),
      expect.objectContaining({ label: 'head', value: `4-${audit.entries[3]?.hash}` }),
    ])
    expect(card.text).toContain('cut off at the end')
    expect(card.text).toContain('audit verify --against HEAD')
  })

  it('holds it against a head that was kept', async () => {
    const { audit, ask } = log()
    const head = headText(audit.entries[1] ?? { seq: 0, hash: '' })

    const card = cardOf(await ask(`audit verify --against ${head.toUpperCase()}`))

    expect(card.text).toContain('up to entry 2')
    expect(card.text).not.toContain('cannot see')
    expect(card.facts.at(-1)).toMatchObject({ value: head })
  })

  it('names the entry that was changed', async () => {
    const { audit, ask } = log()
    audit.entries = audit.entries.map((each) => (each.seq === 3 ? { ...each, subject: 'stop web-02' } : each))

    const answer = await ask('audit verify')

    expect(answer).toMatchObject({ kind: 'refusal', code: 'audit_broken' })
    expect(answer).toMatchObject({ message: expect.stringContaining('entry 3') })
  })

  it('names the entry that is missing, or stands in the place of another', async () => {
    const { audit, ask } = log()
    const whole = audit.entries
    audit.entries = whole.filter(({ seq }) => seq !== 2)
    expect(await ask('audit verify')).toMatchObject({ message: expect.stringContaining('entry 2') })

    const [one, two, three, four] = whole
    audit.entries = [one, three, two, four].filter((each) => each !== undefined)
    expect(await ask('audit verify')).toMatchObject({ message: expect.stringContaining('entry 2') })
  })

  it('finds a cut tail, and a chain that was computed anew, only against a head', async () => {
    const { audit, ask } = log()
    const head = headText(audit.entries[3] ?? { seq: 0, hash: '' })
    audit.entries = audit.entries.slice(0, 3)
    expect(await ask('audit verify')).toMatchObject({ kind: 'card' })
    expect(await ask(`audit verify --against ${head}`)).toMatchObject({ code: 'audit_broken' })

    const anew = log(ENTRIES.map((each) => ({ ...each, subject: 'nothing' })))
    expect(await anew.ask('audit verify')).toMatchObject({ kind: 'card' })
    expect(await anew.ask(`audit verify --against ${head}`)).toMatchObject({ code: 'audit_broken' })
  })

  it.each([
    '4',
    '4-abc',
    `04-${'a'.repeat(64)}`,
    `-1-${'a'.repeat(64)}`,
    'head',
    `4-${'g'.repeat(64)}`,
    '""',
  ])('refuses %s as a head', async (head) => {
    expect(await log().ask(`audit verify --against ${head}`)).toMatchObject({ code: 'wrong_argument' })
  })

  it('an empty log is whole', async () => {
    expect(cardOf(await log([]).ask('audit verify')).heading).toBe('The audit log is whole: 0 entries')
  })
})

describe('audit export', () => {
  it('gives the log as JSON Lines that can be verified, and records that', async () => {
    const { audit, ask } = log()

    const card = cardOf(await ask('audit export'))

    const [file] = card.files
    expect(file).toMatchObject({ name: 'audit-4.jsonl', mediaType: 'application/x-ndjson' })
    const lines = (file?.text ?? '')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(lines.map(({ seq }) => seq)).toEqual([1, 2, 3, 4])
    for (const line of lines) expect(entryHash(line)).toBe(line.hash)
    expect(audit.entries.at(-1)).toMatchObject({
      action: 'audit.exported',
      subject: 'audit-4.jsonl',
      actor: { person: 'bob' },
      data: { entries: 4, head: headText(audit.entries[3] ?? { seq: 0, hash: '' }) },
    })
  })

  it('gives it as CSV with one line per entry', async () => {
    const { audit, ask } = log([entry({ subject: 'stop "web"', data: { reason: 'a,b' } })])

    const [file] = cardOf(await ask('audit export --format csv')).files

    const hash = audit.entries[0]?.hash
    expect(file).toMatchObject({ name: 'audit-1.csv', mediaType: 'text/csv' })
    expect(file?.text).toBe(
      '"seq","at","action","person","really","account","workspace","operation","subject","code","data","prev","hash"\r\n' +
        `"1","2026-03-12T14:00:00.000Z","operation.asked","alice","","console:alice","demo","op1","stop ""web""","","{""reason"":""a,b""}","","${hash}"\r\n`,
    )
  })

  it.each([
    ['=cmd|"/C calc"!A0', `"'=cmd|""/C calc""!A0"`],
    ['+1', `"'+1"`],
    ['-1', `"'-1"`],
    ['@SUM(A1)', `"'@SUM(A1)"`],
    ['\t=1', `"\t'=1"`],
    ['\r=1', `"\r'=1"`],
    ['  =1', `"  '=1"`],
    ['\u200b=1', `"\u200b'=1"`],
    ['＝1', `"'＝1"`],
    ['a;=1', `"a;'=1"`],
    ['a\n=1', `"a\n'=1"`],
    ['a-b=c', '"a-b=c"'],
    ['2026-03-12', '"2026-03-12"'],
    ['";=1', `""";'=1"`],
  ])('no spreadsheet computes %j', (text, cell) => {
    expect(csvCell(text)).toBe(cell)
  })

  it('every command is for auditors', () => {
    for (const command of auditCommands)
      expect(command).toMatchObject({ role: 'auditor', risk: 'read', freshness: 'none' })
  })
})
