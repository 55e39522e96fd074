/**
 * Whatever changes how fast: a proxy never has a route that names a cluster it does not have, or one without endpoints.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Content, PATIENCE_MS, Simulation, TYPES } from '../../../test/xds/simulation.ts'
import { seededRandom } from '../../lib/random.ts'
import { CLUSTER, ENDPOINT, LISTENER, ROUTE } from '../wire/type-url.ts'

const STEPS = 200
const TABLES = 4

for (const { protocol, reconnects } of [
  { protocol: 'delta', reconnects: true },
  // A client that comes back with state of the world does not say what it has: its old clusters go when the first response comes.
  { protocol: 'sotw', reconnects: false },
] as const) {
  test(`a proxy (${protocol}) never refers to something it does not have when configurations follow each other at any pace`, () => {
    for (let seed = 1; seed <= 300; seed++) {
      try {
        staysWhole(protocol, reconnects, seed)
      } catch (error) {
        throw new Error(`A reference is broken: seed ${seed}`, { cause: error })
      }
    }
  })
}

function staysWhole(protocol: 'delta' | 'sotw', reconnects: boolean, seed: number): void {
  const random = seededRandom(seed)
  const pick = (n: number) => Math.floor(random() * n)
  const simulation = new Simulation({ protocol, refusesByName: random() < 0.5, take: takeAsProxy })
  simulation.exchange.subscribe(CLUSTER, ['*'])
  simulation.exchange.subscribe(LISTENER, ['*'])
  let lastAt = 0
  const actions = [
    () => reconfigure(simulation, random),
    () => simulation.exchange.flush(),
    () => simulation.deliverToServer(),
    () => simulation.deliverToServer(),
    () => simulation.deliverToClient(),
    () => simulation.deliverToClient(),
    () => simulation.clock.advance(pick(12)),
    () => reconnects && random() < 0.1 && simulation.disconnect(),
  ]
  for (let step = 0; step < STEPS; step++) {
    // Within the server's patience: a client that takes longer is served without regard to order.
    if (simulation.clock.now() - lastAt > PATIENCE_MS / 2) {
      drain(simulation)
      lastAt = simulation.clock.now()
    }
    actions[pick(actions.length)]?.()
  }
  simulation.settle()
  for (const type of TYPES) {
    for (const [name, { bytes }] of simulation.current(type)) {
      const content = simulation.contents.decode(bytes)
      if (!content.bad && isUsed(simulation, content)) assert.deepEqual(simulation.held(type).get(name), content)
    }
  }
}

function drain(simulation: Simulation): void {
  simulation.exchange.flush()
  while (simulation.deliverToServer() || simulation.deliverToClient());
}

/** A new configuration, whole or in parts: some clusters, route tables to these, listeners with these route tables. */
function reconfigure(simulation: Simulation, random: () => number): void {
  const { source, contents } = simulation
  const pick = (n: number) => Math.floor(random() * n)
  const some = (prefix: string, of: number) => Array.from({ length: of }, (_, i) => `${prefix}${i}`).filter(() => random() < 0.6)
  const oneOf = (names: readonly string[]) => names.filter(() => random() < 0.5)
  const sameListeners = random() < 0.5
  const clusters = some('cluster', 6)
  const tables = sameListeners ? [...simulation.current(ROUTE).keys()] : some('table', TABLES)
  const listeners = some('listener', 3)
  const make = (type: string, name: string, refers: string[]): Content => {
    return { type, name, refers, version: pick(3), bad: (type === ROUTE || type === LISTENER) && random() < 0.08 }
  }
  const all = {
    [CLUSTER]: clusters.map(name => make(CLUSTER, name, [])),
    [ENDPOINT]: clusters.map(name => make(ENDPOINT, name, [])),
    [ROUTE]: tables.map(name => make(ROUTE, name, oneOf(clusters))),
    ...(!sameListeners && { [LISTENER]: listeners.map(name => make(LISTENER, name, oneOf(tables))) }),
  }
  for (const [type, made] of Object.entries(all)) {
    const names = new Set(made.map(content => content.name))
    const gone = [...simulation.current(type).keys()].filter(name => !names.has(name))
    source.update(
      type,
      made.map(content => contents.encode(content)),
      gone,
    )
  }
}

/** Subscribes to what its resources need, and checks them all. */
function takeAsProxy(simulation: Simulation, type: string, updated: readonly Content[], removed: readonly string[]): void {
  const { exchange } = simulation
  if (type === CLUSTER) {
    exchange.subscribe(
      ENDPOINT,
      updated.map(({ name }) => name),
    )
    exchange.unsubscribe(ENDPOINT, removed)
    for (const name of removed) simulation.held(ENDPOINT).delete(name)
  }
  if (type === LISTENER) {
    const needed = new Set([...simulation.held(LISTENER).values()].flatMap(listener => listener.refers))
    exchange.subscribe(ROUTE, needed)
    const tables = simulation.held(ROUTE)
    const unused = Array.from({ length: TABLES }, (_, i) => `table${i}`).filter(name => !needed.has(name))
    exchange.unsubscribe(ROUTE, unused)
    for (const name of unused) tables.delete(name)
  }
  for (const table of simulation.held(ROUTE).values()) {
    for (const cluster of table.refers) {
      assert(simulation.held(CLUSTER).has(cluster), `${table.name} needs ${cluster}`)
      assert(simulation.held(ENDPOINT).has(cluster), `${table.name} needs the endpoints of ${cluster}`)
    }
  }
}

function isUsed(simulation: Simulation, { type, name }: Content): boolean {
  if (type === CLUSTER || type === LISTENER) return true
  const users = simulation.held(type === ENDPOINT ? CLUSTER : LISTENER)
  return type === ENDPOINT ? users.has(name) : [...users.values()].some(user => user.refers.includes(name))
}
