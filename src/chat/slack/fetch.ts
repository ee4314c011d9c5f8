import type { WebClientOptions } from '@slack/web-api'

/** Calls to Slack that come to an end: each by its time, and all of them when the program goes. */

type Fetch = NonNullable<WebClientOptions['fetch']>

export type SlackCalls = {
  readonly fetch: Fetch
  /** Gives up what is on its way, or a Slack that hangs would keep the process alive. */
  readonly end: () => void
}

/** Answers are read whole, which gives their connections back: nobody reads what `respond` is answered with. */
export function slackCalls(milliseconds: number): SlackCalls {
  const open = new Set<AbortController>()
  return {
    fetch: async (url, init) => {
      const call = new AbortController()
      const late = setTimeout(() => call.abort(new Error('Slack did not answer in time')), milliseconds)
      open.add(call)
      try {
        const answer = await globalThis.fetch(url, { ...init, signal: call.signal })
        const body = await answer.arrayBuffer()
        const { status, statusText, headers } = answer
        return new Response(body.byteLength === 0 ? null : body, { status, statusText, headers })
      } finally {
        clearTimeout(late)
        open.delete(call)
      }
    },
    end: () => {
      for (const call of open) call.abort(new Error('the program ends'))
    },
  }
}
