import { slashName } from '../../src/chat/derive/discord-commands.js'
import type { ArgSpec, RawArgs } from '../../src/core/args.js'
import { commandName } from '../../src/core/command.js'
import { isRefusal } from '../../src/core/refusal.js'
import { parse, read } from '../../src/pipeline/parse.js'
import type { CommandForm } from '../../src/ports/road.js'
import { registry } from '../../src/registry.js'
import type { Options } from '../fakes/discord/human-slash.js'
import type { Values } from '../scenarios/driver.js'

/** Words of the one grammar as they are put into options. Throws where Discord's client would not take them. */
export function optionsOf(words: string): { readonly called: string; readonly options: Options } {
  const reading = read(registry, words)
  if (isRefusal(reading)) throw new Error(`on Discord nobody can type \`${words}\`: ${reading.message}`)
  if (reading.kind === 'open') throw new Error(`on Discord \`${words}\` is no whole command`)
  if (reading.kind === 'lacking') return called(reading.command, reading.raw)
  const parsed = parse(registry, words)
  if (isRefusal(parsed)) throw new Error(parsed.message)
  return called(parsed.command, parsed.raw)
}

export function named(command: string): CommandForm {
  const found = registry.find((each) => commandName(each) === command)
  if (found === undefined) throw new Error(`there is no command ${command}`)
  return found
}

function called(command: CommandForm, raw: RawArgs) {
  const options = Object.entries(raw).flatMap(([name, value]) => {
    const spec = command.args[name]
    return spec === undefined || value === undefined ? [] : [[name, optionFor(spec, value)] as const]
  })
  return { called: slashName(command).slice(1), options: Object.fromEntries(options) }
}

export function optionFor(
  spec: ArgSpec | undefined,
  value: readonly string[] | true,
): string | number | boolean {
  if (value === true) return true
  const text = value.join(' ')
  return spec?.kind === 'int' ? Number(text) : spec?.kind === 'choice' ? text.toLowerCase() : text
}

export function textsFor(values: Values): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      name,
      typeof value === 'string' ? value : value.join(','),
    ]),
  )
}
