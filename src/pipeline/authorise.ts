import type { GuestRef } from '../core/args.js'
import type { Picture } from '../core/change.js'
import { type CommandMeta, commandName } from '../core/command.js'
import { grantText, holdsFor, keptFrom, type Place, type Role } from '../core/people.js'
import { type Refusal, refuse } from '../core/refusal.js'
import type { Caller } from '../ports/road.js'
import type { Speaker } from './identify.js'

type Allowed = { readonly kind: 'allowed' }

/**
 * Whether this caller may give this command at all. What is named is looked at later, by `authoriseFor`. Commands that
 * steer a terminal session exist nowhere else.
 */
export function authorise(
  command: Pick<CommandMeta, 'path' | 'role' | 'surfaces'>,
  caller: Caller,
  speaker: Speaker,
): Allowed | Refusal {
  const grants = speaker.kind === 'stranger' ? null : speaker.person.grants
  const kept = keptFrom(command, { surface: caller.surface, grants })
  if (kept === null) return { kind: 'allowed' }
  if (kept === 'surface')
    return refuse(
      'not_here',
      `\`${commandName(command)}\` works in the console only.`,
      'Run `proxmox-mpc console` on the host.',
    )
  return speaker.kind === 'stranger'
    ? stranger(caller)
    : lacks(kept, speaker.person.name, speaker.person.grants.map(grantText), command)
}

function stranger(caller: Caller): Refusal {
  return refuse(
    'no_role',
    `The account ${caller.surface}:${caller.account} belongs to nobody here.`,
    letIn(caller),
  )
}

/** How an account that nobody knows is let in, as it goes on its surface. */
function letIn({ surface, account }: Caller): string {
  switch (surface) {
    case 'console':
      return `An admin can let you in: \`person add NAME --os-user ${account}\`, or \`person invite NAME\` and then \`link CODE\`.`
    case 'slack':
      return 'An admin types `person invite NAME` on the console and tells you the code; you type it here: `/pve link CODE`.'
    case 'discord':
      return 'An admin types `person invite NAME` on the console and tells you the code; you type it here with `link`.'
  }
}

function lacks(
  role: Role,
  name: string,
  grants: readonly string[],
  command: Pick<CommandMeta, 'path'>,
): Refusal {
  return refuse(
    'no_role',
    `\`${commandName(command)}\` needs the role ${role}, which ${name} does not have.`,
    `An admin can grant it: \`grant add ${name} ${role}\`.`,
    grants.length === 0 ? ['no roles'] : [`roles: ${grants.join(', ')}`],
  )
}

/** Whether a person holds a role for every guest that a change names; told by the names of those where not. */
export function authoriseFor(
  role: Role,
  speaker: Extract<Speaker, { readonly kind: 'known' }>,
  places: readonly (Place & { readonly name: string })[],
): Allowed | Refusal {
  const outside = places.filter((place) => !holdsFor(speaker.person.grants, role, place))
  if (outside.length === 0) return { kind: 'allowed' }
  const names = outside.map(({ name, vmid }) => `${name} (${vmid})`)
  const shown = names.slice(0, 5).join(', ')
  return refuse(
    'out_of_scope',
    `${speaker.person.name} is not ${role} for ${shown}${names.length > 5 ? ` and ${names.length - 5} more` : ''}.`,
    '`whoami` shows your roles and for what they hold; an admin can grant more.',
    speaker.person.grants.map(grantText),
  )
}

/** Where guests are, as scopes see them, by the stored picture. */
export function placesOf(
  guests: readonly Pick<GuestRef, 'cluster' | 'vmid' | 'name' | 'node'>[],
  pictures: readonly Pick<Picture, 'cluster' | 'inventory'>[],
): readonly (Place & { readonly name: string })[] {
  return guests.map(({ cluster, vmid, name, node }) => {
    const row = pictures
      .find((picture) => picture.cluster === cluster)
      ?.inventory.guests.find((guest) => guest.vmid === vmid)
    return { cluster, vmid, name, node: row?.node ?? node, pool: row?.pool ?? null, tags: row?.tags ?? [] }
  })
}
