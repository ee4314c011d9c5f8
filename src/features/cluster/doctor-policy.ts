import { count } from '../../core/facts.js'
import { includes, type Person, type Role } from '../../core/people.js'
import { judge, type PlanRisk, type Policy, type PolicyRule, type Requirement } from '../../core/policy.js'
import type { Check } from '../../ports/checks.js'

/** What is held against each other: the policy, who there is, and what there is to change. */
export type PolicyFacts = {
  readonly policy: Policy
  /** Only persons who can speak: somebody without an account decides nothing. */
  readonly people: readonly Person[]
  readonly workspace: string
  readonly workspaces: readonly string[]
  /** Names of the changes there are, for finding rules that can never apply. */
  readonly changes: readonly string[]
  readonly nearest: (word: string, candidates: readonly string[]) => string | null
}

const RISKS = ['routine', 'disruptive', 'destructive'] as const satisfies readonly PlanRisk[]

/** Whether what the policy asks for can be given by those who are there, as far as that shows without a guest. */
export function policyChecks(facts: PolicyFacts): readonly Check[] {
  const byRisk = RISKS.map((risk) => riskCheck(facts, risk))
  const rules = facts.policy.rules.flatMap((rule) => ruleChecks(facts, rule))
  const bad = rules.filter(({ state }) => state !== 'ok')
  const sound: readonly Check[] =
    facts.policy.rules.length === 0 || bad.length > 0
      ? []
      : [
          {
            subject: 'policy: rules',
            state: 'ok',
            finding: `${count(rules.length, 'rule')}; what they ask for can be given`,
            hint: '',
          },
        ]
  return [...byRisk, ...bad, ...sound, ...soloCheck(facts)]
}

/** A risk with the rules that hold for every guest of this workspace. */
function riskCheck(facts: PolicyFacts, risk: PlanRisk): Check {
  const { policy, workspace } = facts
  const subject = `policy: ${risk}`
  const general = policy.rules.filter(({ when }) => !aboutGuests(when) && when.command === undefined)
  const judged = judge({ ...policy, rules: general }, { workspace, command: '', risk, targets: [] })
  if (judged.kind === 'refused')
    return {
      subject,
      state: 'warning',
      finding: `rule ${judged.rule} refuses every ${risk} change in workspace ${workspace}: ${judged.sentence}`,
      hint: 'If that is not meant, narrow the rule with `when`, or take it out.',
    }
  return requirementCheck(facts, subject, judged.requirement, null)
}

/** What a rule asks for together with the defaults, for each risk that it holds for; only the worst is told. */
function ruleChecks(facts: PolicyFacts, rule: PolicyRule): readonly Check[] {
  const subject = `policy: rule ${rule.name}`
  const never = neverApplies(facts, rule)
  if (never !== null) return [{ subject, state: 'warning', ...never }]
  if (rule.refuse !== undefined || !forWorkspace(rule, facts.workspace))
    return [{ subject, state: 'ok', finding: '', hint: '' }]
  const checks = (rule.when.risk ?? RISKS).flatMap((risk) => {
    const judged = judge(
      { ...facts.policy, rules: [{ ...rule, when: {} }] },
      { workspace: facts.workspace, command: '', risk, targets: [] },
    )
    if (judged.kind === 'refused') return []
    const placed = placesOf(rule.when).map((place) =>
      requirementCheck(facts, subject, judged.requirement, place),
    )
    return rule.when.guest === undefined ? placed : placed.map(unsure)
  })
  const worst =
    checks.find(({ state }) => state === 'failed') ??
    checks.find(({ state }) => state === 'warning') ??
    checks[0]
  return worst === undefined ? [] : [worst]
}

/** Somebody may hold a role for that very guest, which does not show from here. */
function unsure(check: Check): Check {
  if (check.state !== 'failed') return check
  return { ...check, state: 'warning', finding: `as far as it shows without the guest: ${check.finding}` }
}

const aboutGuests = ({ tag, pool, node, guest }: PolicyRule['when']): boolean =>
  [tag, pool, node, guest].some((condition) => condition !== undefined)

const same = (one: string, other: string): boolean => one.toLowerCase() === other.toLowerCase()

function forWorkspace({ when }: PolicyRule, workspace: string): boolean {
  return when.workspace === undefined || when.workspace.some((name) => same(name, workspace))
}

/** A rule that protects nothing because it names what does not exist. */
function neverApplies(
  { changes, workspaces, nearest }: PolicyFacts,
  { when }: PolicyRule,
): Pick<Check, 'finding' | 'hint'> | null {
  const lost = (names: readonly string[] | undefined, known: readonly string[]) =>
    names?.find((name) => !known.some((each) => same(each, name)))
  const command = lost(when.command, changes)
  const workspace = lost(when.workspace, workspaces)
  const told = (what: string, name: string, known: readonly string[]) => {
    const near = nearest(name, known)
    return {
      finding: `it names the ${what} ${name}, which does not exist, so it does not apply there`,
      hint: near === null ? `There are: ${known.join(', ')}.` : `Write ${near}, if that is meant.`,
    }
  }
  if (command !== undefined) return told('command', command, changes)
  return workspace === undefined ? null : told('workspace', workspace, workspaces)
}

/** The part of a guest that a rule speaks of; null where it says nothing. */
type Spot = { readonly pool: string | null; readonly tag: string | null; readonly node: string | null }

/** One spot for each way in which the rule's conditions on guests can hold; so many at most. */
const MOST_SPOTS = 100

function placesOf({ tag, pool, node }: PolicyRule['when']): readonly (Spot | null)[] {
  if (tag === undefined && pool === undefined && node === undefined) return [null]
  const all = (tag ?? [null]).flatMap((oneTag) =>
    (pool ?? [null]).flatMap((onePool) =>
      (node ?? [null]).map((oneNode) => ({ tag: oneTag, pool: onePool, node: oneNode })),
    ),
  )
  return all.slice(0, MOST_SPOTS)
}

function holdsAt(person: Person, wanted: Role, spot: Spot | null): boolean {
  return person.grants.some(({ role, scope }) => {
    if (!includes(role, wanted)) return false
    if (scope.kind === 'everything') return true
    if (scope.kind === 'guest' || spot === null) return false
    const there = spot[scope.kind]
    return there !== null && same(there, scope.name)
  })
}

/** Whether enough persons could decide, and whether those who could would be left alone with their own plans. */
function requirementCheck(
  { policy, people }: PolicyFacts,
  subject: string,
  requirement: Requirement,
  spot: Spot | null,
): Check {
  const { approvals, roles } = requirement
  const ok = (finding: string): Check => ({ subject, state: 'ok', finding, hint: '' })
  const failed = (finding: string, hint: string): Check => ({ subject, state: 'failed', finding, hint })
  if (approvals === 0)
    return ok(requirement.confirm === 'none' ? 'asks for nobody else' : "asks for the requester's own word")
  const asked = `asks for ${count(approvals, 'approval')}`
  const where = spotText(spot)
  const unheld = roles.find((role) => !people.some((person) => holdsAt(person, role, spot)))
  if (unheld !== undefined)
    return failed(
      `${asked} by somebody with role ${unheld}, which nobody has${where}: nothing of this can be done`,
      `grant add NAME ${unheld}`,
    )
  const able = people.filter((person) =>
    ['approver' as const, ...roles].every((role) => holdsAt(person, role, spot)),
  )
  const who = able.map(({ name }) => name).join(', ')
  const [only] = able
  if (only === undefined) return nobody({ subject, asked, where, spot, roles, people })
  // Solo stands in for others only where the one who could decide is also the one who asks.
  const others = people.some((person) => person !== only && holdsAt(person, 'operator', spot))
  if (policy.solo && able.length === 1 && (approvals === 1 || !others))
    return ok(`${asked}; solo: ${only.name} types the name for plans of their own`)
  if (able.length < approvals)
    return failed(
      `${asked}, but only ${able.length} could give one${where}: ${who}`,
      `Let more persons approve: \`grant add NAME approver\`; or ask for no more than ${able.length}.`,
    )
  const alone = able.filter((person) => holdsAt(person, 'operator', spot))
  if (able.length > approvals || alone.length === 0) return ok(`${asked}; could be given by ${who}`)
  const soloHint = able.length === 1 ? ' If one person runs this home: `solo: true` in its policy.' : ''
  return {
    subject,
    state: 'warning',
    finding: `${asked}, and only ${who} could give ${approvals === 1 ? 'it' : 'them'}${where}: plans that ${alone.map(({ name }) => name).join(' or ')} asked for cannot be approved`,
    hint: `Let one more person approve: \`grant add NAME approver\`.${soloHint}`,
  }
}

function spotText(spot: Spot | null): string {
  if (spot === null) return ''
  const parts = (['pool', 'tag', 'node'] as const).flatMap((kind) =>
    spot[kind] === null ? [] : [`${kind}=${spot[kind]}`],
  )
  return ` for ${parts.join(' ')}`
}

/** Nobody is approver for all of it; some may be for a part. */
function nobody(of: {
  readonly subject: string
  readonly asked: string
  readonly where: string
  readonly spot: Spot | null
  readonly roles: readonly Role[]
  readonly people: readonly Person[]
}): Check {
  const { subject, asked, where, roles, people } = of
  const partly = people.filter(({ grants }) => grants.some(({ role }) => includes(role, 'approver')))
  const what = ['approver', ...roles].join(' and ')
  const hint = `Let somebody approve: \`grant add NAME approver\`; best two, since nobody approves their own.`
  if (partly.length > 0 && of.spot === null && roles.length === 0)
    return {
      subject,
      state: 'warning',
      finding: `${asked}; only for parts is there somebody who could give one: ${partly.map(({ name }) => name).join(', ')}. Elsewhere nothing of this can be done`,
      hint,
    }
  return {
    subject,
    state: 'failed',
    finding: `${asked}, but nobody is ${what}${where}: nothing of this can be done`,
    hint,
  }
}

function soloCheck({ policy, people }: PolicyFacts): readonly Check[] {
  if (!policy.solo) return []
  const able = people.filter((person) => holdsAt(person, 'approver', null))
  if (able.length < 2) return []
  return [
    {
      subject: 'policy: solo',
      state: 'warning',
      finding: `solo: true has no effect: ${able.map(({ name }) => name).join(', ')} could decide for each other`,
      hint: 'Take it out of the policy.',
    },
  ]
}
