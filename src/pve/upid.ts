/** A task's id, taken apart. The pid and its start time are of no use outside its node. */
export type Upid = {
  readonly node: string
  /** Unix seconds. */
  readonly startTime: number
  readonly type: string
  /** Mostly a vmid; may be empty or `100@storage`. */
  readonly id: string
  /** `user@realm` or `user@realm!token`. */
  readonly user: string
}

const PATTERN =
  /^UPID:([a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?):([0-9A-Fa-f]{8}):([0-9A-Fa-f]{8,9}):([0-9A-Fa-f]{8}):([^:\s/]+):([^:\s/]*):([^:\s/]+):$/

/** Reads `UPID:node:pid:pstart:starttime:type:id:user:`; null for any other text. */
export function parseUpid(text: string): Upid | null {
  const match = PATTERN.exec(text)
  if (match === null) return null
  const [, node = '', , , startTime = '', type = '', id = '', user = ''] = match
  return { node, startTime: Number.parseInt(startTime, 16), type, id, user }
}
