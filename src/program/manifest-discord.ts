import { isDeepStrictEqual } from 'node:util'
import { commandsJson, discordCommands } from '../chat/derive/discord-commands.js'
import { commandDifferences } from '../chat/derive/discord-differences.js'
import { registry } from '../registry.js'
import type { DerivedFile } from './manifest-file.js'

export const COMMANDS_FILE = 'discord-commands.json'

/** The commands on Discord as a file, for those who want to see before what `serve` registers. */
export function discordFile(): DerivedFile {
  const derived = discordCommands(registry)
  return {
    name: COMMANDS_FILE,
    text: commandsJson(derived),
    differences: (text) => {
      const written: unknown = JSON.parse(text)
      if (isDeepStrictEqual(written, derived)) return []
      const told = commandDifferences(written, derived, 'global')
      return told.length === 0 ? ['something in it is no part of a command, or not said'] : told
    },
    hint: 'Run it with --write in place of --check.',
  }
}
