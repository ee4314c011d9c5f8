import type { Check } from '../ports/checks.js'
import type { Binding } from '../ports/store/bindings.js'
import type { CardMessageStore } from '../ports/store/card-messages.js'
import type { OutboxStore } from '../ports/store/outbox.js'

/** What `doctor` says of what a chat has not been shown yet: posts that wait, and cards that could not be delivered. */
export async function waitingCheck(
  surface: Binding['surface'],
  platform: string,
  stores: {
    readonly outbox: Pick<OutboxStore, 'waiting'>
    readonly cards: Pick<CardMessageStore, 'stuck'>
  },
): Promise<Check> {
  const said = await stores.outbox.waiting(surface)
  const cards = await stores.cards.stuck(surface)
  const findings = [
    ...(said.waiting + said.givenUp === 0
      ? []
      : [`${said.waiting} wait to be said, ${said.givenUp} were given up in the last 7 days`]),
    ...(cards.waiting + cards.givenUp === 0
      ? []
      : [
          `of cards ${cards.waiting} could not be shown and are tried again, ${cards.givenUp} were given up in the last 30 days`,
        ]),
  ]
  const fine = findings.length === 0
  return {
    subject: `${surface}: outbox`,
    state: fine ? 'ok' : 'warning',
    finding: fine ? 'nothing waits' : findings.join('; '),
    hint: fine
      ? ''
      : `They are shown once ${platform} takes them and \`serve\` runs; the log tells why it did not. What was given up is not tried again: \`approvals\` shows how things stand.`,
  }
}
