import type { Binding } from '../../ports/store/bindings.js'
import type { Stores } from '../../ports/store/stores.js'

/** Channels in which plans of a workspace wait for approval, besides the one where each is asked for. */
export async function approvalChannels(
  stores: Pick<Stores, 'bindings'>,
  workspace: string,
): Promise<readonly Binding[]> {
  return (await stores.bindings.list({ workspace })).filter(({ approvals }) => approvals)
}

type Named = Pick<Binding, 'surface' | 'channel' | 'name'>

/** A channel as people call it: `#ops`. One without a name by its ID. */
export function labelOf({ channel, name }: Named): string {
  return name === '' || name === channel ? `Channel ${channel}` : `#${name}`
}

/** The same so that it cannot be mistaken: `#ops (slack C0123ABCD)`. */
export function channelText(binding: Named): string {
  const { surface, channel, name } = binding
  return name === '' || name === channel ? `${surface} ${channel}` : `#${name} (${surface} ${channel})`
}
