/**
 * Help with a document that is not valid: every fault that can be named, and the document as it was probably meant, where that is valid.
 * `mizzen validate` and `mizzen analyze` both say what this says.
 */
import { stringify } from 'yaml'
import type { Kind } from '../../api/kind.ts'
import type { Origin, Path, Position } from '../../api/object.ts'
import { readObject } from '../../api/read.ts'
import { isRecord } from '../../api/schema/prune.ts'
import { type Diagnostic, diagnosticsOf } from '../../source/diagnostic.ts'
import { parseText } from '../../source/files/contents.ts'
import type { ReadDocument } from '../../source/files/document.ts'
import type { Duplicate, Parsed } from '../../source/files/parsed.ts'
import { addWeights, isClear, repairHosts, splitDestinations } from './backends.ts'
import { Draft } from './draft.ts'
import { repairFrame } from './structure.ts'
import { repairedTexts } from './text.ts'
import { repairValue } from './values.ts'

export interface Helped extends ReadDocument {
  /** A whole valid document, in the form of the given one (YAML or JSON); undefined: none is known, or none is needed. */
  readonly corrected: string | undefined
}

/** @param document with its value and text kept */
export function help(document: ReadDocument): Helped {
  const { reading, diagnostics, value, text = '', duplicates = [] } = document
  const failed = diagnostics.some(each => each.level === 'error')
  const isTemplate = diagnostics.some(each => each.code === 'helm-template')
  const wrongKind = diagnostics.some(each => each.code === 'unknown-kind' && each.fix !== undefined)
  if ((!failed && !wrongKind) || isTemplate || reading?.id === 'Secret') return { ...document, corrected: undefined }
  if (!isRecord(value)) return { ...document, corrected: repairText(text, document.origin) }
  const repaired = repair(value, duplicates, document.origin)
  if (!repaired) return { ...document, corrected: undefined }
  const told =
    reading?.id === undefined || isFrameless(value) ? [...diagnostics.filter(isKept), ...repaired.diagnostics] : diagnostics
  return {
    ...document,
    diagnostics: sorted(told.map(adviseOnBackends)),
    corrected: print(repaired.document, text) ?? repairText(text, document.origin),
  }
}

/** Of two hosts in one destination neither is to be removed. */
function adviseOnBackends(diagnostic: Diagnostic): Diagnostic {
  const twoBackends = diagnostic.code === 'duplicate-key' && /route\[\d+\]\.destination: the key "host"/.test(diagnostic.message)
  return twoBackends
    ? { ...diagnostic, fix: 'write two backends as two entries of "route", each with a destination and a weight' }
    : diagnostic
}

/** Nothing but the first fault was found where the frame is not there; the rest is known after it is. */
function isFrameless(value: Readonly<Record<string, unknown>>): boolean {
  return !isRecord(value['spec'])
}

function isKept({ code }: Diagnostic): boolean {
  return code === 'duplicate-key' || code === 'unknown-kind' || code === 'unknown-version'
}

interface Repaired {
  /** What is wrong with the given document, each at its own place. */
  readonly diagnostics: readonly Diagnostic[]
  /** Undefined when it is not valid yet. */
  readonly document: Readonly<Record<string, unknown>> | undefined
}

/** @returns undefined when nobody can tell what the document was meant to be */
function repair(
  value: Readonly<Record<string, unknown>>,
  duplicates: readonly Duplicate[],
  origin: Origin,
): Repaired | undefined {
  const draft = new Draft(value)
  const kind = repairFrame(draft)
  if (!kind) return undefined
  repairHosts(draft)
  splitDestinations(draft, duplicates)
  const place = { ...origin, lineAt: (path: Path): Position => origin.lineAt(draft.originalPath(path)) }
  const read = () => diagnosticsOf(readObject(draft.root, origin), place, () => undefined)
  const first = read()
  repairPayload(draft, kind)
  // Rules between fields are looked at only when each field is what it should be.
  const told = new Set(first.map(({ message }) => message))
  const second = read().filter(({ message }) => !told.has(message))
  addWeights(draft)
  const final = readObject(draft.root, origin)
  const frame = draft.faults.map(({ code, path, message, fix }): Diagnostic => {
    const { line, column } = origin.lineAt(path)
    return { code, level: 'error', message, resource: final.resource, file: origin.file, line, column, fix, excerpt: undefined }
  })
  const clear = final.object !== undefined && duplicates.every(each => isClear(each, valueAt(value, [...each.path, each.key])))
  return { diagnostics: [...frame, ...first, ...second], document: clear ? draft.root : undefined }
}

function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>((at, step) => (typeof at === 'object' && at !== null ? Reflect.get(at, step) : undefined), value)
}

function repairPayload({ root }: Draft, kind: Kind): void {
  if (kind.payload === 'root') repairValue(root, kind.spec)
  else if (isRecord(root['spec'])) repairValue(root['spec'], kind.spec)
}

/** A text that no parser takes: one where the mistake is gone, if what it says is valid, or can be made so. */
function repairText(text: string, origin: Origin): string | undefined {
  for (const changed of repairedTexts(text)) {
    const parsed: Parsed = parseText(changed, origin.file)
    if (parsed.form !== 'value' || !isRecord(parsed.value)) continue
    const { object } = readObject(parsed.value, origin)
    if (object?.kind === 'Secret') return undefined
    if (object && parsed.duplicates.length === 0) return changed
    const printed = print(repair(parsed.value, parsed.duplicates, origin)?.document, changed)
    if (printed !== undefined) return printed
  }
  return undefined
}

function print(document: Readonly<Record<string, unknown>> | undefined, text: string): string | undefined {
  if (document === undefined) return undefined
  return /^\s*[{[]/.test(text)
    ? `${JSON.stringify(document, null, 2)}\n`
    : stringify(document, { lineWidth: 0, aliasDuplicateObjects: false })
}

function sorted(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  return diagnostics.toSorted((a, b) => a.line - b.line || a.column - b.column)
}
