import type { Readable, Writable } from 'node:stream'
import { CANCEL_SYMBOL, confirm, password, select, text, updateSettings } from '@clack/prompts'
import { refuse } from '../../core/refusal.js'
import type { Asked, Prompts, Question } from '../../ports/prompts.js'
import { sanitise, sanitiseLines } from '../text.js'
import { paint, type Theme } from './theme.js'

export type WizardOptions = {
  readonly input: Readable
  readonly output: Writable
  readonly theme: Theme
  /** Ends an open question as cancelled. */
  readonly signal?: AbortSignal
}

/** Asks at the terminal. Ctrl-C, Ctrl-D and Escape give `cancelled`; secrets show as dots. */
export function terminalPrompts(options: WizardOptions): Prompts {
  const { input, output, theme, signal } = options
  const common = { input, output, ...(signal === undefined ? {} : { signal }) }
  const safe = (message: string) => sanitise(message, theme.unicode)
  // Otherwise Ctrl-D would close the line reader below the question, and the question would wait for ever.
  updateSettings({ aliases: { '\u0004': 'cancel' } })
  return {
    text: async ({ message, initial, problem }) =>
      asked(
        await text({
          ...common,
          message: safe(message),
          ...(initial === undefined ? {} : { placeholder: initial, defaultValue: initial }),
          validate: (value) => {
            if (value === undefined || value === '')
              return initial === undefined ? 'Type something.' : undefined
            return problem?.(value) ?? undefined
          },
        }),
      ),
    secret: async ({ message }) =>
      asked(
        await password({
          ...common,
          message: safe(message),
          mask: theme.unicode ? '•' : '*',
          validate: (value) => (value === undefined || value === '' ? 'Type or paste it.' : undefined),
        }),
      ),
    confirm: async ({ message, initial }) =>
      asked(await confirm({ ...common, message: safe(message), initialValue: initial })),
    select: async ({ message, choices, initial }) =>
      asked(
        await select<string>({
          ...common,
          message: safe(message),
          options: choices.map(({ value, label, hint }) => ({
            value,
            label: safe(label),
            ...(hint === undefined ? {} : { hint: safe(hint) }),
          })),
          ...(initial === undefined ? {} : { initialValue: initial }),
        }),
      ),
    note: (title, body) => output.write(`\n${noteLines(title, body, theme).join('\n')}\n\n`),
  }
}

function asked<T extends string | boolean>(value: T | typeof CANCEL_SYMBOL): Asked<T> {
  return value === CANCEL_SYMBOL ? { kind: 'cancelled' } : { kind: 'value', value }
}

/** Without a frame around it, so that commands in it can be copied. */
function noteLines(title: string, body: string, theme: Theme): readonly string[] {
  const lines = sanitiseLines(body, theme.unicode).map((line) => `  ${line}`.trimEnd())
  return [paint(theme, 'title', sanitise(title, theme.unicode)), ...lines]
}

/** Where nobody can be asked: every question is refused, naming the flag that answers it. */
export function noPrompts(tell: Writable, theme: Theme): Prompts {
  const no = async ({ flag, message }: Question) =>
    refuse(
      'missing_argument',
      `--${flag} is missing (${message.replace(/[.?:\s]+$/, '')}), and there is no terminal to ask at.`,
      `Give it: --${flag} VALUE`,
    )
  return {
    text: no,
    secret: no,
    confirm: no,
    select: no,
    note: (title, body) => tell.write(`${noteLines(title, body, { ...theme, colour: false }).join('\n')}\n`),
  }
}
