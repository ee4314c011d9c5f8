import { z } from 'zod'

/**
 * What a form carries besides its fields: the command, and where it was asked. It comes back from Slack with the fields
 * and is nothing but a hint of where to go on: rights are looked up again when the form is sent.
 */
const metadata = z.object({
  v: z.literal(1),
  /** The words that call the command; null while it is being chosen. */
  command: z.string().min(1).max(100).nullable(),
  channel: z.string().min(1).max(64).nullable(),
  /** The message whose thread it was asked in. */
  thread: z.string().min(1).max(64).nullable(),
  workspace: z.string().min(1).max(200).nullable(),
})
export type FormMetadata = z.output<typeof metadata>

/** What Slack keeps for a form. */
const MOST = 3000

/** As it is handed to Slack; at most 3,000 characters. */
export function writeMetadata(given: Omit<FormMetadata, 'v'>): string {
  return JSON.stringify(metadata.parse({ v: 1, ...given }))
}

/** What came back; null for anything that is not ours. Never throws. */
export function readMetadata(text: string): FormMetadata | null {
  if (text.length > MOST) return null
  try {
    const read = metadata.safeParse(JSON.parse(text))
    return read.success ? read.data : null
  } catch {
    return null
  }
}
