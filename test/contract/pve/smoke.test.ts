import { it } from '@jest/globals'
import { inspect } from 'node:util'
import { startSimulator } from '../../../src/simulator/server.js'
import { startReplay } from '../../fakes/pve-replay/server.js'
import { pveConnector } from '../../../src/pve/connector.js'
import { systemClock } from '../../../src/system/clock.js'

it('smoke simulator', async () => {
  const sim = await startSimulator({ authDelayMs: 0 })
  const c = pveConnector({ clock: systemClock, random: Math.random })
  const id = 'mpc@pve!read'
  const cl = c.connect({ name: 'lab', endpoints: [sim.endpoint], tls: { kind: 'ca', pem: sim.caPem }, token: { id, secret: sim.tokens[id] ?? '' } })
  try {
    console.log(await c.certificate(sim.endpoint))
    console.log(inspect(await cl.access.probe(), { depth: 1 }))
    const r = await cl.inventory.read({ isKnown: () => false, tasksSince: null, progress: (w, x) => console.log(w, x) })
    console.log(inspect({ ...r, permissions: 0, tasks: r.tasks.slice(0, 2), guests: r.guests.slice(0, 3) }, { depth: 4 }))
    const g = r.guests.find((g) => g.kind === 'qemu' && g.status === 'running')
    const l = r.guests.find((g) => g.kind === 'lxc' && g.status === 'running')
    for (const x of [g, l]) if (x) { const ref = { cluster: 'lab', vmid: x.vmid, kind: x.kind, name: '', node: x.node, incarnation: 1 }
      console.log(inspect(await cl.guests.live(ref), { depth: 5 }))
      console.log(await cl.inventory.createdAt(x))
      const m = await cl.guests.metrics({ type: 'guest', guest: ref }, 'hour'); console.log(m.stepSeconds, m.times.length, Object.keys(m.columns)) }
    const t = r.tasks[0]
    if (t) console.log(await cl.tasks.status(t.upid), await cl.tasks.logTail(t.upid, 3))
    console.log(cl.access.endpoints())
  } finally { await cl.close(); await sim.close() }
})
it('smoke replay', async () => {
  for (const set of ['two-node', 'node2off', 'level-pooler', 'level-nobody', 'noquorum']) {
  const sim = await startReplay({ set })
  const c = pveConnector({ clock: systemClock, random: Math.random })
  const cl = c.connect({ name: 'lab', endpoints: [sim.endpoint], tls: { kind: 'ca', pem: sim.caPem }, token: sim.token })
  try {
    const r = await cl.inventory.read({ isKnown: () => false, tasksSince: null })
    console.log(set, inspect({ ...r, permissions: 0, tasks: r.tasks.length, guests: r.guests.slice(-2) , usage: 0}, { depth: 4 }), sim.unanswered())
  } finally { await cl.close(); await sim.close() }
  }
})
