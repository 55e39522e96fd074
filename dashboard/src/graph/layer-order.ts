/** The order of slots within their layers: sweeps to and fro, each slot at the middle of its neighbours, groups kept together. */
import type { Link, Slot } from './layout.ts'

const SWEEPS = 12

/** @returns the layers from left to right, each from top to bottom; the best of all sweeps */
export function orderLayers(slots: readonly Slot[], links: readonly Link[]): Slot[][] {
  const layers: Slot[][] = []
  for (const slot of slots) {
    while (layers.length <= slot.layer) layers.push([])
    layers[slot.layer]?.push(slot)
  }
  const before = neighbours(
    links,
    link => link.to.id,
    link => link.from.id,
  )
  const after = neighbours(
    links,
    link => link.from.id,
    link => link.to.id,
  )
  let order = layers.map(layer => layer.toSorted(byGroup))
  let best = order
  let fewest = crossings(order, after)
  for (let sweep = 0; sweep < SWEEPS && fewest > 0; sweep++) {
    order = sweep % 2 === 0 ? swept(order, before) : swept(order.toReversed(), after).toReversed()
    const found = crossings(order, after)
    if (found < fewest) {
      fewest = found
      best = order
    }
  }
  return best
}

function neighbours(
  links: readonly Link[],
  of: (link: Link) => string,
  other: (link: Link) => string,
): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>()
  for (const link of links) {
    const list = found.get(of(link))
    if (list) list.push(other(link))
    else found.set(of(link), [other(link)])
  }
  return found
}

function byGroup(a: Slot, b: Slot): number {
  return a.group === b.group ? 0 : a.group < b.group ? -1 : 1
}

/** Each layer by the places of its neighbours in the layer before it. */
function swept(layers: readonly Slot[][], neighboursOf: ReadonlyMap<string, readonly string[]>): Slot[][] {
  const place = new Map<string, number>()
  return layers.map(layer => {
    const wish = new Map(
      layer.map((slot, i) => {
        const places = (neighboursOf.get(slot.id) ?? []).flatMap(id => place.get(id) ?? [])
        return [
          slot.id,
          places.length > 0 ? places.reduce((sum, each) => sum + each, 0) / places.length : i / Math.max(1, layer.length),
        ]
      }),
    )
    const sorted = layer.toSorted((a, b) => byGroup(a, b) || (wish.get(a.id) ?? 0) - (wish.get(b.id) ?? 0))
    for (const [i, slot] of sorted.entries()) place.set(slot.id, sorted.length > 1 ? i / (sorted.length - 1) : 0.5)
    return sorted
  })
}

/** How often edges between neighbouring layers cross. */
function crossings(layers: readonly Slot[][], after: ReadonlyMap<string, readonly string[]>): number {
  let total = 0
  for (const [i, layer] of layers.entries()) {
    const places = new Map(layers[i + 1]?.map((slot, place) => [slot.id, place]))
    const ends = layer.flatMap(slot => (after.get(slot.id) ?? []).flatMap(id => places.get(id) ?? []).sort((a, b) => a - b))
    total += inversions(ends)
  }
  return total
}

/** Pairs in the wrong order, counted while sorting. */
function inversions(list: readonly number[]): number {
  if (list.length < 2) return 0
  const middle = list.length >> 1
  const [left, right] = [list.slice(0, middle), list.slice(middle)]
  let found = inversions(left) + inversions(right)
  left.sort((a, b) => a - b)
  right.sort((a, b) => a - b)
  let i = 0
  for (const value of right) {
    while (i < left.length && (left[i] ?? 0) <= value) i++
    found += left.length - i
  }
  return found
}
