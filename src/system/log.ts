import { randomBytes } from 'node:crypto'
import { existsSync, renameSync, statSync } from 'node:fs'
import { type DestinationStream, destination, type Logger, pino, stdTimeFunctions } from 'pino'

/** A log file that has grown past this is kept once as `.1` and begun anew. */
const MOST_BYTES = 5 * 1024 * 1024

/** Paths that hold secrets in anything we log; what is logged there is replaced. */
const SECRET_PATHS = ['secret', 'token', 'password', 'cipassword', 'sshkeys', 'authorization'].flatMap(
  (key) => [key, `*.${key}`, `*.*.${key}`],
)

/** A logger that cannot print secrets by path. `target` is a file path, or `stderr`. */
export function openLog(target: string, level: string): Logger {
  const options = {
    level,
    base: null,
    timestamp: stdTimeFunctions.isoTime,
    redact: {
      paths: [...SECRET_PATHS, 'headers.Authorization', '*.headers.Authorization'],
      censor: '[secret]',
    },
  }
  return pino(options, streamTo(target))
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
