import { inspect } from 'node:util'

const HIDDEN = '[secret]'
/** Parameters whose values may never be repeated in a message; part of a name is enough (`cipassword`). */
const SECRET_NAME = /password|sshkeys|ssh-public-keys|secret|token/i
/** Words that stand in such parameters without being secret, and would make nonsense of messages if replaced. */
const HARMLESS = new Set(['0', '1', 'true', 'false'])

/** Replaces secrets in a text. */
export type Scrub = (text: string) => string

/** An API token that cannot be printed: not inspected, not serialised, not turned into text. */
export class Token {
  readonly #id: string
  readonly #secret: string

  constructor(token: { readonly id: string; readonly secret: string }) {
    this.#id = token.id
    this.#secret = token.secret
  }

  /** The value of the Authorization header. */
  header(): string {
    return `PVEAPIToken=${this.#id}=${this.#secret}`
  }

  /** Removes the secret, and the secret values of these parameters, from whatever text comes back. */
  scrubber(parameters: Readonly<Record<string, unknown>> = {}): Scrub {
    return scrubberOf([this.#secret, ...secretValues(parameters)])
  }

  toString(): string {
    return HIDDEN
  }

  toJSON(): string {
    return HIDDEN
  }

  [inspect.custom](): string {
    return HIDDEN
  }
}

/** Whether a parameter or config key of this name holds a secret. */
export function isSecretName(name: string): boolean {
  return SECRET_NAME.test(name)
}

function secretValues(parameters: Readonly<Record<string, unknown>>): readonly string[] {
  return Object.entries(parameters)
    .filter(([name]) => isSecretName(name))
    .flatMap(([, value]) => [value].flat())
    .filter((value) => typeof value === 'string' || typeof value === 'number')
    .map(String)
    .filter((value) => !HARMLESS.has(value))
}

/** Every form in which a secret may come back: as it is, encoded once more or less, line by line. */
function formsOf(secret: string): readonly string[] {
  const lines = secret.includes('\n') ? secret.split('\n').map((line) => line.trim()) : []
  return [secret, encoded(secret), decoded(secret), ...lines].filter((form) => form !== '')
}

function encoded(text: string): string {
  try {
    return encodeURIComponent(text)
  } catch {
    return text
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

function scrubberOf(secrets: readonly string[]): Scrub {
  // Longest first, so that a secret inside another one leaves nothing of the longer.
  const forms = [...new Set(secrets.flatMap(formsOf))].sort((a, b) => b.length - a.length)
  return (text) => forms.reduce((left, form) => left.replaceAll(form, HIDDEN), text)
}
