/**
 * Where the graph's nodes and edges are drawn: layers from left to right, callers before what they call, few crossings, and with grouping a lane
 * for each namespace. What nobody calls stands in a grid below. Pure; a graph with the same nodes and edges always looks the same.
 */
import { orderLayers } from './layer-order.ts'
import { placeRows } from './row-places.ts'

export interface GraphNode {
  readonly id: string
  readonly group: string
}

export interface GraphEdge {
  readonly id: string
  readonly from: string
  readonly to: string
}

export interface Point {
  readonly x: number
  readonly y: number
}

export interface Lane {
  readonly name: string
  readonly y: number
  readonly height: number
}

export interface Layout {
  readonly width: number
  readonly height: number
  /** Top left corners. */
  readonly nodes: ReadonlyMap<string, Point>
  /** From the right side of the caller to the left side of the callee. */
  readonly edges: ReadonlyMap<string, readonly Point[]>
  readonly lanes: readonly Lane[]
}

export const NODE = { width: 176, height: 48 } as const
export const PITCH = { x: 330, y: 78 } as const
const MARGIN = 28
const LANE_HEAD = 26
const LANE_GAP = 18
const GRID_PITCH = { x: NODE.width + 20, y: NODE.height + 16 } as const

/** A node, or the place where a long edge crosses a layer. */
export interface Slot {
  readonly id: string
  readonly group: string
  readonly layer: number
  readonly isNode: boolean
}

export interface Link {
  readonly from: Slot
  readonly to: Slot
}

export function layoutOf(nodes: readonly GraphNode[], edges: readonly GraphEdge[], grouped: boolean): Layout {
  const groupOf = new Map(nodes.map(({ id, group }) => [id, grouped ? group : '']))
  const known = edges.filter(({ from, to }) => from !== to && groupOf.has(from) && groupOf.has(to))
  const linked = new Set(known.flatMap(({ from, to }) => [from, to]))
  const layers = layersOf(
    nodes.filter(({ id }) => linked.has(id)),
    known,
  )
  const slots = new Map<string, Slot>()
  for (const [id, layer] of layers) slots.set(id, { id, group: groupOf.get(id) ?? '', layer, isNode: true })
  const { links, ways } = linksOf(known, slots)
  const ordered = orderLayers([...slots.values()], links)
  const rows = placeRows(ordered, links)
  return assembled(nodes, known, slots, ways, rows, linked, groupOf)
}

/** The longest way from a node that nobody calls; edges that lead back are taken as if they led on. */
function layersOf(nodes: readonly GraphNode[], edges: readonly GraphEdge[]): Map<string, number> {
  const out = Map.groupBy(edges, edge => edge.from)
  const called = new Set(edges.map(({ to }) => to))
  const state = new Map<string, 'open' | 'done'>()
  const layer = new Map<string, number>()
  const finished: string[] = []
  const forward = new Map<string, string[]>()
  const visit = (id: string): void => {
    state.set(id, 'open')
    for (const { to } of out.get(id) ?? []) {
      if (state.get(to) === 'open') continue
      const list = forward.get(id)
      if (list) list.push(to)
      else forward.set(id, [to])
      if (!state.has(to)) visit(to)
    }
    state.set(id, 'done')
    finished.push(id)
  }
  const roots = [...nodes].sort((a, b) => Number(called.has(a.id)) - Number(called.has(b.id)) || (a.id < b.id ? -1 : 1))
  for (const { id } of roots) if (!state.has(id)) visit(id)
  for (const id of finished.reverse()) {
    const own = layer.get(id) ?? 0
    layer.set(id, own)
    for (const to of forward.get(id) ?? []) layer.set(to, Math.max(layer.get(to) ?? 0, own + 1))
  }
  return layer
}

/** Edges over several layers get a slot in each between, so that they find their way around nodes. */
function linksOf(edges: readonly GraphEdge[], slots: Map<string, Slot>): { links: Link[]; ways: Map<string, Slot[]> } {
  const links: Link[] = []
  const ways = new Map<string, Slot[]>()
  for (const edge of edges) {
    const [from, to] = [slots.get(edge.from), slots.get(edge.to)]
    if (!from || !to) continue
    const [low, high] = from.layer <= to.layer ? [from, to] : [to, from]
    const way = [low]
    for (let layer = low.layer + 1; layer < high.layer; layer++) {
      const slot: Slot = { id: `${edge.id} @${layer}`, group: high.group, layer, isNode: false }
      slots.set(slot.id, slot)
      way.push(slot)
    }
    way.push(high)
    for (const [i, slot] of way.entries()) {
      const next = way[i + 1]
      if (next) links.push({ from: slot, to: next })
    }
    ways.set(edge.id, low === from ? way : way.toReversed())
  }
  return { links, ways }
}

function assembled(
  nodes: readonly GraphNode[],
  edges: readonly GraphEdge[],
  slots: ReadonlyMap<string, Slot>,
  ways: ReadonlyMap<string, readonly Slot[]>,
  rows: ReadonlyMap<string, number>,
  linked: ReadonlySet<string>,
  groupOf: ReadonlyMap<string, string>,
): Layout {
  const groups = [...new Set(nodes.map(({ id }) => groupOf.get(id) ?? ''))].sort()
  const columns = Math.max(1, ...[...slots.values()].map(({ layer }) => layer + 1))
  const graphWidth = columns * PITCH.x - (PITCH.x - NODE.width)
  const places = new Map<string, Point>()
  const lanes: Lane[] = []
  let y = MARGIN
  let width = graphWidth
  for (const group of groups) {
    const top = y
    const headed = groups.length > 1 || group !== ''
    if (headed) y += LANE_HEAD
    const own = [...slots.values()].filter(slot => slot.group === group)
    for (const slot of own) places.set(slot.id, { x: MARGIN + slot.layer * PITCH.x, y: y + (rows.get(slot.id) ?? 0) * PITCH.y })
    const deepest = Math.max(-1, ...own.map(slot => rows.get(slot.id) ?? 0))
    if (deepest >= 0) y += (deepest + 1) * PITCH.y - (PITCH.y - NODE.height)
    const alone = nodes
      .filter(({ id }) => !linked.has(id) && (groupOf.get(id) ?? '') === group)
      .sort((a, b) => (a.id < b.id ? -1 : 1))
    const perRow = Math.max(4, Math.floor((graphWidth + 20) / GRID_PITCH.x), Math.ceil(Math.sqrt(alone.length * 0.7)))
    if (alone.length > 0 && deepest >= 0) y += PITCH.y - NODE.height
    for (const [i, { id }] of alone.entries())
      places.set(id, { x: MARGIN + (i % perRow) * GRID_PITCH.x, y: y + Math.floor(i / perRow) * GRID_PITCH.y })
    width = Math.max(width, Math.min(perRow, alone.length) * GRID_PITCH.x - 20)
    if (alone.length > 0) y += Math.ceil(alone.length / perRow) * GRID_PITCH.y - (GRID_PITCH.y - NODE.height)
    if (headed) lanes.push({ name: group, y: top, height: y - top + 14 })
    y += headed ? 14 + LANE_GAP : 0
  }
  return { width: width + 2 * MARGIN, height: y + MARGIN, nodes: places, edges: edgePoints(edges, ways, places), lanes }
}

function edgePoints(
  edges: readonly GraphEdge[],
  ways: ReadonlyMap<string, readonly Slot[]>,
  places: ReadonlyMap<string, Point>,
): Map<string, readonly Point[]> {
  const points = new Map<string, readonly Point[]>()
  for (const { id } of edges) {
    const way = ways.get(id) ?? []
    const backwards = (way[0]?.layer ?? 0) > (way.at(-1)?.layer ?? 0)
    points.set(
      id,
      way.flatMap((slot, i): Point[] => {
        const place = places.get(slot.id)
        if (!place) return []
        const middle = place.y + NODE.height / 2
        if (!slot.isNode) return [{ x: place.x + NODE.width * 0.5, y: middle }]
        const atRight = (i === 0) !== backwards
        return [{ x: place.x + (atRight ? NODE.width : 0), y: middle }]
      }),
    )
  }
  return points
}

/** A smooth line through the points, level at each. */
export function curve(points: readonly Point[]): string {
  const [first, ...rest] = points
  if (!first) return ''
  let path = `M${first.x} ${first.y}`
  let last = first
  for (const point of rest) {
    const half = (point.x - last.x) / 2
    path += `C${last.x + half} ${last.y} ${point.x - half} ${point.y} ${point.x} ${point.y}`
    last = point
  }
  return path
}
