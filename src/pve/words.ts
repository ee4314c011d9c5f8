import type { Outage } from '../core/outage.js'
import { type Known, PveError } from '../ports/pve.js'

/** Why something could not be read, in one sentence part: the missing privilege, or what happened. */
export function reasonOf(outage: Outage): string {
  return sentencePart(outage).replace(/[.\s]+$/, '')
}

function sentencePart(outage: Outage): string {
  if (outage.privilege !== null) return `the token lacks ${outage.privilege.name} on ${outage.privilege.path}`
  const said = outage.message === '' ? '' : `: ${outage.message}`
  switch (outage.kind) {
    case 'forbidden':
      return `the token lacks a privilege${said}`
    case 'nodeDown':
      return `the node cannot be reached${said}`
    case 'timeout':
    case 'proxyTimeout':
      return `no answer in time${said}`
    default:
      return outage.message === '' ? `it failed (${outage.kind})` : outage.message
  }
}

/** Whether an outage concerns the one thing that was asked for, and the rest can still be read. */
export function isPartial(error: unknown): error is PveError {
  return error instanceof PveError && error.outage.kind !== 'aborted' && error.outage.kind !== 'auth'
}

/** A value, or which privilege it needs. Any other failure is thrown on. */
export async function permittedOr<T>(reading: Promise<T>): Promise<Known<T>> {
  try {
    return { kind: 'known', value: await reading }
  } catch (error) {
    if (!(error instanceof PveError) || error.outage.kind !== 'forbidden') throw error
    return { kind: 'unknown', why: reasonOf(error.outage) }
  }
}

/** A value, or why it is unknown. What is no partial outage is thrown on. */
export async function knownOr<T>(reading: Promise<T>): Promise<Known<T>> {
  try {
    return { kind: 'known', value: await reading }
  } catch (error) {
    if (!isPartial(error)) throw error
    return { kind: 'unknown', why: reasonOf(error.outage) }
  }
}
