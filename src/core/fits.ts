/** What a guest was chosen by: a name, or a filter. It has to hold for the guest as it is, not only as it was last seen. */

export type Fit = {
  readonly by: 'tag' | 'pool' | 'node' | 'name' | 'called'
  readonly value: string
  /** As it was typed: `tag=office`. */
  readonly said: string
}

type Shown = {
  readonly name: string
  readonly node: string
  readonly pool: string | null
  readonly tags: readonly string[]
}

export function isFit({ by, value }: Fit, guest: Shown): boolean {
  const wanted = value.toLowerCase()
  switch (by) {
    case 'tag':
      return guest.tags.includes(wanted)
    case 'pool':
      return guest.pool !== null && guest.pool.toLowerCase() === wanted
    case 'node':
      return guest.node.toLowerCase() === wanted
    case 'name':
      return glob(wanted).test(guest.name)
    case 'called':
      return guest.name.toLowerCase() === wanted
  }
}

/** `web-*` as an anchored expression; only `*` and `?` mean anything. */
function glob(pattern: string): RegExp {
  const escaped = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replace(/\*+/g, '.*')
    .replace(/\?/g, '.')
  return new RegExp(`^${escaped}$`, 'iu')
}
