/** Where the labels of edges stand: on their edge, beside each other and not over nodes, as far as there is room. Pure. */
import type { Layout, Point } from './layout.ts'
import { NODE } from './layout.ts'

export interface Size {
  readonly width: number
  readonly height: number
}

interface Box extends Size {
  readonly x: number
  readonly y: number
}

/** Along a piece of the edge, the best first. */
const TRIES = [0.5, 0.4, 0.6, 0.3, 0.7, 0.22, 0.78]

/** @param sizes by edge, the most important first @returns their middles */
export function placeLabels(layout: Layout, sizes: ReadonlyMap<string, Size>): ReadonlyMap<string, Point> {
  const taken: Box[] = [...layout.nodes.values()].map(place => ({ ...place, ...NODE }))
  const found = new Map<string, Point>()
  for (const [id, size] of sizes) {
    let best: { at: Point; overlap: number } | undefined
    for (const at of candidates(layout.edges.get(id) ?? [])) {
      const box = boxAround(at, size)
      const overlap = taken.reduce((sum, other) => sum + commonArea(box, other), 0)
      if (!best || overlap < best.overlap - 1) best = { at, overlap }
      if (overlap === 0) break
    }
    if (!best) continue
    found.set(id, best.at)
    taken.push(boxAround(best.at, size))
  }
  return found
}

/** Points on the edge, those on its longest piece first. */
function candidates(points: readonly Point[]): Point[] {
  const pieces = points
    .flatMap((from, i) => {
      const to = points[i + 1]
      return to ? [{ from, to }] : []
    })
    .sort((a, b) => Math.abs(b.to.x - b.from.x) - Math.abs(a.to.x - a.from.x))
  return pieces.flatMap(({ from, to }) => TRIES.map(t => pointAt(from, to, t)))
}

/** On the curve that layout.ts draws between two points. */
function pointAt(from: Point, to: Point, t: number): Point {
  const half = (to.x - from.x) / 2
  const bend = (a: number, b: number, c: number, d: number) =>
    (1 - t) ** 3 * a + 3 * (1 - t) ** 2 * t * b + 3 * (1 - t) * t ** 2 * c + t ** 3 * d
  return { x: bend(from.x, from.x + half, to.x - half, to.x), y: bend(from.y, from.y, to.y, to.y) }
}

function boxAround({ x, y }: Point, { width, height }: Size): Box {
  return { x: x - width / 2, y: y - height / 2, width, height }
}

function commonArea(a: Box, b: Box): number {
  const width = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x) + 4
  const height = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y) + 2
  return width > 0 && height > 0 ? width * height : 0
}
