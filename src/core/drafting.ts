import type { Sighting } from './births.js'
import type { Place } from './people.js'
import type { PlanTarget } from './plan.js'
import type { PlanRisk } from './policy.js'
import type { Refusal } from './refusal.js'

/** What a person sees of a target beside what is bound: values that move, with the time of their reading. */
export type ShownTarget = {
  readonly guest: string
  readonly node: string
  readonly state: string
  /** Seconds; null when it does not run. */
  readonly uptime: number | null
  readonly tags: readonly string[]
  /** What else is worth knowing, in sentences. */
  readonly notes: readonly string[]
  /** Of a container: by what it is told from another one that is made under its number later. */
  readonly sighting?: Sighting | undefined
}

/** One guest of a change that is being planned. */
export type DraftTarget =
  | {
      readonly kind: 'target'
      readonly target: PlanTarget
      readonly risk: PlanRisk
      readonly place: Place & { readonly name: string }
      readonly shown: ShownTarget
    }
  /** It is as it was asked to be: nothing is sent. */
  | { readonly kind: 'already'; readonly guest: string; readonly sentence: string }
  | { readonly kind: 'refused'; readonly guest: string; readonly refusal: Refusal }

/** What a command wants to do, before policy has seen it. */
export type Drafted = {
  readonly kind: 'drafted'
  /** The guests as they were asked for. */
  readonly asked: string
  /** In the order in which they are to be done. */
  readonly targets: readonly DraftTarget[]
}
