import { describe, expect, it } from '@jest/globals'
import { OPS, PEOPLE, startSlackInside } from '../support/slack-inside.js'

/** What people see of the program's own limits: its end, a flood, a Slack that hangs meanwhile. */

const { alice, dave } = PEOPLE
const SLOW = 60_000

describe('the end', () => {
  it(
    'is told to whoever waits for an answer; nobody looks for a fault of the cluster',
    async () => {
      const lab = await startSlackInside('socket')
      try {
        await lab.control.fault({ kind: 'slow', ms: 30_000, path: '.*', count: 100 })
        const seen = await lab.slack.slash(alice, OPS, 'metrics 205')
        const before = lab.slack.calls('users.info').length
        await lab.slack.until(() => lab.slack.calls('users.info').length >= before, 'under way')
        await lab.restart()

        const answer = await seen.answer()
        expect(answer.text).toContain('being stopped')
        expect(JSON.stringify(answer.blocks)).not.toContain('cluster_unreachable')
      } finally {
        await lab.control.clear()
        await lab.close()
      }
    },
    SLOW,
  )

  it('does not wait for a Slack that hangs', async () => {
    const lab = await startSlackInside('socket')
    await lab.control.change({ kind: 'power', vmid: 101, to: 'off' })
    lab.slack.slow(120_000)
    await lab.slack.slash(alice, OPS, 'start 101')
    await lab.slack.until(() => lab.slack.calls('users.info').length > 0, 'asked')

    await lab.close()
    expect(lab.faults).not.toContainEqual(
      expect.objectContaining({ message: expect.stringContaining('closed') }),
    )
  }, 40_000)
})

describe('a flood', () => {
  it(
    'is refused with the acknowledgement once there is too much to answer, and served again after',
    async () => {
      let release = (): void => {}
      const held = new Promise<void>((done) => {
        release = done
      })
      // How fast it is told is not what this is about.
      const slack = { ackDeadlineMs: 60_000 }
      const lab = await startSlackInside('socket', { slack, slowly: () => held })
      try {
        const seen = await Promise.all(
          Array.from({ length: 1050 }, () => lab.slack.slash(dave, OPS, 'whoami')),
        )
        const busy = seen.filter(({ outcome }) => JSON.stringify(outcome).includes('Too much is being asked'))
        expect(seen.filter(({ acked }) => !acked)).toEqual([])
        expect(busy).toHaveLength(50)

        release()
        await lab.slack.until(() => lab.slack.responses().length === 1000, 'all others are answered', 50_000)
        expect((await (await lab.slack.slash(dave, OPS, 'whoami')).answer()).text).toContain('dave')
        expect(lab.slack.violations()).toEqual([])
      } finally {
        await lab.close()
      }
    },
    SLOW,
  )
})
