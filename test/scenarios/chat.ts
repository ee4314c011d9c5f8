import { afterAll, afterEach, beforeAll, describe, expect } from '@jest/globals'
import type { ChatLab } from '../support/chat-lab.js'
import { badDays } from './bad-days.js'
import { changes } from './changes.js'
import { decisions } from './decisions.js'
import { delivery } from './delivery.js'
import { everyCommand } from './every-command.js'
import { forms } from './forms.js'
import { hostile } from './hostile.js'
import { people } from './people.js'
import { questions } from './questions.js'
import { type Stage, stageOf } from './stage.js'

/** What people do in a chat, the same in each: a real home, a simulated cluster, and the platform's own library. */

/** One home for all of it; `more` is what only this platform has. */
export function chatScenario<Lab extends ChatLab>(
  name: string,
  start: () => Promise<Lab>,
  more: (of: () => Stage & { readonly lab: Lab }) => void = () => {},
): void {
  describe(name, () => {
    let stage: (Stage & { readonly lab: Lab }) | null = null
    const of = () => {
      if (stage === null) throw new Error('it has not begun')
      return stage
    }
    beforeAll(async () => {
      const lab = await start()
      stage = { ...stageOf(lab), lab }
    }, 60_000)
    afterAll(() => stage?.lab.close())
    afterEach(() => {
      const { driver, lab } = of()
      const faults = lab.takeFaults().map(String)
      expect({
        violations: driver.takeViolations(),
        // What Discord is answered a second time, after it has brought the same again.
        faults: faults.filter((fault) => !fault.includes('[40060]')),
      }).toEqual({ violations: [], faults: [] })
    })

    questions(of)
    people(of)
    forms(of)
    everyCommand(of)
    changes(of)
    decisions(of)
    delivery(of)
    hostile(of)
    badDays(of)
    more(of)
  })
}
