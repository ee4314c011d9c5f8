import { PassThrough } from 'node:stream'
import { type Card, card } from '../../../src/core/card.js'
import type { Answer } from '../../../src/core/command.js'
import { refuse } from '../../../src/core/refusal.js'
import type { Clock } from '../../../src/ports/clock.js'
import type { Completion, FollowOptions, Request, Road } from '../../../src/ports/road.js'
import { NOW, statusSample } from './samples.js'

/** An output that remembers what was written, as a terminal of some size or as a pipe. */
export function fakeOutput(terminal?: { columns: number; rows?: number }) {
  const stream = new PassThrough()
  let written = ''
  stream.setEncoding('utf8')
  stream.on('data', (chunk: string) => {
    written += chunk
  })
  const output = Object.assign(stream, {
    isTTY: terminal !== undefined,
    columns: terminal?.columns,
    rows: terminal?.rows,
    text: () => written,
    /** The text without what a line editor writes to move the cursor. */
    shown: () => written.replace(/\u001b\[[0-9;]*[A-HJKm]/g, ''),
  })
  return output
}

export function fakeInput(isTTY: boolean) {
  const raw: boolean[] = []
  return Object.assign(new PassThrough(), {
    isTTY,
    raw,
    setRawMode: (on: boolean) => {
      raw.push(on)
    },
  })
}

type Sleeper = { readonly until: number; readonly wake: () => void }

/** A clock that stands still until it is told to go on. */
export function fakeClock() {
  let elapsed = 0
  let sleepers: Sleeper[] = []
  const clock: Clock = {
    now: () => new Date(NOW.getTime() + elapsed),
    monotonic: () => elapsed,
    sleep: (milliseconds, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted === true) return reject(new Error('aborted'))
        const stop = () => reject(new Error('aborted'))
        signal?.addEventListener('abort', stop, { once: true })
        const wake = () => {
          signal?.removeEventListener('abort', stop)
          resolve()
        }
        sleepers.push({ until: elapsed + milliseconds, wake })
      }),
  }
  return {
    clock,
    go: async (milliseconds: number) => {
      elapsed += milliseconds
      const due = sleepers.filter(({ until }) => until <= elapsed)
      sleepers = sleepers.filter(({ until }) => until > elapsed)
      for (const { wake } of due) wake()
      await settle()
    },
  }
}

/** Lets everything run that is ready to. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve))
}

/** Waits for something to become true; the test's own time limit ends it otherwise. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 2))
}

/** A road with a few answers, that notes what it was asked. `wait` hangs until it is stopped or `finish` is called. */
export function fakeRoad(workspace: string | null = 'lab') {
  const asked: Request[] = []
  const aborted: string[] = []
  let finish: (answer: Answer) => void = () => {}
  const offers: Completion[] = []
  const road: Road = {
    read: () => ({ kind: 'open', commands: [] }),
    startWorkspace: () => workspace,
    startPerson: () => null,
    executing: () => [],
    news: () => [],
    served: async () => false,
    follow: async () => refuse('unknown_operation', 'There is no such operation.', ''),
    complete: async () => offers,
    ask: async (request) => {
      asked.push(request)
      const line = String(request.words).trim()
      request.signal?.addEventListener('abort', () => aborted.push(line))
      switch (line) {
        case 'status':
          return statusSample
        case 'exit':
          return { kind: 'session', effect: { kind: 'exit' }, card: card({ heading: 'Bye' }) }
        case 'init':
          return { kind: 'session', effect: { kind: 'init' }, card: card({ heading: 'Connect a cluster' }) }
        case 'use prod':
          return {
            kind: 'session',
            effect: { kind: 'use', workspace: 'prod' },
            card: card({ heading: 'Now in workspace prod' }),
          }
        case 'crash':
          throw new Error('a road that throws after all')
        case 'wait':
          return new Promise((resolve) => {
            finish = resolve
          })
        case 'slow':
          await new Promise((resolve) => setTimeout(resolve, 30))
          return card({ heading: 'slow is done' })
        case 'quick':
          return card({ heading: 'quick is done' })
        default:
          return refuse(
            'unknown_command',
            `There is no command \`${line.slice(0, 60)}\`.`,
            '`help` lists them all.',
          )
      }
    },
  }
  return { road, asked, aborted, offers, finish: (answer: Answer) => finish(answer) }
}

/** A road whose answers are given by what is asked for (words joined by blanks), and whose operations do as they are told. */
export function operationRoad(answers: Readonly<Record<string, Answer>>, person: string | null = 'alice') {
  const asked: Request[] = []
  const followed: { readonly operation: number; readonly options: FollowOptions }[] = []
  let end: (answer: Answer) => void = () => {}
  const noNumbers: number[] = []
  const noCards: Card[] = []
  const state = { executing: noNumbers, served: false, news: noCards }
  const road: Road = {
    read: () => ({ kind: 'open', commands: [] }),
    startWorkspace: () => 'demo',
    startPerson: () => person,
    complete: async () => [],
    executing: () => [...state.executing],
    served: async () => state.served,
    news: () => state.news.splice(0),
    ask: async (request) => {
      asked.push(request)
      const line = typeof request.words === 'string' ? request.words.trim() : request.words.join(' ')
      if (line === 'exit')
        return { kind: 'session', effect: { kind: 'exit' }, card: card({ heading: 'Bye' }) }
      return answers[line] ?? refuse('unknown_command', `There is no command \`${line}\`.`, 'Try `help`.')
    },
    follow: (operation, options) => {
      followed.push({ operation, options })
      return new Promise((resolve) => {
        end = resolve
      })
    },
  }
  const words = () => asked.map((request) => request.words)
  return {
    road,
    asked,
    words,
    followed,
    state,
    update: (shown: Card) => followed.at(-1)?.options.update?.(shown),
    end: (answer: Answer) => end(answer),
  }
}
