import { stateTone, type Tone } from '../../core/card.js'

/** Signs beside words, never alone. */
const SIGNS: Readonly<Record<Tone, string>> = {
  good: '✅ ',
  warning: '⚠️ ',
  danger: '🛑 ',
  muted: '⚪ ',
  neutral: '',
}

/** Of states: what is, not how good it is. */
const LIGHTS: Readonly<Record<Tone, string>> = {
  good: '🟢 ',
  warning: '🟡 ',
  danger: '🔴 ',
  muted: '⚪ ',
  neutral: '',
}

export function signOf(tone: Tone): string {
  return SIGNS[tone]
}

export function lightOf(state: string): string {
  return LIGHTS[stateTone(state)]
}
