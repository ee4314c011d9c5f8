import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { type Lab, startLab } from '../support/lab.js'
import { exec, freshDirectory, keepOutput, PROGRAM, run } from '../support/program.js'

let lab: Lab
let child: ChildProcess | null = null
beforeEach(async () => {
  lab = await startLab()
  await lab.ready()
})
afterEach(async () => {
  if (child !== null && child.exitCode === null) {
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
  child = null
  await lab.simulator.close()
})

/** Starts `serve` and gives where it answers, what it has printed so far, and how it ends. */
async function serve() {
  const started = spawn(process.execPath, [PROGRAM, 'serve', '--home', lab.home, '--port', '0'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  child = started
  let printed = ''
  let told = ''
  started.stdout.setEncoding('utf8').on('data', (text: string) => {
    printed += text
  })
  started.stderr.setEncoding('utf8').on('data', (text: string) => {
    told += text
  })
  const ended = once(started, 'close').then(([status]) => {
    keepOutput(printed + told)
    return { status, printed }
  })
  const address = await until(() => /http:\/\/127\.0\.0\.1:\d+\/healthz/.exec(printed)?.[0] ?? null)
  return { address, ended, stop: (signal: NodeJS.Signals) => started.kill(signal) }
}

async function until<T>(look: () => T | null | Promise<T | null>): Promise<T> {
  for (;;) {
    const found = await look()
    if (found !== null) return found
    await new Promise((done) => setTimeout(done, 50))
  }
}

describe('serve', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)(
    'reads the clusters, tells how it is, and ends at %s',
    async (signal) => {
      const { address, ended, stop } = await serve()
      const healthy = await until(async () => {
        const response = await fetch(address)
        return response.status === 200 ? response.json() : null
      })
      const synced = await until(async () => {
        const text = await (await fetch(address)).text()
        return text.includes('"lab":{"at":null') ? null : JSON.parse(text)
      })
      stop(signal)
      const { status, printed } = await ended

      expect(healthy).toMatchObject({ runner: 'here', executing: [], waiting: 0 })
      expect(synced).toMatchObject({ status: 'ok' })
      expect(printed).toMatch(/^Serving .*\nEnded\..*\n$/)
      expect(status).toBe(0)
    },
  )

  it('refuses where there is no home, and a port that is no number', async () => {
    const nowhere = await run(['serve', '--home', freshDirectory()])
    const wrong = await run(['serve', '--home', lab.home, '--port', 'http'])

    expect(nowhere).toMatchObject({ status: 2, stderr: expect.stringContaining('[no_home]') })
    expect(wrong).toMatchObject({ status: 2, stderr: expect.stringContaining('[wrong_argument]') })
  })

  it('leaves a database behind that the next process opens', async () => {
    const { ended, stop } = await serve()
    stop('SIGTERM')
    await ended

    expect(await exec(lab.home, 'status')).toMatchObject({ status: 0 })
  })
})
