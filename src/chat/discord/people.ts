import type { Grant } from '../../core/people.js'
import { refuse } from '../../core/refusal.js'
import type { DiscordSettings } from '../../ports/discord-settings.js'
import type { Who } from '../asking.js'
import type { Where } from './heard-schema.js'

/**
 * Who somebody in Discord is: a member of the one server, and with which of the configured roles. A direct message tells
 * neither: there only an account can be linked, which gives no right by itself.
 */
export function whoIs(
  { user, guild, roles }: Pick<Where, 'user' | 'guild' | 'roles'>,
  settings: Pick<DiscordSettings, 'guild' | 'roles' | 'onlyRoles'>,
  forWhat: 'link' | 'anything' = 'anything',
): Who {
  if (user.bot) return refuse('outsider', 'Bots may do nothing here.', 'Type it yourself.')
  if (guild === null && forWhat !== 'link')
    return refuse(
      'outsider',
      'In direct messages it is not known who is in the server.',
      'Type it in a channel of the server.',
    )
  if (guild !== null && guild !== settings.guild)
    return refuse(
      'outsider',
      'People of another server may do nothing here.',
      'This app belongs to one server; its home names it in the config file (discord: guild).',
    )
  if (
    guild !== null &&
    settings.onlyRoles.length > 0 &&
    !settings.onlyRoles.some((role) => roles.includes(role))
  )
    return refuse(
      'outsider',
      'You have none of the roles that may use this.',
      'An admin of this home names them in the config file (discord: only_roles).',
    )
  const granted = Object.entries(settings.roles)
    .filter(([role]) => roles.includes(role))
    .map(([, role]): Grant => ({ role, scope: { kind: 'everything' } }))
  return { kind: 'caller', caller: { surface: 'discord', account: user.id, as: null, granted } }
}
