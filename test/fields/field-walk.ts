/** Walks every field of every kind, and finds out of each whether it does anything. */
import { Type } from 'typebox'
import type { DefinedKind } from '../../src/api/crd/names.ts'
import { type AnyObject, kinds } from '../../src/api/registry.ts'
import { candidates } from './examples.ts'
import { ABSENT, graft } from './graft.ts'
import { type Leaf, leavesOf } from './schema-fields.ts'
import { documentOf, outcomeOf, type World, withObject } from './world.ts'

/**
 * effect: two values, or a value and none, make a difference. told: a diagnostic names the field. tied: a choice that must be what the fields
 * beside it say (the type of a union). never: no sound object with it was found
 */
export type Finding = 'effect' | 'told' | 'tied' | 'nothing' | 'never'

export interface FieldFinding {
  readonly kind: DefinedKind
  readonly field: string
  readonly finding: Finding
}

export function walk(id: DefinedKind, worlds: readonly World[], every = false): FieldFinding[] {
  return leavesOf(kinds[id].spec, every).map(leaf => ({ kind: id, field: leaf.name, finding: find(id, leaf, worlds) }))
}

function find(id: DefinedKind, leaf: Leaf, worlds: readonly World[]): Finding {
  let finding: Finding = 'never'
  for (const world of worlds) {
    for (const object of world.objects[id]) {
      const here = findIn(world, id, object, leaf)
      if (here === 'effect' || here === 'told') return here
      if (here !== 'never') finding = here
    }
  }
  return finding
}

function findIn(world: World, id: DefinedKind, object: AnyObject, leaf: Leaf): Finding {
  const current = valueAt(object.spec, leaf.way)
  const values = [
    ABSENT,
    ...(current === undefined ? [] : [current]),
    ...candidates(leaf.way.findLast(step => step !== '[]' && step !== '*') ?? '', leaf.schema),
  ]
  let sound = false
  let refused = false
  for (let alone = -1; alone < leaf.way.length && !sound; alone++) {
    const prints = new Set<string>()
    const seen = new Set<string>()
    for (const value of values) {
      const spec = graft(kinds[id].spec, object.spec, { way: leaf.way, leaf: value, alone })
      const text = JSON.stringify(spec)
      if (seen.has(text)) continue
      seen.add(text)
      const other = withObject(world, id, object, documentOf(object, spec))
      refused ||= !other
      if (!other) continue
      const { fingerprint, compiled } = outcomeOf(other)
      prints.add(fingerprint)
      if (prints.size > 1) return 'effect'
      if (value === ABSENT) continue
      sound = true
      if (compiled.diagnostics.some(({ code, message }) => code === 'not-yet' && names(message, leaf))) return 'told'
    }
  }
  if (!sound) return 'never'
  return refused && Type.IsEnum(leaf.schema) ? 'tied' : 'nothing'
}

function valueAt(value: unknown, way: readonly string[]): unknown {
  const [step, ...rest] = way
  if (step === undefined || typeof value !== 'object' || value === null) return step === undefined ? value : undefined
  if (step === '[]' || step === '*') return valueAt(Object.values(value)[0], rest)
  return valueAt(Object.entries(value).find(([name]) => name === step)?.[1], rest)
}

/** Whether a sentence names the field, or one that it is a part of. */
function names(message: string, { way }: Leaf): boolean {
  return way.some(step => step !== '[]' && step !== '*' && new RegExp(`\\b${step}\\b`).test(message))
}
