import { resolve } from 'node:path'
import { refuse } from '../core/refusal.js'
import { ask, type InitAnswers, type InitParts, readText, settled, stop } from './questions.js'

/** `file` is where the secret lies already; null when it was typed. */
export type Token = { readonly id: string; readonly secret: string; readonly file: string | null }

/** What sends changes: the token for reading, one of its own, or nothing. */
export type OperateToken =
  | { readonly kind: 'same' }
  | { readonly kind: 'own'; readonly token: Token }
  | { readonly kind: 'none' }

const TOKEN_ID = /^[^\s:/@!=]+@[^\s:/@!=]+![A-Za-z][A-Za-z0-9._-]+$/

type TokenFlags = { readonly purpose: string; readonly idFlag: string; readonly fileFlag: string }
type GivenToken = { readonly id: string | undefined; readonly file: string | undefined }

export function askReadToken(answers: InitAnswers, parts: InitParts): Promise<Token> {
  const given = { id: answers.tokenId, file: answers.tokenSecretFile }
  return askToken(parts, given, {
    purpose: 'reading',
    idFlag: 'token-id',
    fileFlag: 'token-secret-file',
  })
}

/** Flags that say different things are refused before anything is asked or sent. */
export function checkOperateFlags({ operate, operateTokenId, operateTokenSecretFile }: InitAnswers): void {
  if (operate === undefined) return
  if (operate !== 'same' && operate !== 'none')
    stop(
      refuse(
        'wrong_argument',
        `--operate is \`same\` or \`none\`, not \`${operate}\`.`,
        'For a token of its own: --operate-token-id ID --operate-token-secret-file FILE.',
      ),
    )
  if (operateTokenId !== undefined || operateTokenSecretFile !== undefined)
    stop(
      refuse(
        'wrong_argument',
        `--operate ${operate} and a token of its own for changes contradict each other.`,
        'Give either --operate, or --operate-token-id with --operate-token-secret-file.',
      ),
    )
}

/** The token for changes. Without flags, and with nobody to ask, there is none. */
export async function askOperateToken(answers: InitAnswers, parts: InitParts): Promise<OperateToken> {
  const { operate, operateTokenId, operateTokenSecretFile } = answers
  if (operate === 'same' || operate === 'none') return { kind: operate }
  const named = operateTokenId !== undefined || operateTokenSecretFile !== undefined
  const choice = named ? 'own' : await chooseOperate(parts)
  if (choice === 'same' || choice === 'none') return { kind: choice }
  const given = { id: operateTokenId, file: operateTokenSecretFile }
  const flags = {
    purpose: 'changes',
    idFlag: 'operate-token-id',
    fileFlag: 'operate-token-secret-file',
  }
  return { kind: 'own', token: await askToken(parts, given, flags) }
}

async function chooseOperate(parts: InitParts): Promise<string> {
  const answer = await parts.prompts.select({
    flag: 'operate',
    message: 'Which token makes changes (start, stop …)?',
    choices: [
      { value: 'own', label: 'another token', hint: 'best: reading goes on with as few rights as it needs' },
      { value: 'same', label: 'the same token' },
      { value: 'none', label: 'none, reading only', hint: 'changes are refused' },
    ],
    initial: 'own',
  })
  return answer.kind === 'refusal' ? 'none' : settled(answer)
}

async function askToken(parts: InitParts, given: GivenToken, flags: TokenFlags): Promise<Token> {
  const question = `Id of an API token for ${flags.purpose}, as user@realm!name`
  const id = await ask(parts, flags.idFlag, question, given.id)
  if (!TOKEN_ID.test(id))
    stop(
      refuse(
        'wrong_argument',
        `\`${id}\` is not the id of a token.`,
        'Write it as user@realm!name; in a shell, in single quotes.',
      ),
    )
  if (given.file !== undefined) return { id, ...secretIn(resolve(parts.workingDirectory, given.file)) }
  const secret = settled(
    await parts.prompts.secret({ flag: flags.fileFlag, message: 'Its secret (not shown)' }),
  ).trim()
  if (secret === '')
    stop(refuse('secret_missing', 'No secret was given.', 'PVE shows it once, when the token is made.'))
  return { id, secret, file: null }
}

function secretIn(file: string): Pick<Token, 'secret' | 'file'> {
  const secret = readText(file, 'secret_missing', 'secret file').trim()
  if (secret === '' || /\s/.test(secret))
    stop(
      refuse(
        'secret_missing',
        `The secret file ${file} does not hold exactly one word.`,
        'Put the secret alone into it.',
      ),
    )
  return { secret, file }
}
