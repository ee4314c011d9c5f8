import { describe, expect, it } from '@jest/globals'
import { execJson, exitCode } from '../../../src/chat/console/json.js'
import { runScript, type Script } from '../../../src/chat/console/script.js'
import { card } from '../../../src/core/card.js'
import type { Answer } from '../../../src/core/command.js'
import { OPERATION_STATES, type OperationState } from '../../../src/core/operation.js'
import { refuse } from '../../../src/core/refusal.js'
import { DIGEST, operation, report, UPID } from './operation-samples.js'
import { operationRoad, settle, until } from './terminal.js'

const caller = { surface: 'console', account: 'anna', as: null } as const

function run(answer: Answer, patience: Script['patience'], served = false) {
  const fake = operationRoad({ 'stop web-01': answer })
  fake.state.served = served
  const stop = new AbortController()
  const begun: OperationState[] = []
  const outcome = runScript({
    road: fake.road,
    request: { caller, words: 'stop web-01', workspace: null, signal: stop.signal },
    patience,
    signal: stop.signal,
    lookingOn: (first) => {
      begun.push(first.report.state)
      return () => {}
    },
  })
  return { fake, stop, begun, outcome }
}

const approval = operation('waiting', { report: { needs: 'approval' } })
const confirmation = operation('waiting', { report: { needs: 'confirmation' } })
const verified = operation('verified')

describe('one command of a script', () => {
  it('gives what is no operation as it is', async () => {
    const { outcome, fake } = run(card({ heading: 'already so', outcome: 'already' }), 'wait')
    expect(await outcome).toMatchObject({ answer: { heading: 'already so' }, operation: null })
    expect(fake.followed).toHaveLength(0)
  })

  it.each([
    ['end', approval],
    ['end', confirmation],
    ['detach', approval],
    ['detach', operation('running')],
    ['detach', operation('ready')],
    ['end', verified],
    ['wait', operation('denied')],
    ['wait', operation('unknown')],
  ] as const)('%s: leaves at once where nothing is to be waited for', async (patience, answer) => {
    const { outcome, fake, begun } = run(answer, patience, true)
    expect(await outcome).toEqual({ answer, operation: answer.report })
    expect(fake.followed).toHaveLength(0)
    expect(begun).toEqual([])
  })

  it.each([
    ['end', operation('ready'), false],
    ['end', operation('running'), false],
    ['wait', operation('running'), true],
    ['wait', approval, true],
    ['wait', confirmation, true],
  ] as const)('%s: looks on to the end', async (patience, answer, decisions) => {
    const { outcome, fake, begun } = run(answer, patience)
    await until(() => fake.followed.length === 1)
    expect(fake.followed[0]).toMatchObject({ operation: 1, options: { caller, decisions } })
    expect(begun).toEqual([answer.report.state])
    fake.end(verified)
    expect(await outcome).toEqual({ answer: verified, operation: verified.report })
  })

  it('asks nothing at all when nobody would carry it out', async () => {
    const { outcome, fake } = run(operation('running'), 'detach', false)
    expect(await outcome).toMatchObject({ answer: { code: 'no_runner' }, operation: null })
    expect(fake.asked).toHaveLength(0)
  })

  it.each([true, false])('leaves the operation as it is when it has to end (served %s)', async (served) => {
    const { outcome, fake, stop } = run(operation('running'), 'end', served)
    await until(() => fake.followed.length === 1)
    stop.abort()
    const { answer, operation: known } = await outcome
    expect(answer).toMatchObject({ code: 'interrupted' })
    expect(JSON.stringify(answer).includes('The next console')).toBe(!served)
    expect(known?.id).toBe('op1')
    expect(execJson(answer, { known })).toMatchObject({
      ok: false,
      code: 'interrupted',
      operation: { id: 'op1', state: 'running' },
    })
    expect(fake.words()).toEqual(['stop web-01'])
  })

  it('names the operation also where the looking on failed', async () => {
    const { outcome, fake } = run(operation('running'), 'end')
    await until(() => fake.followed.length === 1)
    fake.end(refuse('store_locked', 'The store is locked.', 'Try again.'))
    await settle()
    expect(await outcome).toMatchObject({ answer: { code: 'store_locked' }, operation: { id: 'op1' } })
  })
})

describe('what a script is told of an operation', () => {
  const CODES: Readonly<Record<OperationState, number>> = {
    waiting: 3,
    ready: 0,
    running: 0,
    unknown: 5,
    verified: 0,
    unverified: 5,
    failed: 1,
    partial: 1,
    stale: 2,
    denied: 2,
    expired: 2,
    cancelled: 2,
  }

  it.each(OPERATION_STATES)('%s', (state) => {
    const answer = operation(state, { report: { needs: state === 'waiting' ? 'approval' : 'nothing' } })
    expect(exitCode(answer)).toBe(CODES[state])
    expect(execJson(answer)).toMatchObject({
      ok: CODES[state] === 0,
      code: state === 'waiting' ? 'needs_approval' : state === 'verified' ? 'done' : state,
      operation: { id: 'op1', state },
    })
  })

  it('tells apart who has to decide', () => {
    expect(exitCode(confirmation)).toBe(4)
    expect(execJson(confirmation)).toMatchObject({ ok: false, code: 'needs_confirmation' })
    expect(exitCode(approval)).toBe(3)
  })

  it('gives the operation with its plan and targets, and nothing else', () => {
    const targets = [
      { guest: 'lab/101', state: 'failed', code: 'task_failed', upid: UPID },
      { guest: 'lab/102', state: 'skipped', code: null, upid: null },
    ] as const
    const answer = { ...operation('partial'), report: report('partial', { code: 'task_failed', targets }) }
    expect(execJson(answer)).toMatchObject({ ok: false, code: 'task_failed' })
    expect(execJson(answer).operation).toEqual({
      id: 'op1',
      state: 'partial',
      code: 'task_failed',
      planDigest: DIGEST,
      targets,
    })
    expect(exitCode(answer)).toBe(1)
  })

  it('says where nothing had to be done', () => {
    const answer = card({ heading: 'web-01 is stopped already', outcome: 'already' })
    expect(exitCode(answer)).toBe(0)
    expect(execJson(answer)).toMatchObject({ ok: true, code: 'already', operation: null })
    expect(execJson(operation('verified', { report: { code: 'already' } }))).toMatchObject({
      code: 'already',
    })
  })

  it.each([
    ['deny', 'denied'],
    ['cancel', 'cancelled'],
    ['CANCEL', 'cancelled'],
  ] as const)('%s has done what it should when it is %s', (verb, state) => {
    expect(exitCode(operation(state), { verb })).toBe(0)
    expect(execJson(operation(state), { verb })).toMatchObject({ ok: true, code: 'done' })
    expect(exitCode(operation('failed'), { verb })).toBe(1)
    expect(exitCode(operation(state), { verb: 'stop' })).toBe(2)
  })

  it('gives the card of a list to choose from', () => {
    const answer = { kind: 'choice', card: card({ heading: 'Nothing waits' }), choices: [] } as const
    expect(execJson(answer)).toMatchObject({ ok: true, code: 'done', card: { heading: 'Nothing waits' } })
    expect(exitCode(answer)).toBe(0)
  })
})
