import { randomBytes } from 'node:crypto'
import { existsSync, renameSync, statSync } from 'node:fs'
import { type DestinationStream, destination, type Logger, pino, stdTimeFunctions } from 'pino'

/** A log file that has grown past this is kept once as `.1` and begun anew. */
const MOST_BYTES = 5 * 1024 * 1024

/** Paths that hold secrets in anything we log; what is logged there is replaced. */
const SECRET_PATHS = ['secret', 'token', 'password', 'cipassword', 'sshkeys', 'authorization'].flatMap(
  (key) => [key, `*.${key}`, `*.*.${key}`],
)

/** How many causes of an error are told. */
const MOST_CAUSES = 5

/** A logger that cannot print secrets by path, nor what errors carry along. `target` is a file path, or `stderr`. */
export function openLog(target: string, level: string): Logger {
  const options = {
    level,
    base: null,
    timestamp: stdTimeFunctions.isoTime,
    serializers: { err: (error: unknown) => bare(error, MOST_CAUSES) },
    redact: {
      paths: [...SECRET_PATHS, 'headers.Authorization', '*.headers.Authorization'],
      censor: '[secret]',
    },
  }
  return pino(options, streamTo(target))
}

type Said = Partial<Record<'name' | 'message' | 'stack' | 'code' | 'status' | 'cause', unknown>>

/**
 * What an error says, and nothing else that it has: errors of calls carry the address and the body of the request, and with
 * them tokens, codes and what people wrote.
 */
function bare(error: unknown, causes: number): object {
  if (typeof error !== 'object' || error === null) return { message: String(error) }
  const { name, message, stack, code, status, cause }: Said = error
  return {
    type: name,
    message,
    stack,
    ...(typeof code === 'string' || typeof code === 'number' ? { code } : {}),
    ...(typeof status === 'number' ? { status } : {}),
    ...(cause === undefined || causes === 0 ? {} : { cause: bare(cause, causes - 1) }),
  }
}

function streamTo(target: string): DestinationStream {
  if (target === 'stderr') return destination({ dest: 2, sync: true })
  if (existsSync(target) && statSync(target).size > MOST_BYTES) renameSync(target, `${target}.1`)
  return destination({ dest: target, sync: true, append: true, mode: 0o600 })
}

/** Logs what should not have happened and gives the short reference that the person is told. */
export function faultLog(log: Logger): (error: unknown) => string {
  return (error) => {
    const reference = randomBytes(4).toString('hex')
    log.error({ reference, err: error instanceof Error ? error : new Error(String(error)) }, 'fault')
    return reference
  }
}
