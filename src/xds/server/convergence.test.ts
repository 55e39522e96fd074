/**
 * Whatever the order of changes, subscriptions, refusals, lost connections and delays: the client ends with exactly the current
 * resources, and then it is quiet.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PATIENCE_MS, Simulation, TYPES } from '../../../test/xds/simulation.ts'
import { seededRandom } from '../../lib/random.ts'
import type { EncodedResource } from '../wire/resource.ts'
import { CLUSTER, ENDPOINT, LISTENER, ROUTE } from '../wire/type-url.ts'

const STEPS = 150

for (const protocol of ['delta', 'sotw'] as const) {
  test(`a client (${protocol}) ends with exactly the current resources when things happen in any order`, () => {
    for (let seed = 1; seed <= 400; seed++) {
      try {
        converges(protocol, seed)
      } catch (error) {
        throw new Error(`The client does not converge: seed ${seed}`, { cause: error })
      }
    }
  })
}

function converges(protocol: 'delta' | 'sotw', seed: number): void {
  const random = seededRandom(seed)
  const pick = (n: number) => Math.floor(random() * n)
  const simulation = new Simulation({ protocol, refusesByName: random() < 0.5 })
  const wanted = new Map(TYPES.map(type => [type, new Set<string>()]))
  for (const type of [CLUSTER, LISTENER]) {
    if (random() < 0.5) continue
    wanted.get(type)?.add('*')
    simulation.exchange.subscribe(type, ['*'])
  }
  const actions = [
    () => changeSomething(simulation, random),
    () => changeSomething(simulation, random),
    () => subscribeSomething(simulation, wanted, pick),
    () => simulation.exchange.flush(),
    () => simulation.deliverToServer(),
    () => simulation.deliverToServer(),
    () => simulation.deliverToClient(),
    () => simulation.deliverToClient(),
    () => simulation.clock.advance(pick(30)),
    () => random() < 0.15 && simulation.disconnect(),
    () => random() < 0.05 && simulation.clock.advance(PATIENCE_MS),
  ]
  for (let step = 0; step < STEPS; step++) actions[pick(actions.length)]?.()
  simulation.settle()
  check(simulation, wanted, false)

  // What refers to something may be bad, and then keeps it alive. With that repaired, nothing is left over.
  repair(simulation)
  simulation.settle()
  check(simulation, wanted, true)
  const { sent } = simulation
  simulation.settle()
  assert.equal(simulation.sent, sent, 'nothing is sent while nothing changes')
}

function changeSomething({ source, contents }: Simulation, random: () => number): void {
  const pick = (n: number) => Math.floor(random() * n)
  const type = TYPES[pick(TYPES.length)] ?? CLUSTER
  const put: EncodedResource[] = []
  const remove: string[] = []
  for (let i = pick(4); i >= 0; i--) {
    const name = `r${pick(8)}`
    if (random() < 0.3) remove.push(name)
    else put.push(contents.encode({ type, name, version: pick(3), bad: random() < 0.15, refers: [] }))
  }
  source.update(type, put, remove)
}

function subscribeSomething(simulation: Simulation, wanted: ReadonlyMap<string, Set<string>>, pick: (n: number) => number): void {
  const { exchange, protocol } = simulation
  const type = TYPES[pick(TYPES.length)] ?? CLUSTER
  const names = wanted.get(type)
  // State of the world cannot say `nothing`, nor that a name is wanted beside everything in a way old servers know.
  if (!names || (protocol === 'sotw' && names.has('*'))) return
  const name = protocol === 'delta' && pick(20) === 0 ? '*' : `r${pick(8)}`
  if (!names.has(name)) {
    names.add(name)
    exchange.subscribe(type, [name])
    return
  }
  if (protocol === 'sotw' && names.size === 1) return
  names.delete(name)
  exchange.unsubscribe(type, [name])
  if (names.has('*')) return
  const held = simulation.held(type)
  for (const known of held.keys()) if (known === name || (name === '*' && !names.has(known))) held.delete(known)
}

function repair(simulation: Simulation): void {
  const { source, contents } = simulation
  for (const type of TYPES) {
    const bad = [...simulation.current(type).values()].map(({ bytes }) => contents.decode(bytes)).filter(content => content.bad)
    source.update(
      type,
      bad.map(content => contents.encode({ ...content, version: content.version + 100, bad: false })),
    )
  }
}

/** @param exactly and nothing else */
function check(simulation: Simulation, wanted: ReadonlyMap<string, ReadonlySet<string>>, exactly: boolean): void {
  for (const type of TYPES) {
    const names = wanted.get(type) ?? new Set()
    const current = simulation.current(type)
    const held = simulation.held(type)
    for (const [name, resource] of current) {
      if (!names.has('*') && !names.has(name)) continue
      const content = simulation.contents.decode(resource.bytes)
      if (!content.bad) assert.deepEqual(held.get(name), content, `${type} ${name} is the current one`)
    }
    // State of the world cannot say that endpoints or routes are gone: what refers to them goes instead.
    const mayLinger = !exactly || (simulation.protocol === 'sotw' && (type === ENDPOINT || type === ROUTE))
    for (const [name, content] of held) {
      assert(!content.bad, `${type} ${name} is not one that was refused`)
      assert(mayLinger || current.has(name), `${type} ${name} still exists`)
      assert(names.has('*') || names.has(name), `${type} ${name} is subscribed`)
    }
  }
}
