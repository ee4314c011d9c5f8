import { isSecretName } from './secrets.js'

/** A config without its secrets, and its digest. */
export type GuestConfig = {
  readonly values: Readonly<Record<string, string | number>>
  readonly digest: string | null
}

/** Keeps what can be shown of a config: passwords and keys are left out, lists of raw lines become text. */
export function guestConfig(data: unknown): GuestConfig | null {
  if (typeof data !== 'object' || data === null || Array.isArray(data)) return null
  const values: Record<string, string | number> = {}
  let digest: string | null = null
  for (const [key, value] of Object.entries(data)) {
    if (key === 'digest') digest = typeof value === 'string' ? value : null
    else if (!isSecretName(key)) {
      const shown = scalar(value)
      if (shown !== null) values[key] = shown
    }
  }
  return { values, digest }
}

function scalar(value: unknown): string | number | null {
  switch (typeof value) {
    case 'string':
    case 'number':
      return value
    case 'boolean':
      return value ? 1 : 0
    case 'object':
      return value === null ? null : JSON.stringify(value)
    default:
      return null
  }
}

/** Whether a VM's `agent` option turns the guest agent on: `1`, `enabled=1`, `1,fstrim_cloned_disks=1`. */
export function agentEnabled(config: GuestConfig['values']): boolean {
  const parts = String(config.agent ?? '').split(',')
  return parts.some((part) => part === '1' || part === 'enabled=1')
}
