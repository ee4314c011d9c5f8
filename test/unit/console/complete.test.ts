import { describe, expect, it } from '@jest/globals'
import { lastWord, readlineCompleter } from '../../../src/chat/console/complete.js'
import type { Road } from '../../../src/ports/road.js'
import { fakeRoad } from './terminal.js'

const alice = { surface: 'console', account: 'anna', as: 'alice' } as const

function completing(offers: readonly string[]) {
  const asked: [string, string | null, string | null][] = []
  const road: Road = {
    ...fakeRoad().road,
    complete: async (line, workspace, caller) => {
      asked.push([line, workspace, caller.as])
      return offers.map((text) => ({ text, note: '' }))
    },
  }
  const completer = readlineCompleter(
    () => road,
    () => 'lab',
    () => alice,
  )
  const complete = (line: string) =>
    new Promise((resolve, reject) =>
      completer(line, (error, result) => (error ? reject(error) : resolve(result))),
    )
  return { complete, asked }
}

describe('lastWord', () => {
  it.each([
    ['', '', '', ''],
    ['st', '', 'st', 'st'],
    ['show we', 'show ', 'we', 'we'],
    ['show ', 'show ', '', ''],
    ['show "web 0', 'show ', '"web 0', 'web 0'],
    ["show 'a b' x", "show 'a b' ", 'x', 'x'],
    ['show web\\ 0', 'show ', 'web\\ 0', 'web 0'],
  ])('of %j', (line, before, raw, text) => expect(lastWord(line)).toEqual({ before, raw, text }))
})

describe('readlineCompleter', () => {
  it('asks the road in the workspace and gives its words with the one they replace', async () => {
    const { complete, asked } = completing(['web-01', 'web-02'])
    expect(await complete('show we')).toEqual([['web-01', 'web-02'], 'we'])
    expect(asked).toEqual([['show we', 'lab', 'alice']])
  })

  it('puts a blank behind the only word that fits', async () => {
    expect(await completing(['status']).complete('st')).toEqual([['status '], 'st'])
  })

  it('quotes what has blanks, and understands an open quote', async () => {
    const { complete, asked } = completing(['web 01', 'web 02'])
    expect(await complete('show "web 0')).toEqual([['"web 01"', '"web 02"'], '"web 0'])
    expect(asked[0]?.[0]).toBe('show "web 0"')
  })

  it('keeps a leading slash', async () => {
    expect(await completing(['status', 'storage']).complete('/st')).toEqual([['/status', '/storage'], '/st'])
  })

  it('never offers a name that the terminal would obey', async () => {
    const offers = ['web-01', 'web\u001b[2J', 'a\nb', 'x\u202ey', 'web-02']
    expect(await completing(offers).complete('show ')).toEqual([['web-01', 'web-02'], ''])
  })

  it('offers nothing when the road cannot tell', async () => {
    const road: Road = {
      ...fakeRoad().road,
      complete: async () => {
        throw new Error('locked')
      },
    }
    const completer = readlineCompleter(
      () => road,
      () => null,
      () => alice,
    )
    const result = await new Promise((resolve) => completer('st', (_error, found) => resolve(found)))
    expect(result).toEqual([[], 'st'])
  })
})
