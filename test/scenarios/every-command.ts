import { describe, expect, it } from '@jest/globals'
import { commandName } from '../../src/core/command.js'
import { registry } from '../../src/registry.js'
import { type Play, sideBySide } from './lanes.js'
import type { Stage } from './stage.js'

/** Every command that exists in chats is said once, and does there what it does. */

/** A question whose private answer holds these. */
const asks =
  (who: string, words: string, ...shown: readonly (string | RegExp)[]): Play =>
  async ({ told }) => {
    const answer = await told(who, words)
    for (const each of shown) expect(answer).toMatch(each)
  }

/** A change that runs at once, or once its requester has said that it shall. */
const changes =
  (words: string, guest: (stage: Stage) => string, verb: string): Play =>
  async (stage) => {
    const name = guest(stage)
    const { number, own, approval } = await stage.asked('alice', `${words} ${name}`)
    if (own.buttons.includes('Confirm')) await stage.driver.press('alice', own, 'Confirm')
    if (own.buttons.includes('Approve')) await stage.driver.press('bob', await approval(), 'Approve')
    const done = await stage.becomes(own, 'verified')
    expect(done.text).toContain(`op${number} ${verb} ${name}`)
    expect(await stage.sent(name)).toEqual([verb])
  }

const ON = (stage: Stage) => stage.on()
const OFF = (stage: Stage) => stage.off()

const PLAYS: Readonly<Record<string, Play>> = {
  help: asks('alice', 'help stop', 'Cuts the power of guests', 'destructive'),
  status: asks('dave', 'status', 'quorate', 'pve1'),
  ls: asks('dave', 'ls nodes', 'pve1', 'pve2', 'pve3'),
  show: asks('dave', 'show web-01', '101', 'pve1', 'Behind ct-proxy'),
  metrics: asks('dave', 'metrics web-01 day', 'web-01', 'memory'),
  history: asks('dave', 'history', /\d+ changes/),
  diff: asks('dave', 'diff 1h', /differences|nothing/i),
  doctor: asks('carol', 'doctor', 'lab'),
  approvals: asks('dave', 'approvals', /waits|nothing/i),
  'task ls': asks('dave', 'task ls --limit 5', 'pve'),
  'task show': async (stage) => {
    const handle = /\bt\d+\b/.exec(await stage.told('dave', 'task ls --limit 5'))?.[0] ?? ''
    expect(await stage.told('dave', `task show ${handle}`)).toMatch(/UPID:pve/)
  },
  sync: asks('dave', 'sync', 'lab'),
  whoami: asks('alice', 'whoami', 'alice', 'operator'),

  'workspace ls': asks('dave', 'workspace ls', 'lab'),
  'workspace show': asks('dave', 'workspace show', 'approvals', 'ops'),
  'workspace bind': async ({ driver, told }) => {
    driver.addPlace('spare')
    expect(await told('carol', 'workspace bind lab', 'spare')).toMatch(/bound now.*lab/)
    expect(await told('dave', 'ls nodes', 'spare')).toContain('pve1')
  },
  'workspace unbind': async ({ driver, told }) => {
    driver.addPlace('former')
    await told('carol', 'workspace bind lab', 'former')
    expect(await told('carol', 'workspace unbind', 'former')).toContain('does not speak of workspace lab')
    expect(await told('dave', 'ls nodes', 'former')).toContain('bound to no workspace')
  },

  'person add': asks('carol', 'person add maria', 'maria is known now'),
  'person ls': asks('dave', 'person ls', 'alice', 'carol'),
  'person rm': async ({ told }) => {
    await told('carol', 'person add transient')
    expect(await told('carol', 'person rm transient')).toContain('transient is gone')
  },
  'person invite': async ({ told }) => {
    await told('carol', 'person add guestly')
    expect(await told('carol', 'person invite guestly')).toMatch(/link [a-z0-9-]{10,}/)
  },
  'grant add': async ({ told }) => {
    await told('carol', 'person add greta')
    expect(await told('carol', 'grant add greta operator tag=web')).toMatch(
      'greta is operator on tag=web now',
    )
  },
  'grant ls': asks('dave', 'grant ls alice', 'alice', 'operator'),
  'grant rm': async ({ told }) => {
    await told('carol', 'person add gustav')
    await told('carol', 'grant add gustav reader')
    expect(await told('carol', 'grant rm gustav reader')).toMatch(/gustav is not reader|gustav.*reader/)
  },
  link: async (stage) => {
    await linked(stage, 'lina')
    expect(await stage.told('lina', 'whoami')).toContain('lina')
  },
  unlink: async (stage) => {
    await linked(stage, 'ulla')
    expect(await stage.told('ulla', 'unlink')).toContain('not ulla any more')
    expect(await stage.told('ulla', 'ls')).toContain('link')
  },

  'audit log': asks('carol', 'audit log --limit 5', 'carol', 'person'),
  'audit verify': asks('carol', 'audit verify', /\d+-[0-9a-f]{64}/),
  'audit export': async ({ filed, told }) => {
    const file = await filed('carol', /audit.*jsonl$/, () => told('carol', 'audit export'))
    expect(file.bytes.toString().split('\n').length).toBeGreaterThan(3)
  },
  freeze: async ({ told, off }) => {
    const guest = off()
    expect(await told('carol', "freeze --for 5m 'the storage moves'")).toContain('the storage moves')
    expect(await told('alice', `start ${guest}`)).toContain('the storage moves')
    await told('carol', 'unfreeze')
  },
  unfreeze: async (stage) => {
    await stage.told('carol', 'freeze maintenance')
    expect(await stage.told('carol', 'unfreeze')).toMatch(/again|not frozen/)
    await changes('start', OFF, 'start')(stage)
  },

  start: changes('start', OFF, 'start'),
  stop: changes('stop', ON, 'stop'),
  shutdown: changes('shutdown', ON, 'shutdown'),
  reboot: changes('reboot', ON, 'reboot'),
  reset: changes('reset', ON, 'reset'),
  suspend: changes('suspend', ON, 'suspend'),
  resume: async (stage) => {
    const guest = stage.on()
    await stage.lab.control.change({ kind: 'power', vmid: stage.vmid(guest), to: 'pause' })
    await changes('resume', () => guest, 'resume')(stage)
  },

  why: async ({ on, asked, told, driver }) => {
    const { number, own } = await asked('alice', `stop ${on()}`)
    expect(await told('dave', `why op${number}`)).toMatch(new RegExp(`op${number} stop.*destructive`, 's'))
    await driver.press('alice', own, 'Cancel')
  },
  approve: async ({ on, asked, becomes, driver }) => {
    const { number, own } = await asked('alice', `stop ${on()}`)
    await driver.say('bob', 'approvals', `approve op${number} --reason 'agreed by phone'`)
    expect((await becomes(own, 'verified')).text).toContain('agreed by phone')
  },
  confirm: async ({ place, on, asked, becomes, driver }) => {
    const { number, own } = await asked('alice', `shutdown ${on()}`)
    await driver.say('alice', place, `confirm op${number}`)
    await becomes(own, 'verified')
  },
  deny: async ({ on, asked, becomes, driver }) => {
    const { number, own } = await asked('alice', `stop ${on()}`)
    await driver.say('bob', 'approvals', `deny op${number} --reason 'not before the backup'`)
    expect((await becomes(own, 'denied')).text).toContain('not before the backup')
  },
  cancel: async ({ place, on, asked, becomes, driver }) => {
    const { number, own } = await asked('alice', `stop ${on()}`)
    await driver.say('alice', place, `cancel op${number}`)
    await becomes(own, 'cancelled')
  },
  continue: async ({ lab, off, vmid, asked, becomes, sent }) => {
    const [first, second, third] = [off(), off(), off()]
    await lab.control.fault({ kind: 'task-fails', vmid: vmid(second), error: 'no space left', count: 1 })
    const { number, own } = await asked('alice', `start ${first},${second},${third} --parallel 1`)
    await becomes(own, 'partial')
    const rest = await asked('alice', `continue op${number}`)
    await becomes(rest.own, 'verified')
    expect([await sent(first), await sent(third)]).toEqual([['start'], ['start']])
  },
  undo: async ({ off, asked, becomes, driver, sent }) => {
    const guest = off()
    const { number, own } = await asked('alice', `start ${guest}`)
    await becomes(own, 'verified')
    const back = await asked('alice', `undo op${number}`)
    expect(back.own.text).toContain(`shutdown ${guest}`)
    await driver.press('alice', back.own, 'Confirm')
    await becomes(back.own, 'verified')
    expect(await sent(guest)).toEqual(['start', 'shutdown'])
  },
}

/** A new person, whose account becomes theirs by a code. */
async function linked({ driver, told }: Stage, name: string): Promise<void> {
  driver.addPerson(name)
  await told('carol', `person add ${name}`)
  await told('carol', `grant add ${name} reader`)
  const code = /link ([a-z0-9-]{10,})/.exec(await told('carol', `person invite ${name}`))?.[1] ?? ''
  expect(await told(name, `link ${code}`)).toContain(`is ${name} now`)
}

/** Nothing else can be changed meanwhile. */
const ALONE = ['freeze', 'unfreeze']

export function everyCommand(of: () => Stage): void {
  const names = registry.filter(({ surfaces }) => surfaces === 'all').map(commandName)

  describe('every command', () => {
    it('has its play here', () => {
      expect(Object.keys(PLAYS).sort()).toEqual([...names].sort())
    })

    sideBySide(of, Object.fromEntries(Object.entries(PLAYS).filter(([name]) => !ALONE.includes(name))), {
      anew: true,
    })
    it.each(ALONE)('%s', (name) => PLAYS[name]?.(of()))
  })
}
