/**
 * Settings whose values are the places that they come from: what installation() makes of them is a template. A text becomes "@@path@@", a number
 * one that occurs nowhere else, a free map or a list one entry that stands for all. Booleans stay: they are decided by conditions.
 */
import { isDeepStrictEqual } from 'node:util'
import { isRecord } from '../../src/kubernetes/client/raw-object.ts'
import type { Settings } from '../../src/kubernetes/install/settings.ts'

/** Maps whose keys are the user's. */
const FREE =
  /(^|\.)(resources|env|nodeSelector|affinity|podLabels|podAnnotations|serviceAnnotations|proxy|proxy_init|meshConfig|meshNetworks|injectedAnnotations|labels)$/

/** Ports would be one entry that stands for all, too: this one has the fields that the code looks at. */
const PORTS = /\.ports$/

const FIRST_NUMBER = 910_000

export interface Symbols {
  readonly settings: Settings
  /** Which path a number stands for. */
  readonly numbers: ReadonlyMap<number, string>
}

/** @param settings whole ones: the defaults @param booleans by path, where they differ from the defaults */
export function symbolic(settings: Settings, booleans: Readonly<Record<string, boolean>>): Symbols {
  const numbers = new Map<number, string>()
  const walk = (value: unknown, path: string): unknown => {
    if (typeof value === 'boolean') return booleans[path] ?? value
    if (typeof value === 'string') return `@@${path}@@`
    if (typeof value === 'number') {
      const symbol = FIRST_NUMBER + numbers.size
      numbers.set(symbol, path)
      return symbol
    }
    if (Array.isArray(value)) return PORTS.test(path) ? [{ '@@ports': `@@${path}@@` }] : [`@@list:${path}@@`]
    if (!isRecord(value)) return value
    if (FREE.test(path)) return { [`@@map:${path}@@`]: '@@' }
    return Object.fromEntries(
      Object.entries(value).map(([name, part]) => [name, walk(part, path === '' ? name : `${path}.${name}`)]),
    )
  }
  const tree = walk(settings, '')
  if (!hasShapeOf(settings, tree)) throw new Error('Cannot make symbols of the settings: the result has another shape')
  return { settings: tree, numbers }
}

/** The code that reads them asks for these names; that a text is no member of an enumeration is the point. */
function hasShapeOf(settings: Settings, tree: unknown): tree is Settings {
  const names = (value: unknown) => (isRecord(value) ? Object.keys(value) : [])
  return isDeepStrictEqual(names(settings), names(tree))
}
