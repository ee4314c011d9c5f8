import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import type { CommandMeta } from '../../core/command.js'
import type { Check } from '../../ports/checks.js'
import type { SlackSettings } from '../../ports/slack-settings.js'
import {
  EVENTS,
  MANIFEST_FILE,
  manifestDifferences,
  readManifest,
  slackManifest,
} from '../derive/slack-manifest.js'

/**
 * Slack shows an app's manifest to people only. What can be compared is the one that was written into the home; what the
 * app in Slack has, somebody has to look at, and is told where.
 */

const SUBJECT = 'slack: manifest'
const APP_PAGE = 'api.slack.com/apps, then this app'
const MOST_DIFFERENCES = 10

export const BY_HAND = [
  `${APP_PAGE}, App Manifest: paste what \`proxmox-mpc manifest slack\` prints, and Slack shows what differs.`,
  'Its scopes are compared above; by hand it takes a look at: the command /pve,',
  `the events ${EVENTS.map(({ event }) => event).join(', ')}, Interactivity on, and in App Home both tabs on.`,
].join(' ')

export function manifestCheck(
  { mode }: Pick<SlackSettings, 'mode'>,
  at: { readonly home: string; readonly commands: readonly CommandMeta[] } | null,
): Check {
  const path = at === null ? null : join(at.home, MANIFEST_FILE)
  if (at === null || path === null || !existsSync(path))
    return {
      subject: SUBJECT,
      state: 'skipped',
      finding: `there is no ${MANIFEST_FILE} in this home to compare, and Slack shows an app's own to people only`,
      hint: BY_HAND,
    }
  const differ = differences(path, mode, at.commands)
  if (differ.length === 0)
    return {
      subject: SUBJECT,
      state: 'ok',
      finding: `${MANIFEST_FILE} is what this version asks for; whether the app in Slack is, people see`,
      hint: BY_HAND,
    }
  return {
    subject: SUBJECT,
    state: 'warning',
    finding: `${MANIFEST_FILE} is not what this version asks for: ${differ.slice(0, MOST_DIFFERENCES).join(', ')}`,
    hint: `Write it anew with \`proxmox-mpc manifest slack --write\`. ${BY_HAND}`,
  }
}

/** What may be chosen is taken from the file: what the app is called, and its address. */
const Chosen = z.object({
  display_information: z.object({ name: z.string().optional() }).optional(),
  features: z
    .object({ slash_commands: z.array(z.object({ url: z.string().optional() })).optional() })
    .optional(),
})

function differences(
  path: string,
  mode: SlackSettings['mode'],
  commands: readonly CommandMeta[],
): readonly string[] {
  try {
    const written = readManifest(readFileSync(path, 'utf8'))
    const { display_information: shown, features } = Chosen.parse(written)
    const url = features?.slash_commands?.[0]?.url
    const name = shown?.name
    const derived = slackManifest(commands, {
      mode,
      ...(name === undefined ? {} : { name }),
      ...(url === undefined || mode === 'socket' ? {} : { url }),
    })
    return manifestDifferences(written, derived)
  } catch (error) {
    const why = error instanceof Error ? error.message.split('\n')[0] : String(error)
    return [`it cannot be read (${why})`]
  }
}
