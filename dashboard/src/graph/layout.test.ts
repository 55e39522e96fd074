import assert from 'node:assert/strict'
import { test } from 'node:test'
import { placeLabels } from './labels.ts'
import { curve, type GraphEdge, type GraphNode, layoutOf, NODE } from './layout.ts'

const graph = (text: string, groups: Readonly<Record<string, string>> = {}) => {
  const edges: GraphEdge[] = text
    .split(' ')
    .filter(each => each.includes('>'))
    .map(each => ({ id: each, from: each.split('>')[0] ?? '', to: each.split('>')[1] ?? '' }))
  const ids = new Set([...text.split(/[ >]/).filter(Boolean), ...Object.keys(groups)])
  const nodes: GraphNode[] = [...ids].map(id => ({ id, group: groups[id] ?? '' }))
  return { nodes, edges }
}

const overlaps = (places: ReadonlyMap<string, { x: number; y: number }>, ids: readonly string[]) => {
  const found: string[] = []
  for (const a of ids)
    for (const b of ids) {
      const [one, other] = [places.get(a), places.get(b)]
      if (a < b && one && other && Math.abs(one.x - other.x) < NODE.width && Math.abs(one.y - other.y) < NODE.height)
        found.push(`${a} ${b}`)
    }
  return found
}

test('layoutOf() puts callers before what they call, with a circle too', () => {
  const { nodes, edges } = graph('web>cart web>catalog cart>cache cache>web')
  const { nodes: places } = layoutOf(nodes, edges, false)
  const x = (id: string) => places.get(id)?.x ?? Number.NaN
  const [web, cart, cache] = [x('web'), x('cart'), x('cache')]
  assert.ok((web < cart && cart < cache) || (cart < cache && cache < web) || (cache < web && web < cart))
})

test('layoutOf() lets no two nodes overlap, of 300 services either, in less than a second', () => {
  const text = Array.from(
    { length: 299 },
    (_, i) => `n${Math.floor((i * 7) / 11)}>n${i + 1} n${Math.floor(i / 3)}>n${i + 1}`,
  ).join(' ')
  const { nodes, edges } = graph(text)
  for (const grouped of [false, true]) {
    const mixed = nodes.map((node, i) => ({ ...node, group: `ns${i % 5}` }))
    const began = performance.now()
    const { nodes: places } = layoutOf(mixed, edges, grouped)
    assert.ok(performance.now() - began < 1000)
    assert.equal(places.size >= 300, true)
    assert.deepEqual(
      overlaps(
        places,
        nodes.map(({ id }) => id),
      ),
      [],
    )
  }
})

test('layoutOf() draws a chain as a straight line, and avoids crossings that can be avoided', () => {
  const chain = graph('a>b b>c c>d')
  const rows = [...layoutOf(chain.nodes, chain.edges, false).nodes.values()].map(({ y }) => y)
  assert.equal(new Set(rows).size, 1)
  const { nodes } = layoutOf(...(Object.values(graph('a>y b>x')) as [GraphNode[], GraphEdge[]]), false)
  const above = (one: string, other: string) => (nodes.get(one)?.y ?? 0) < (nodes.get(other)?.y ?? 0)
  assert.equal(above('a', 'b'), above('y', 'x'))
})

test('layoutOf() gives each namespace a lane of its own', () => {
  const { nodes, edges } = graph('web>db shop>db alone', { web: 'front', shop: 'shop', db: 'shop', alone: 'front' })
  const { lanes, nodes: places } = layoutOf(nodes, edges, true)
  assert.deepEqual(
    lanes.map(({ name }) => name),
    ['front', 'shop'],
  )
  for (const { id, group } of nodes) {
    const lane = lanes.find(({ name }) => name === group)
    const y = places.get(id)?.y ?? -1
    assert.ok(lane && y >= lane.y && y + NODE.height <= lane.y + lane.height, id)
  }
})

test('layoutOf() draws nothing for edges to nodes that are not there', () => {
  const { edges } = layoutOf([{ id: 'a', group: '' }], [{ id: 'a>b', from: 'a', to: 'b' }], false)
  assert.equal(edges.size, 0)
})

test('curve() follows the points', () => {
  const points = [
    { x: 0, y: 0 },
    { x: 100, y: 50 },
    { x: 120, y: 50 },
  ]
  assert.equal(curve(points), 'M0 0C50 0 50 50 100 50C110 50 110 50 120 50')
  assert.equal(curve([]), '')
})

test('placeLabels() keeps labels apart where their edges cross', () => {
  const { nodes, edges } = graph('a>x a>y b>x b>y')
  const layout = layoutOf(nodes, edges, false)
  const places = [...placeLabels(layout, new Map(edges.map(({ id }) => [id, { width: 26, height: 12 }]))).values()]
  assert.equal(places.length, 4)
  for (const [i, one] of places.entries())
    for (const other of places.slice(i + 1)) assert.ok(Math.abs(one.x - other.x) >= 26 || Math.abs(one.y - other.y) >= 12)
})
