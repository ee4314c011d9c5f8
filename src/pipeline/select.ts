import type { GuestRef, ResourceRef } from '../core/args.js'
import type { Picture, StoredGuest } from '../core/change.js'
import { type Fit, isFit } from '../core/fits.js'
import { isRefusal, type Refusal, refuse } from '../core/refusal.js'
import { guestKey, nodeKey, poolKey, type ResourceType, storageKey } from '../core/resource.js'
import { nearest } from './nearest.js'

/** Names to resources, against the pictures of the workspace's clusters. Hidden resources are not named. */

export function guestRef(cluster: string, guest: StoredGuest): GuestRef {
  const { vmid, kind, name, node, incarnation } = guest
  return { cluster, vmid, kind, name, node, incarnation }
}

function visibleGuests(pictures: readonly Picture[]): readonly GuestRef[] {
  return pictures.flatMap(({ cluster, inventory }) =>
    inventory.guests.filter((guest) => !guest.hidden).map((guest) => guestRef(cluster, guest)),
  )
}

/** Guests that a text names: a vmid, a name (its case only where nothing matches exactly), or `cluster/either`. */
function namedGuests(pictures: readonly Picture[], text: string): readonly GuestRef[] {
  const cut = text.indexOf('/')
  const inside = cut < 0 ? pictures : pictures.filter(({ cluster }) => cluster === text.slice(0, cut))
  const name = cut < 0 ? text : text.slice(cut + 1)
  const guests = visibleGuests(inside)
  if (/^\d{1,9}$/.test(name)) {
    const byId = guests.filter((guest) => guest.vmid === Number(name))
    if (byId.length > 0) return byId
  }
  const exact = guests.filter((guest) => guest.name === name)
  return exact.length > 0 ? exact : guests.filter((guest) => guest.name.toLowerCase() === name.toLowerCase())
}

/** Exactly one guest, or a refusal that lists the candidates. */
export function selectGuest(pictures: readonly Picture[], text: string): GuestRef | Refusal {
  const found = namedGuests(pictures, text)
  const [only] = found
  if (only !== undefined && found.length === 1) return { ...only, fits: calledBy(only, text) }
  if (found.length > 1) return ambiguousGuest(text, found)
  const near = nearest(
    text,
    visibleGuests(pictures).map((guest) => guest.name),
  )
  const hint =
    near === null ? '`ls` lists the guests there are.' : `Did you mean \`${near}\`? \`ls\` lists them all.`
  return refuse('unknown_guest', `There is no guest \`${text}\`.`, hint)
}

/** A number names a guest whatever it is called. */
function calledBy({ name }: GuestRef, text: string): readonly Fit[] {
  const typed = text.slice(text.indexOf('/') + 1)
  return typed.toLowerCase() === name.toLowerCase() ? [{ by: 'called', value: name, said: text }] : []
}

function ambiguousGuest(text: string, found: readonly GuestRef[]): Refusal {
  const clusters = new Set(found.map((guest) => guest.cluster)).size
  const lines = found.slice(0, 10).map((guest) => {
    const id = clusters > 1 ? `${guest.cluster}/${guest.vmid}` : String(guest.vmid)
    return `${id} ${guest.name} (${guest.kind === 'qemu' ? 'VM' : 'container'} on ${guest.node})`
  })
  const rest = found.length > lines.length ? [`and ${found.length - lines.length} more`] : []
  return refuse(
    'ambiguous_guest',
    `${found.length} guests are called \`${text}\`.`,
    'Name it by its number.',
    [...lines, ...rest],
  )
}

const SELECTORS = ['tag', 'node', 'status', 'pool', 'kind', 'name', 'cluster'] as const
type Selector = (typeof SELECTORS)[number]

/**
 * Several guests: names and numbers, separated by blanks or commas, and `key=value` filters that all must hold.
 * Filters may match nothing; a name that matches nothing is refused.
 */
export function selectGuests(
  pictures: readonly Picture[],
  words: readonly string[],
): readonly GuestRef[] | Refusal {
  const filters: Filter[] = []
  const names: string[] = []
  for (const word of words.flatMap((text) => text.split(',')).filter((text) => text !== '')) {
    const cut = word.indexOf('=')
    if (cut < 0) {
      names.push(word)
      continue
    }
    const key = SELECTORS.find((candidate) => candidate === word.slice(0, cut).toLowerCase())
    if (key === undefined) return unknownSelector(word.slice(0, cut))
    const value = word.slice(cut + 1)
    if (value === '') return emptySelector(word)
    filters.push({ key, value, said: word })
  }
  // A variable that is empty in a script: it must not stand for all there are.
  if (names.length === 0 && filters.length === 0) return emptySelector(words.join(' '))
  const rows = pictures.flatMap(({ cluster, inventory }) =>
    inventory.guests.filter((guest) => !guest.hidden).map((guest) => ({ cluster, guest })),
  )
  const fits = filters.flatMap(({ key, value, said }) => (isLive(key) ? [{ by: key, value, said }] : []))
  const kept = rows.filter(({ cluster, guest }) => filters.every((filter) => matches(cluster, guest, filter)))
  if (names.length === 0) return kept.map(({ cluster, guest }) => ({ ...guestRef(cluster, guest), fits }))
  const named = new Map<string, readonly Fit[]>()
  for (const name of names) {
    const guest = selectGuest(pictures, name)
    if (isRefusal(guest)) return guest
    named.set(`${guest.cluster}/${guest.vmid}`, [...fits, ...(guest.fits ?? [])])
  }
  return kept.flatMap(({ cluster, guest }) => {
    const by = named.get(`${cluster}/${guest.vmid}`)
    return by === undefined ? [] : [{ ...guestRef(cluster, guest), fits: by }]
  })
}

type Filter = { readonly key: Selector; readonly value: string; readonly said: string }

/** What the guest itself tells when it is read. */
function isLive(key: Selector): key is Exclude<Fit['by'], 'called'> {
  return key === 'tag' || key === 'pool' || key === 'node' || key === 'name'
}

function emptySelector(said: string): Refusal {
  return refuse(
    'wrong_argument',
    `\`${said}\` names no guest.`,
    'Name guests, or filters with a value: `tag=test`, `name=*` for all there are.',
  )
}

function unknownSelector(key: string): Refusal {
  const near = nearest(key, SELECTORS)
  const hint =
    near === null
      ? `Filters are: ${SELECTORS.map((name) => `${name}=`).join(' ')}`
      : `Did you mean \`${near}=\`?`
  return refuse('wrong_argument', `There is no filter \`${key}=\`.`, hint)
}

function matches(cluster: string, guest: StoredGuest, filter: Filter): boolean {
  const value = filter.value.toLowerCase()
  switch (filter.key) {
    case 'status':
      return value === 'template' ? guest.template : guest.status === value || guest.lock === value
    case 'kind':
      return (guest.kind === 'qemu' ? ['vm', 'qemu'] : ['ct', 'lxc', 'container']).includes(value)
    case 'cluster':
      return cluster.toLowerCase() === value
    default:
      return isFit({ by: filter.key, value, said: filter.said }, guest)
  }
}

/** Every resource of some types that a text names: `pve1`, `node/pve1`, `storage/local`, `storage/pve1/local`. */
export function namedResources(
  pictures: readonly Picture[],
  types: readonly ResourceType[],
  text: string,
): readonly ResourceRef[] {
  const [prefix, ...rest] = text.split('/')
  const typed = types.find((type) => type === prefix && rest.length > 0)
  const wanted = typed === undefined ? types : [typed]
  const name = typed === undefined ? text : rest.join('/')
  return wanted.flatMap((type) => namedOfType(pictures, type, name))
}

function namedOfType(pictures: readonly Picture[], type: ResourceType, name: string): readonly ResourceRef[] {
  switch (type) {
    case 'guest':
      return namedGuests(pictures, name).map((guest) => ({
        cluster: guest.cluster,
        type,
        key: guestKey(guest.vmid),
        name: guest.name,
        guest,
      }))
    case 'node':
      return plain(pictures, type, ({ inventory }) =>
        inventory.nodes.filter((node) => node.name === name).map((node) => [nodeKey(node.name), node.name]),
      )
    case 'storage':
      return plain(pictures, type, ({ inventory }) =>
        inventory.storages
          .filter((storage) => storage.name === name || storageKey(storage) === `storage/${name}`)
          .map((storage) => [storageKey(storage), storage.name]),
      )
    case 'pool':
      return plain(pictures, type, ({ inventory }) =>
        inventory.pools.filter((pool) => pool.name === name).map((pool) => [poolKey(pool.name), pool.name]),
      )
  }
}

function plain(
  pictures: readonly Picture[],
  type: ResourceType,
  found: (picture: Picture) => readonly (readonly [string, string])[],
): readonly ResourceRef[] {
  return pictures.flatMap((picture) =>
    found(picture).map(([key, name]) => ({ cluster: picture.cluster, type, key, name, guest: null })),
  )
}
