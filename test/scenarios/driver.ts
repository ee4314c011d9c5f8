/** What people do and see in a chat, whichever it is. People and places go by plain names; each driver knows its own ids. */

export type Person = 'alice' | 'bob' | 'bea' | 'ben' | 'bill' | 'britt' | 'carol' | 'dave' | 'erin'

/** A message as it was when it was looked at. */
export type Message = {
  /** Which message it is, whatever it shows. */
  readonly key: string
  /** All that can be read of it; markup, escapes and invisible characters are taken away. */
  readonly text: string
  /** Labels of the buttons under it. */
  readonly buttons: readonly string[]
  readonly edits: number
}

export type ChatFile = {
  readonly name: string
  readonly bytes: Buffer
  /** The person who alone sees it, or the place where all do. */
  readonly seenIn: string
}

/** What came of something that a person did. */
export type Heard = {
  /** Whether the app took it in time. */
  readonly acked: boolean
  /** Waits for what is answered to this person alone. */
  readonly answer: (withinMs?: number) => Promise<Message>
  /** Waits for the form that it opens. */
  readonly form: (withinMs?: number) => Promise<Form>
  /** The platform delivers the very same once more. */
  readonly again: () => Promise<void>
}

export type Form = {
  readonly title: string
  /** Names of the fields: those of the arguments, or `reason`, `typed`, `code`. */
  readonly fields: readonly string[]
}

export type Filled = {
  /** Waits for what is said about it to whoever filled it in: below a field, or in private. */
  readonly told: (withinMs?: number) => Promise<string>
  /** The form once more, to mend what was wrong. */
  readonly retry: () => Promise<Form>
}

/** A list or a text; names of guests and the like are typed as they are called. */
export type Values = Readonly<Record<string, string | readonly string[]>>

export type Offer = { readonly text: string; readonly value: string }

/** A conversation below something that was said in a place. */
export type Thread = { readonly place: string; readonly key: string }

/** Somebody who is no member of the team, and where they are. */
export type Outsider = { readonly person: string; readonly place: string; readonly why: string }

export type ChatDriver = {
  readonly platform: 'slack' | 'discord'
  readonly transport: string

  /** Types a command in a place: `stop web-01 --reason 'it hangs'`. Throws what the platform's client would not send. */
  readonly say: (who: string, place: string, words: string) => Promise<Heard>
  readonly beginThread: (who: string, place: string) => Promise<Thread>
  readonly sayIn: (who: string, thread: Thread, words: string) => Promise<Heard>
  /**
   * Presses a button, as the message is now; `late`: as it was when it was looked at. Where the platform asks whether they
   * are sure, they are.
   */
  readonly press: (
    who: string,
    message: Message,
    label: string,
    more?: { readonly late?: boolean },
  ) => Promise<Heard>
  readonly fill: (who: string, form: Form, values: Values) => Promise<Filled>
  /** The same, brought twice at the same time. */
  readonly fillTwice: (who: string, form: Form, values: Values) => Promise<void>
  /** Calls a command with what is picked from its lists, in whichever way the platform has them. */
  readonly pick: (
    who: string,
    place: string,
    command: string,
    values: Values,
  ) => Promise<Pick<Filled, 'told'>>
  /** What is offered while somebody types into an argument of a command. */
  readonly offers: (
    who: string,
    place: string,
    command: string,
    argument: string,
    typed: string,
  ) => Promise<readonly Offer[]>

  /** What the app has said in a place, for all to see, oldest first. */
  readonly messages: (place: string) => readonly Message[]
  readonly inThread: (thread: Thread) => readonly Message[]
  /** The message as it is now; null when it is gone. */
  readonly now: (message: Message) => Message | null
  /** What hangs below a message. */
  readonly below: (message: Message) => readonly Message[]
  /** What a person alone sees, oldest first. */
  readonly privately: (who: string) => readonly Message[]
  readonly files: () => readonly ChatFile[]
  readonly until: <T>(look: () => T | null | undefined | false, what: string, withinMs?: number) => Promise<T>

  /** A place that exists there and is bound to nothing; where it may not post, the app is not let in. */
  readonly addPlace: (place: string, more?: { readonly mayPost: boolean }) => void
  readonly addPerson: (name: string) => void
  /** The account as the home knows it. */
  readonly account: (who: string) => string
  readonly channel: (place: string) => string
  /** A message as the platform names it. */
  readonly idOf: (message: Message) => { readonly channel: string; readonly message: string }
  readonly outsiders: () => readonly Outsider[]

  /** The platform answers nothing any more. */
  readonly outage: () => Promise<void>
  readonly restore: () => Promise<void>
  /** The next message is refused: too many; `seconds` are to be waited for. */
  readonly limitNext: (seconds: number) => void
  /** Ways in which a connection ends, for transports that have one; each comes back when it is there again. */
  readonly breaks: readonly { readonly name: string; readonly go: () => Promise<void> }[]
  /** From now on this is a violation wherever it is alive. */
  readonly untrusted: (...texts: readonly string[]) => void
  /** What a well-behaved app never does, but for what `again` may bring about; forgotten once taken. */
  readonly takeViolations: () => readonly string[]
}
