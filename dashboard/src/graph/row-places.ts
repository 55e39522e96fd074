/** Rows for slots: each as near to the middle of its neighbours as the order of its layer lets it, so that edges are straight. */
import type { Link, Slot } from './layout.ts'

const ROUNDS = 16
/** A place where an edge passes needs less room than a node. */
const ROOM = { node: 1, way: 0.42 } as const

/** @returns rows from 0, for each group by itself; not all are whole numbers */
export function placeRows(layers: readonly (readonly Slot[])[], links: readonly Link[]): ReadonlyMap<string, number> {
  const row = new Map<string, number>()
  for (const group of new Set(layers.flat().map(slot => slot.group))) {
    const own = layers.map(layer => layer.filter(slot => slot.group === group))
    for (const [id, place] of placeGroup(
      own,
      links.filter(({ from, to }) => from.group === group && to.group === group),
    ))
      row.set(id, place)
  }
  return row
}

function placeGroup(layers: readonly (readonly Slot[])[], links: readonly Link[]): Map<string, number> {
  const row = new Map<string, number>()
  for (const layer of layers)
    place(
      layer,
      layer.map((_, i) => i),
      row,
    )
  const near = new Map<string, string[]>()
  for (const { from, to } of links) {
    near.set(from.id, [...(near.get(from.id) ?? []), to.id])
    near.set(to.id, [...(near.get(to.id) ?? []), from.id])
  }
  for (let round = 0; round < ROUNDS; round++) {
    for (const layer of round % 2 === 0 ? layers : layers.toReversed()) {
      const wishes = layer.map(slot => median((near.get(slot.id) ?? []).map(id => row.get(id) ?? 0)) ?? row.get(slot.id) ?? 0)
      place(layer, wishes, row)
    }
  }
  const top = Math.min(...row.values())
  for (const [id, place] of row) row.set(id, place - top)
  return row
}

/**
 * The places nearest to what is wished that keep order and room: neighbours that would overlap form a block, which stands where its members
 * want it on average (pool adjacent violators).
 */
function place(layer: readonly Slot[], wishes: readonly number[], row: Map<string, number>): void {
  interface Block {
    slots: { id: string; offset: number }[]
    /** Sum of the places for its first slot that its members wish. */
    sum: number
    height: number
  }
  const blocks: Block[] = []
  const at = (block: Block) => block.sum / block.slots.length
  for (const [i, slot] of layer.entries()) {
    let block: Block = { slots: [{ id: slot.id, offset: 0 }], sum: wishes[i] ?? 0, height: roomOf(slot, layer[i + 1]) }
    for (let before = blocks.at(-1); before && at(before) + before.height > at(block); before = blocks.at(-1)) {
      blocks.pop()
      const { height } = before
      block = {
        slots: [...before.slots, ...block.slots.map(each => ({ id: each.id, offset: each.offset + height }))],
        sum: before.sum + block.sum - block.slots.length * height,
        height: height + block.height,
      }
    }
    blocks.push(block)
  }
  for (const block of blocks) for (const { id, offset } of block.slots) row.set(id, at(block) + offset)
}

/** From the middle of a slot to that of the next. */
function roomOf(slot: Slot, next: Slot | undefined): number {
  const half = (each: Slot) => (each.isNode ? ROOM.node : ROOM.way) / 2
  return half(slot) + half(next ?? slot)
}

function median(list: readonly number[]): number | undefined {
  if (list.length === 0) return undefined
  const sorted = list.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? 0
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? 0)) / 2
}
