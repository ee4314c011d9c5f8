import { isRefusal, type Refusal } from '../../core/refusal.js'
import type { Choice } from '../../core/report.js'
import { splitWords } from '../../core/words.js'
import type { Asked, Prompts } from '../../ports/prompts.js'
import { displayWidth, sanitise, truncate } from '../text.js'
import type { Shell } from './shell.js'
import type { LineSource } from './streams.js'
import { paint } from './theme.js'
import { terminalPrompts } from './wizard.js'

/** What to ask the road, or nothing: the person left it for later, or nobody can be asked. */
type Picked = readonly string[] | Refusal | null

type Key = { readonly key: string; readonly says: string; readonly choice: Choice | null }

const CTRL_C = '\u0003'
/** Enter alone, Escape and Ctrl-D leave it as well. */
const NOT_NOW = new Set(['n', '', '\u001b', '\u0004'])

/** Offers choices by one key press each; the first is `y`. Keys that were typed before do not count. */
export async function decideByKey(
  shell: Shell,
  choices: readonly Choice[],
  source: LineSource,
): Promise<Picked> {
  const first = choices[0]
  if (first === undefined || !mayAsk(shell, source)) return null
  const keys = keysOf(choices)
  shell.print.text(question(shell, first, keys))
  const pressed = await whileRunning(shell, async (signal) => {
    for (;;) {
      const sent = await source.key(signal)
      if (sent === null || sent.includes(CTRL_C)) return null
      // Enter may come along with the key; anything longer was pasted and is no answer.
      const key = sent.replace(/[\r\n]+$/, '').toLowerCase()
      if (NOT_NOW.has(key)) return null
      const found = keys.find((each) => each.key === key)
      if (found !== undefined) return found.choice
    }
  })
  const says = keys.find(({ choice }) => choice === pressed)?.says ?? ''
  shell.print.text(`${shorten(shell, says)}\n\n`)
  return pressed === null ? null : wordsFor(shell, pressed, source)
}

/** Offers choices in a list to move in; nothing is the first of them. */
export async function decideFromList(
  shell: Shell,
  choices: readonly Choice[],
  source: LineSource,
): Promise<Picked> {
  if (choices.length === 0 || !mayAsk(shell, source)) return null
  const picked = await asking(shell, source, (prompts) =>
    prompts.select({
      flag: 'decide',
      message: 'Decide something?',
      initial: '',
      choices: [
        { value: '', label: 'Nothing now' },
        ...choices.map(({ label, hint }, at) => ({
          value: String(at),
          label: shorten(shell, label),
          ...(hint === undefined ? {} : { hint }),
        })),
      ],
    }),
  )
  const choice = picked.kind === 'value' && picked.value !== '' ? choices[Number(picked.value)] : undefined
  return choice === undefined ? null : wordsFor(shell, choice, source)
}

/** Lines that were typed ahead (or pasted) are the answers of somebody who wants no questions. */
function mayAsk({ interactive, state }: Shell, source: LineSource): boolean {
  return interactive && state.ended === null && !source.over() && !source.ahead()
}

function keysOf(choices: readonly Choice[]): readonly Key[] {
  const keys: Key[] = []
  const free = (key: string) => key !== 'n' && keys.every((other) => other.key !== key)
  for (const [at, choice] of choices.slice(0, 9).entries()) {
    const letter = /^[a-z]/.exec(choice.words)?.[0] ?? ''
    const key = at === 0 ? 'y' : letter !== '' && letter !== 'y' && free(letter) ? letter : String(at + 1)
    keys.push({ key, says: at === 0 ? 'yes' : choice.label, choice })
    if (at === 0) keys.push({ key: 'n', says: 'not now', choice: null })
  }
  return keys
}

/** On one line if it fits, with the keys below otherwise. */
function question(shell: Shell, first: Choice, keys: readonly Key[]): string {
  const { theme, options } = shell
  const columns = Math.max(20, options.output.columns ?? 80)
  const asked = `${truncate(sanitise(first.label, theme.unicode), columns - 2, theme.unicode)}?`
  const offers = keys.map(
    ({ key, says }) => `[${key}] ${truncate(sanitise(says, theme.unicode), columns - 8, theme.unicode)}`,
  )
  const lines: string[] = []
  let line = asked
  for (const offer of offers) {
    if (displayWidth(line) + 2 + displayWidth(offer) <= columns - 12) line += `  ${offer}`
    else {
      lines.push(line)
      line = `  ${offer}`
    }
  }
  const [head, ...rest] = [...lines, line].map((text) =>
    text.replace(asked, () => paint(theme, 'title', asked)),
  )
  return `${[head, ...rest].join('\n')}  `
}

function shorten({ options, theme }: Shell, label: string): string {
  const columns = Math.max(20, options.output.columns ?? 80)
  return truncate(sanitise(label, theme.unicode), columns - 8, theme.unicode)
}

/** The words of a choice with what has to be typed for it. */
async function wordsFor(shell: Shell, choice: Choice, source: LineSource): Promise<Picked> {
  const split = splitWords(choice.words)
  if (isRefusal(split)) return split
  const words = split.map(({ text }) => text)
  const { typed } = choice
  if (typed === null && !choice.reason) return words
  return asking(shell, source, async (prompts) => {
    const phrase = typed === null ? null : await askTyped(prompts, choice.label, typed)
    if (phrase !== null && phrase.kind !== 'value') return null
    const reason = choice.reason ? await askReason(prompts, choice.label) : null
    if (reason !== null && reason.kind !== 'value') return null
    return [
      ...words,
      ...(phrase === null ? [] : ['--type', phrase.value]),
      ...(reason === null ? [] : ['--reason', reason.value]),
    ]
  })
}

async function askTyped(prompts: Prompts, label: string, typed: string): Promise<Asked<string>> {
  const said = await prompts.text({
    flag: 'type',
    message: `${label}. Type ${typed} to go on (Esc leaves it)`,
    problem: (text) => (text.trim() === typed ? null : `That is not ${sanitise(typed)}.`),
  })
  return said.kind === 'value' ? { kind: 'value', value: said.value.trim() } : said
}

async function askReason(prompts: Prompts, label: string): Promise<Asked<string>> {
  const said = await prompts.text({
    flag: 'reason',
    message: `${label}. The reason, for those who read the log`,
    problem: (text) =>
      text.trim() === '' ? 'Type a reason.' : text.length > 500 ? 'At most 500 characters.' : null,
  })
  return said.kind === 'value' ? { kind: 'value', value: said.value.trim() } : said
}

/** Asks with the line editor out of the way. */
async function asking<T>(shell: Shell, source: LineSource, go: (prompts: Prompts) => Promise<T>): Promise<T> {
  const { options, theme } = shell
  source.suspend()
  try {
    return await whileRunning(shell, (signal) =>
      go(terminalPrompts({ input: options.input, output: options.output, theme, signal })),
    )
  } finally {
    source.resume()
    shell.print.text('\n')
  }
}

/** Whatever ends the session or interrupts it ends the question as well. */
async function whileRunning<T>({ state }: Shell, go: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController()
  state.running = controller
  try {
    return await go(controller.signal)
  } finally {
    state.running = null
  }
}
