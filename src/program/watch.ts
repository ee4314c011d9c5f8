import { noProgress, type Progress, startProgress } from '../chat/console/progress.js'
import { makeTheme } from '../chat/console/theme.js'
import { systemClock } from '../system/clock.js'
import type { Given } from './arguments.js'
import type { Process } from './process.js'

/** A line on stderr for what takes longer than a second, where a person looks at it. */
export function watch(here: Process, given: Given): Progress {
  const isTTY = here.errorOutput.isTTY === true
  const theme = makeTheme({ env: here.environment, isTTY, plain: given.flag('plain') })
  return isTTY && theme.glyphs ? startProgress(here.errorOutput, theme, systemClock) : noProgress()
}
