import type { ArgSpecs, RawArgs } from '../core/args.js'
import type { Card } from '../core/card.js'
import type { Answer, CommandMeta } from '../core/command.js'
import type { Grant, Surface } from '../core/people.js'
import type { Refusal } from '../core/refusal.js'

/** Who speaks, as the surface knows them. `as` names the person that they assume, where that is allowed. */
export type Caller = {
  readonly surface: Surface
  readonly account: string
  readonly as: string | null
  /** What groups of the chat give to a person whom the account is linked to; `reader` and `operator` at most. */
  readonly granted?: readonly Grant[]
}

/** The channel of a chat in which something is said, as the surface knows it and as people call it. */
export type Channel = {
  readonly surface: Exclude<Surface, 'console'>
  readonly id: string
  readonly name: string
}

/** A command as surfaces know it: what it is called and takes, not what it does. */
export type CommandForm = CommandMeta & { readonly kind: 'query' | 'change'; readonly args: ArgSpecs }

/** What words come to before anything is looked up. */
export type Reading =
  | { readonly kind: 'whole'; readonly command: CommandForm }
  /** A command of which required arguments are missing. */
  | {
      readonly kind: 'lacking'
      readonly command: CommandForm
      readonly raw: RawArgs
      readonly missing: readonly string[]
    }
  /** Nothing, or the first of two words: one of these is meant. */
  | { readonly kind: 'open'; readonly commands: readonly CommandForm[] }
  | Refusal

export type Request = {
  readonly caller: Caller
  /** The typed line, or words already split (from a shell). */
  readonly words: string | readonly string[]
  readonly workspace: string | null
  /** Where it was said; nowhere on the console and in what is no channel. */
  readonly channel?: Channel | null
  readonly signal?: AbortSignal
  /** Called while something takes long; `ratio` is 0..1 or null when unknown. */
  readonly progress?: (what: string, ratio: number | null) => void
}

export type Completion = {
  readonly text: string
  readonly note: string
  /** What names it where others share its text: `101`, `lab/101`, `storage/pve1/local`. */
  readonly exact?: string
}

export type FollowOptions = {
  readonly caller: Caller
  /** Stops the looking on, not the operation. */
  readonly signal?: AbortSignal
  /** The card as it is now; called when something changed. */
  readonly update?: (card: Card) => void
  /** Wait for people to decide as well; otherwise an operation that waits for a person comes back at once. */
  readonly decisions: boolean
}

/** The one road from words to an answer; what surfaces call. */
export interface Road {
  /** Never throws: whatever goes wrong comes back as a refusal. A change comes back as soon as it is on its way. */
  ask(request: Request): Promise<Answer>
  /** Looks on until an operation has ended (or is `unknown`), whoever executes it. Never throws. */
  follow(operation: number, options: FollowOptions): Promise<Answer>
  /**
   * What may stand where the line ends; the last word is the one being completed. `fitting` (unless said) gives at most
   * 100 that begin with it; `all` gives everything that may stand there, for surfaces that search in it themselves.
   */
  complete(
    line: string,
    workspace: string | null,
    caller: Caller,
    offers?: 'fitting' | 'all',
  ): Promise<readonly Completion[]>
  /** Reads words as `ask` would, but touches nothing and comes back at once. */
  read(words: string): Reading
  /** The workspace a session starts in, null when there is none. */
  startWorkspace(): string | null
  /** Who a session starts as, where that is not the person behind the account (the demo). */
  startPerson(): string | null
  /** Operations that this very process executes: they stop where they stand when it ends. */
  executing(): readonly number[]
  /** What came up meanwhile and nobody asked for (a plan that waits for half its time); each is given once. */
  news(): readonly Card[]
  /** Whether a `serve` of this home is alive and executes what is decided. */
  served(): Promise<boolean>
}
