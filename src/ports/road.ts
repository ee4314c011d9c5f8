import type { Answer } from '../core/command.js'

/** Who speaks, as the surface knows them. */
export type Caller = { readonly surface: 'console'; readonly account: string }

export type Request = {
  readonly caller: Caller
  /** The typed line, or words already split (from a shell). */
  readonly words: string | readonly string[]
  readonly workspace: string | null
  readonly signal?: AbortSignal
  /** Called while something takes long; `ratio` is 0..1 or null when unknown. */
  readonly progress?: (what: string, ratio: number | null) => void
}

export type Completion = { readonly text: string; readonly note: string }

/** The one road from words to an answer; what surfaces call. */
export interface Road {
  /** Never throws: whatever goes wrong comes back as a refusal. */
  ask(request: Request): Promise<Answer>
  /** What may stand where the line ends; the last word is the one being completed. */
  complete(line: string, workspace: string | null): Promise<readonly Completion[]>
  /** The workspace a session starts in, null when there is none. */
  startWorkspace(): string | null
}
