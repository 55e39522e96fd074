/** The stored form of the mesh's own roots: JSON with PEM in it, checked when it is read. */
import type { Revocation } from './certificate.ts'

export interface StoredRoot {
  readonly certificate: string
  readonly key: string
  /** Milliseconds since the epoch. */
  readonly addedAt: number
  /** Trusted for so long before it signs, and the one before for so long after; milliseconds. */
  readonly overlapMs: number
}

export interface RootDocument {
  /** Oldest first. */
  readonly roots: readonly [StoredRoot, ...StoredRoot[]]
  readonly revoked: readonly Revocation[]
}

/** @throws when it is not one */
export function readRootDocument(text: string): RootDocument {
  const value: unknown = JSON.parse(text)
  if (!isRecord(value)) throw new Error('Cannot read the stored roots: expected an object')
  const [first, ...later] = list(value, 'roots').map(readRoot)
  if (first === undefined) throw new Error('Cannot read the stored roots: expected at least one')
  return { roots: [first, ...later], revoked: list(value, 'revoked').map(readRevocation) }
}

function readRoot(value: unknown): StoredRoot {
  return {
    certificate: text(value, 'certificate'),
    key: text(value, 'key'),
    addedAt: number(value, 'addedAt'),
    overlapMs: number(value, 'overlapMs'),
  }
}

function readRevocation(value: unknown): Revocation {
  return { serial: text(value, 'serial'), at: number(value, 'at') }
}

function list(value: Record<string, unknown>, field: string): readonly unknown[] {
  const found = value[field]
  if (!Array.isArray(found)) throw new Error(`Cannot read the stored roots: expected a list "${field}"`)
  return found
}

function text(value: unknown, field: string): string {
  const found = isRecord(value) ? value[field] : undefined
  if (typeof found !== 'string') throw new Error(`Cannot read the stored roots: expected a text "${field}"`)
  return found
}

function number(value: unknown, field: string): number {
  const found = isRecord(value) ? value[field] : undefined
  if (typeof found !== 'number') throw new Error(`Cannot read the stored roots: expected a number "${field}"`)
  return found
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
