import type { Picture, StoredGuest } from '../../core/change.js'
import { type Grant, type Scope, scopeText } from '../../core/people.js'
import { isRefusal, type Refusal, refuse } from '../../core/refusal.js'
import type { QueryContext } from '../../ports/query.js'

type Context = Pick<QueryContext, 'stores' | 'nearest' | 'workspace' | 'workspaces'>

/** A scope as it was meant; `note` says what is worth knowing about it, `empty` that nothing is in it now. */
export type ReadScope = {
  readonly kind: 'scope'
  readonly scope: Scope
  readonly note: string
  readonly empty: boolean
}

const KINDS = ['everything', 'pool', 'tag', 'node', 'guest'] as const
type Kind = (typeof KINDS)[number]

const FORMS = 'everything, pool=NAME, tag=NAME, node=NAME or guest=NAME'

/** Reads `everything`, `pool=NAME`, `tag=NAME`, `node=NAME`, `guest=NAME_OR_VMID` against the pictures in the store. */
export async function readScope(context: Context, typed: string): Promise<ReadScope | Refusal> {
  const words = splitScope(context, typed)
  if (isRefusal(words)) return words
  const { kind, name } = words
  switch (kind) {
    case 'everything':
      return { kind: 'scope', scope: { kind }, note: '', empty: false }
    case 'guest':
      return guestScope(context, name)
    default:
      return namedScope(context, kind, name)
  }
}

function splitScope(
  context: Pick<Context, 'nearest'>,
  typed: string,
): { readonly kind: Kind; readonly name: string } | Refusal {
  const text = typed.trim()
  const cut = text.indexOf('=')
  const word = (cut < 0 ? text : text.slice(0, cut)).trim().toLowerCase()
  const name = cut < 0 ? '' : text.slice(cut + 1).trim()
  const kind = KINDS.find((candidate) => candidate === word)
  if (kind !== undefined && (kind === 'everything') === cut < 0 && (cut < 0 || name !== ''))
    return { kind, name }
  const near = context.nearest(word, KINDS)
  const meant = near === null || near === 'everything' ? near : `${near}=${name === '' ? 'NAME' : name}`
  return refuse(
    'wrong_argument',
    `\`${typed}\` is no scope.`,
    meant === null ? `Write ${FORMS}.` : `Did you mean \`${meant}\`? A scope is ${FORMS}.`,
  )
}

type Row = { readonly cluster: string; readonly guest: StoredGuest }

async function picturesOf(context: Context, clusters: readonly string[]): Promise<readonly Picture[]> {
  const found = await Promise.all(clusters.map((cluster) => context.stores.inventory.picture(cluster)))
  return found.filter((picture) => picture !== null)
}

/** Exactly one guest of this workspace, by number, name, or `cluster/either`. */
async function guestScope(context: Context, name: string): Promise<ReadScope | Refusal> {
  const pictures = await picturesOf(context, context.workspace.clusters)
  const rows = pictures.flatMap(({ cluster, inventory }) =>
    inventory.guests.filter(({ hidden }) => !hidden).map((guest) => ({ cluster, guest })),
  )
  const found = guestsNamed(rows, name)
  const [only] = found
  if (only !== undefined && found.length === 1)
    return {
      kind: 'scope',
      scope: { kind: 'guest', cluster: only.cluster, vmid: only.guest.vmid },
      note: `That is ${only.guest.name}; the grant goes by its number.`,
      empty: false,
    }
  if (found.length > 1)
    return refuse(
      'ambiguous_guest',
      `${found.length} guests are called \`${name}\`.`,
      'Name it by its number.',
      found.slice(0, 10).map(({ cluster, guest }) => `guest=${cluster}/${guest.vmid} ${guest.name}`),
    )
  const near = context.nearest(
    name,
    rows.map(({ guest }) => guest.name),
  )
  const hint = near === null ? '`ls` lists the guests there are.' : `Did you mean \`guest=${near}\`?`
  return refuse('unknown_guest', `There is no guest \`${name}\` in ${context.workspace.name}.`, hint)
}

function guestsNamed(rows: readonly Row[], text: string): readonly Row[] {
  const cut = text.indexOf('/')
  const inside = cut < 0 ? rows : rows.filter(({ cluster }) => cluster === text.slice(0, cut))
  const name = cut < 0 ? text : text.slice(cut + 1)
  const byNumber = inside.filter(({ guest }) => String(guest.vmid) === name)
  if (byNumber.length > 0) return byNumber
  const exact = inside.filter(({ guest }) => guest.name === name)
  if (exact.length > 0) return exact
  return inside.filter(({ guest }) => guest.name.toLowerCase() === name.toLowerCase())
}

/**
 * Pools, tags and nodes go by name in every cluster of the home. One that is not there is refused, since it is most
 * likely mistyped; a tag, which comes into being with its first guest, is refused only where another one is near.
 */
async function namedScope(
  context: Context,
  kind: 'pool' | 'tag' | 'node',
  name: string,
): Promise<ReadScope | Refusal> {
  const clusters = context.workspaces.flatMap((workspace) => workspace.clusters)
  const pictures = await picturesOf(context, clusters)
  const names = [...new Set(pictures.flatMap((picture) => namesIn(picture, kind)))]
  const scoped = (as: string, note = ''): ReadScope => ({
    kind: 'scope',
    scope: { kind, name: as },
    note,
    empty: note !== '',
  })
  if (names.includes(name)) return scoped(name)
  const lower = name.toLowerCase()
  const same = names.filter((candidate) => candidate.toLowerCase() === lower)
  const [only] = same
  if (only !== undefined && same.length === 1) return scoped(only)
  const near = context.nearest(name, names)
  if (near === null && kind === 'tag' && /^[a-z0-9_][a-z0-9_+.-]*$/.test(lower))
    return scoped(lower, `No guest has the tag ${lower} now; it counts once one has.`)
  const what =
    same.length > 1 ? `Several ${kind}s differ from \`${name}\` by case.` : `There is no ${kind} \`${name}\`.`
  const hint =
    near === null
      ? names.length === 0
        ? 'No cluster has been read yet: `sync`.'
        : `Known: ${names.sort().slice(0, 10).join(', ')}.`
      : `Did you mean \`${kind}=${near}\`?`
  return refuse('unknown_resource', what, hint)
}

function namesIn({ inventory }: Picture, kind: 'pool' | 'tag' | 'node'): readonly string[] {
  switch (kind) {
    case 'pool':
      return inventory.pools.map(({ name }) => name)
    case 'tag':
      return inventory.guests.flatMap(({ tags }) => tags)
    case 'node':
      return inventory.nodes.map(({ name }) => name)
  }
}

/**
 * The grant of a person that a role and a scope mean. A scope that stands among their grants is taken as it stands
 * there, so that a grant for something that is gone can still be taken back.
 */
export async function heldGrant(
  context: Context,
  held: readonly Grant[],
  wanted: { readonly person: string; readonly role: Grant['role']; readonly scope: string },
): Promise<Grant | Refusal> {
  const ofRole = held.filter(({ role }) => role === wanted.role)
  const typed = wanted.scope.trim().toLowerCase()
  const written = ofRole.filter(({ scope }) => scopeForms(scope).includes(typed))
  const [only] = written
  if (only !== undefined && written.length === 1) return only
  const read = written.length > 1 ? null : await readScope(context, wanted.scope)
  if (read !== null && isRefusal(read) && read.code === 'wrong_argument') return read
  const text = read === null || isRefusal(read) ? null : scopeText(read.scope)
  const found = ofRole.find(({ scope }) => scopeText(scope) === text)
  if (found !== undefined) return found
  return refuse(
    'no_such_grant',
    `${wanted.person} does not have the role ${wanted.role} for ${typed}.`,
    held.length === 0 ? 'They have no role at all.' : 'Name one of these, as it stands here.',
    held.map(({ role, scope }) => `${role} ${scopeText(scope)}`),
  )
}

/** A scope as it may be typed; a guest also by its number alone. */
function scopeForms(scope: Scope): readonly string[] {
  const text = scopeText(scope).toLowerCase()
  return scope.kind === 'guest' ? [text, `guest=${scope.vmid}`] : [text]
}
