import { describe, expect, it } from '@jest/globals'
import { commandsMarkdown } from '../../../src/chat/derive/commands-md.js'
import { arg, optional } from '../../../src/core/args.js'
import { card } from '../../../src/core/card.js'
import { type Command, defineCommand } from '../../../src/core/command.js'
import { expectGolden } from './golden.js'

const answer = () => card({ heading: 'x' })

const commands: readonly Command<null>[] = [
  defineCommand({
    path: ['task', 'ls'],
    group: 'cluster',
    summary: 'Tasks, the newest first',
    risk: 'read',
    examples: ['task ls --failed', 'task ls --node pve1'],
    args: {
      limit: optional.int({ label: 'number', summary: 'how many', flag: true }, 1, 500),
      failed: arg.flag({ label: 'failed', summary: 'only those that failed' }),
      since: optional.duration({ label: 'span', summary: 'not older than', flag: true }),
    },
    answer,
  }),
  defineCommand({
    path: ['note'],
    group: 'guest',
    summary: 'Writes `notes` <b>of</b> a | guest_name *now*',
    risk: 'routine',
    examples: ['note web-01 "```"'],
    args: {
      guest: arg.guest({ label: 'guest', summary: 'whose' }),
      how: arg.choice({ label: 'how', summary: 'replace | append' }, ['replace', 'append']),
      text: arg.text({ label: 'text', summary: 'what' }, 200),
    },
    answer,
  }),
  defineCommand({
    path: ['exit'],
    group: 'workspace',
    summary: 'Leave the console.',
    risk: 'read',
    examples: [],
    surfaces: 'console',
    args: {},
    answer,
  }),
  defineCommand({
    path: ['ls'],
    group: 'guest',
    summary: 'Guests',
    risk: 'read',
    examples: ['ls'],
    args: {
      guests: optional.guests({ label: 'guests', summary: 'which' }),
      what: optional.resource({ label: 'name', summary: 'what' }, ['guest', 'node']),
      words: optional.words({ label: 'word', summary: 'about what' }),
    },
    answer,
  }),
]

describe('commandsMarkdown', () => {
  it('writes the reference', () => expectGolden('commands.md', commandsMarkdown(commands)))

  it('does not depend on the order of the registry', () => {
    expect(commandsMarkdown(commands.toReversed())).toBe(commandsMarkdown(commands))
  })

  it('escapes what Markdown would take for markup, within tables too', () => {
    const text = commandsMarkdown(commands)
    expect(text).toContain('Writes `notes` \\<b\\>of\\</b\\> a \\| guest\\_name \\*now\\*.')
    expect(text).toContain('| how | `replace`, `append` | yes | replace \\| append |')
    expect(text).toContain('````text\nnote web-01 "```"\n````')
  })
})
