/** Why no place was had. */
export type NoPlace = 'timeout' | 'aborted'

export type Place = { readonly kind: 'place'; readonly leave: () => void } | { readonly kind: NoPlace }

export type PlaceRequest = {
  /** The node that is asked, or the host. */
  readonly key: string
  /** Polls wait behind everything else. */
  readonly low: boolean
  readonly deadlineMs: number
  readonly signal: AbortSignal | undefined
}

export type Limits = {
  /** Waits for a place; `leave` must be called once the request has ended. */
  readonly enter: (request: PlaceRequest) => Promise<Place>
}

type Waiting = { readonly key: string; readonly admit: () => void }

/** At most `perKey` requests in flight per key and `total` together; who comes first goes first, polls last. */
export function createLimits({ perKey, total }: { readonly perKey: number; readonly total: number }): Limits {
  const running = new Map<string, number>()
  const queues: { readonly high: Waiting[]; readonly low: Waiting[] } = { high: [], low: [] }
  let all = 0

  const free = (key: string): boolean => all < total && (running.get(key) ?? 0) < perKey
  const take = (key: string): Place => {
    all += 1
    running.set(key, (running.get(key) ?? 0) + 1)
    let left = false
    return {
      kind: 'place',
      leave: () => {
        if (left) return
        left = true
        all -= 1
        const rest = (running.get(key) ?? 1) - 1
        if (rest === 0) running.delete(key)
        else running.set(key, rest)
        next()
      },
    }
  }
  // One that waits for its own busy node holds up nobody who waits for another.
  const next = (): void => {
    for (const queue of [queues.high, queues.low]) {
      for (let index = queue.findIndex(({ key }) => free(key)); index >= 0; ) {
        queue.splice(index, 1)[0]?.admit()
        index = queue.findIndex(({ key }) => free(key))
      }
    }
  }

  return {
    enter: (request) => {
      if (request.signal?.aborted === true) return Promise.resolve({ kind: 'aborted' })
      const queue = request.low ? queues.low : queues.high
      const behind = [...queues.high, ...(request.low ? queues.low : [])].some(
        ({ key }) => key === request.key,
      )
      if (!behind && free(request.key)) return Promise.resolve(take(request.key))
      return wait(queue, request, take)
    },
  }
}

function wait(queue: Waiting[], request: PlaceRequest, take: (key: string) => Place): Promise<Place> {
  return new Promise((resolve) => {
    const settle = (place: Place): void => {
      clearTimeout(timer)
      request.signal?.removeEventListener('abort', aborted)
      resolve(place)
    }
    const waiting: Waiting = { key: request.key, admit: () => settle(take(request.key)) }
    const giveUp = (kind: NoPlace): void => {
      const index = queue.indexOf(waiting)
      if (index >= 0) queue.splice(index, 1)
      settle({ kind })
    }
    const aborted = (): void => giveUp('aborted')
    const timer = setTimeout(() => giveUp('timeout'), request.deadlineMs)
    request.signal?.addEventListener('abort', aborted, { once: true })
    queue.push(waiting)
  })
}
