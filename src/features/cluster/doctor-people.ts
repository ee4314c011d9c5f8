import { headText } from '../../core/audit.js'
import { commandName } from '../../core/command.js'
import { count } from '../../core/facts.js'
import { holdsAnywhere, holdsEverywhere, type Person } from '../../core/people.js'
import { isRefusal } from '../../core/refusal.js'
import type { Check } from '../../ports/checks.js'
import type { QueryContext } from '../../ports/query.js'
import type { AuditStore } from '../../ports/store/audit.js'
import { policyChecks } from './doctor-policy.js'

/** What belongs to no cluster: who is there, whether they can decide what the policy asks for, and the audit log. */
export async function standingChecks(context: QueryContext): Promise<readonly Check[]> {
  const settings = context.settings()
  const people = await context.stores.people.list()
  const log = [
    ...(await channelChecks(context)),
    await auditCheck(context.stores.audit),
    ...(await clockCheck(context)),
  ]
  if (isRefusal(settings))
    return [
      ...peopleChecks(people, false),
      {
        subject: 'policy',
        state: 'failed',
        finding: [`changes are refused. ${settings.message}`, ...settings.details].join(' '),
        hint: settings.hint,
      },
      ...log,
    ]
  const changes = context.commands.flatMap((command) =>
    command.kind === 'change' ? [commandName(command)] : [],
  )
  return [
    ...peopleChecks(people, settings.demo),
    ...policyChecks({
      policy: settings.policy,
      people: people.filter((person) => settings.demo || person.accounts.length > 0),
      workspace: context.workspace.name,
      workspaces: context.workspaces.map(({ name }) => name),
      changes,
      nearest: context.nearest,
    }),
    ...log,
  ]
}

/** In a demo anybody may speak as anybody, so that accounts do not matter. */
function peopleChecks(people: readonly Person[], demo: boolean): readonly Check[] {
  const speaking = people.filter(({ accounts }) => demo || accounts.length > 0)
  const silent = people.filter((person) => !speaking.includes(person)).map(({ name }) => name)
  const mute: readonly Check[] =
    silent.length === 0
      ? []
      : [
          {
            subject: 'accounts',
            state: 'warning',
            finding: `no account: ${silent.join(', ')}; they can neither ask nor decide`,
            hint: 'Let them link one: `person invite NAME`; or forget them: `person rm NAME`.',
          },
        ]
  return [adminCheck(people, speaking), ...operatorCheck(speaking), ...mute]
}

function adminCheck(people: readonly Person[], speaking: readonly Person[]): Check {
  const admins = speaking.filter(({ grants }) => holdsEverywhere(grants, 'admin')).map(({ name }) => name)
  if (admins.length > 0)
    return {
      subject: 'people',
      state: 'ok',
      finding: `${count(people.length, 'person', 'persons')}; admin: ${admins.join(', ')}`,
      hint: '',
    }
  const silent = people.some(({ grants }) => holdsEverywhere(grants, 'admin'))
  return {
    subject: 'people',
    state: 'failed',
    finding: silent ? 'nobody who is admin has an account' : 'nobody is admin',
    hint: 'People and roles cannot be changed any more. Restore a backup from before: proxmox-mpc db restore FILE.',
  }
}

function operatorCheck(speaking: readonly Person[]): readonly Check[] {
  if (speaking.some(({ grants }) => holdsAnywhere(grants, 'operator'))) return []
  return [
    {
      subject: 'operators',
      state: 'warning',
      finding: 'nobody may ask for changes',
      hint: 'Let somebody: `grant add NAME operator`.',
    },
  ]
}

/** Channels of chats, where any is used: whether plans are shown somewhere, and whether all speak of something that is there. */
async function channelChecks({
  stores,
  chats,
  workspace,
  workspaces,
}: Pick<QueryContext, 'stores' | 'chats' | 'workspace' | 'workspaces'>): Promise<readonly Check[]> {
  const bindings = await stores.bindings.list({})
  const here = bindings.filter(
    (binding) =>
      binding.workspace === workspace.name && (chats.length === 0 || chats.includes(binding.surface)),
  )
  const lost = bindings.filter((binding) => !workspaces.some(({ name }) => name === binding.workspace))
  const approving = here.filter(({ approvals }) => approvals).map(({ name }) => name)
  const approvals: Check =
    approving.length > 0
      ? {
          subject: 'channels',
          state: 'ok',
          finding: `${count(here.length, 'channel')} of workspace ${workspace.name}; approvals in ${approving.join(', ')}`,
          hint: '',
        }
      : {
          subject: 'channels',
          state: 'warning',
          finding: `none is bound for approvals in workspace ${workspace.name}: plans are shown only where they are asked for`,
          hint: 'Type in the channel that is to see them: `workspace bind --approvals`.',
        }
  const strays = lost.map(({ name, channel, surface, workspace: gone }): Check => {
    const which = `--channel ${channel}${surface === 'slack' ? '' : ` --surface ${surface}`}`
    return {
      subject: 'channels',
      state: 'warning',
      finding: `${name} is bound to workspace ${gone}, which is not in the config file any more`,
      hint: `Bind it to another one, or part it: \`workspace unbind ${which}\`.`,
    }
  })
  return [...(here.length === 0 && chats.length === 0 ? [] : [approvals]), ...strays]
}

/** So much of the head tells two apart at a glance; `audit verify` prints it whole. */
const SHOWN_HEAD = 20

async function auditCheck(audit: Pick<AuditStore, 'verify'>): Promise<Check> {
  const subject = 'audit log'
  const verified = await audit.verify(null)
  if (verified.kind === 'broken')
    return {
      subject,
      state: 'failed',
      finding: `broken at entry ${verified.seq}: ${verified.why}`,
      hint: 'Keep the database as it is, and compare it with a backup and with heads that were kept elsewhere.',
    }
  const { head } = verified
  const text = headText(head)
  const shown = text.length > SHOWN_HEAD ? `${text.slice(0, SHOWN_HEAD)}…` : text
  return {
    subject,
    state: 'ok',
    finding: `${count(head.seq, 'entry', 'entries')}, whole; head ${shown}`,
    hint: '',
  }
}

/** A clock may be corrected by so much. Milliseconds. */
const BEHIND = 60_000

/** What was written may not be newer than now: while it is, times stand still at the newest of them. */
async function clockCheck({ stores, now }: Pick<QueryContext, 'stores' | 'now'>): Promise<readonly Check[]> {
  const [newest] = await stores.audit.list({ limit: 1 })
  if (newest === undefined || Date.parse(newest.at) - now.getTime() <= BEHIND) return []
  return [
    {
      subject: 'clock',
      state: 'warning',
      finding: `it says ${now.toISOString()}, and the newest entry of the audit log is of ${newest.at}`,
      hint: 'Set the clock of this machine right (NTP). Until it has caught up, what is asked for is dated with that time.',
    },
  ]
}
