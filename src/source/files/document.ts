/** A parsed document, or an item of a List in it, as an object with its diagnostics and its place. */
import { type Origin, type Path, type Position, pathText } from '../../api/object.ts'
import { type Reading, readObject } from '../../api/read.ts'
import { isRecord } from '../../api/schema/prune.ts'
import { type Diagnostic, diagnosticsOf } from '../diagnostic.ts'
import type { Duplicate, ParsedValue, Problem } from './parsed.ts'
import type { Positions } from './positions.ts'

/** One object of a file, sound or not. */
export interface ReadDocument {
  readonly origin: Origin
  /** Undefined where the text could not even be parsed. */
  readonly reading: Reading | undefined
  readonly diagnostics: readonly Diagnostic[]
  /** What was parsed; only when the reader was asked to keep it. */
  readonly value?: unknown
  /** Keys that its maps have twice; only when the reader was asked to keep it. */
  readonly duplicates?: readonly Duplicate[]
  /** The text it was parsed from, for a List's items the List; only when the reader was asked to keep it. */
  readonly text?: string
}

/** The text a document was read from. */
export interface Place {
  readonly file: string
  /** Lines of the file before the text. */
  readonly before: number
  readonly text: string
  /** Found in a directory, not named by the user: other files than Kubernetes objects may lie there. */
  readonly found: boolean
  /** Whether documents keep what they were read from: what runs for long does without. */
  readonly keep: boolean
}

class DocumentOrigin implements Origin {
  readonly file: string
  readonly line: number
  readonly column: number
  readonly #before: number
  readonly #positions: Positions
  readonly #root: number

  constructor(file: string, before: number, positions: Positions, root: number) {
    const { line, column } = positions.at([], root)
    this.file = file
    this.line = before + line
    this.column = column
    this.#before = before
    this.#positions = positions
    this.#root = root
  }

  lineAt(path: Path): Position {
    const { line, column } = this.#positions.at(path, this.#root)
    return { line: this.#before + line, column }
  }

  /** The same place after lines were added or removed above. */
  movedBy(lines: number): DocumentOrigin {
    return new DocumentOrigin(this.file, this.#before + lines, this.#positions, this.#root)
  }
}

/** The objects of a parsed value: itself, or the items when it is a List; none where it plainly is no Kubernetes object. */
export function* documentsOf({ value, positions, duplicates }: ParsedValue, place: Place): Generator<ReadDocument> {
  if (isRecord(value) && typeof value['kind'] === 'string' && value['kind'].endsWith('List') && Array.isArray(value['items'])) {
    for (const [index, item] of value['items'].entries()) {
      const own = duplicates.flatMap(each =>
        each.path[0] === 'items' && each.path[1] === index ? [{ ...each, path: each.path.slice(2) }] : [],
      )
      yield document(item, own, positions, positions.node(['items', index]), place)
    }
    return
  }
  const foreign = isRecord(value) && value['kind'] === undefined && value['apiVersion'] === undefined
  if (!place.found || !foreign) yield document(value, duplicates, positions, 0, place)
}

function document(
  value: unknown,
  duplicates: readonly Duplicate[],
  positions: Positions,
  root: number,
  place: Place,
): ReadDocument {
  const origin = new DocumentOrigin(place.file, place.before, positions, root)
  const read = readObject(value, origin)
  // Which of the two values is meant nobody knows, so the object is not used.
  const reading = duplicates.length > 0 ? { ...read, object: undefined } : read
  const lineText = (line: number) => lineOf(place, line)
  const diagnostics = [
    ...duplicates.map(duplicate => duplicateDiagnostic(duplicate, reading, place)),
    ...diagnosticsOf(reading, origin, lineText),
  ]
  const failed = diagnostics.some(each => each.level === 'error')
  const helm = failed ? helmTemplate(place, reading.resource) : undefined
  const kept = place.keep ? { value, duplicates, text: place.text } : {}
  return { origin, reading, diagnostics: helm ? [helm] : diagnostics, ...kept }
}

function duplicateDiagnostic({ path, key, at }: Duplicate, { resource, id }: Reading, place: Place): Diagnostic {
  const where = pathText(path)
  const line = place.before + at.line
  const secondDocument = where === '' && (key === 'apiVersion' || key === 'kind')
  return {
    code: 'duplicate-key',
    level: 'error',
    message: `${where === '' ? '' : `${where}: `}the key "${key}" is there twice in one map`,
    resource,
    file: place.file,
    line,
    column: at.column,
    fix: secondDocument ? 'put a line "---" between two documents' : 'remove one of the two',
    excerpt: id === 'Secret' ? undefined : lineOf(place, line),
  }
}

/** A text that could not be parsed. */
export function problemDocument(problem: Problem, place: Place): ReadDocument {
  const { file, before } = place
  const line = before + problem.at.line
  const { column } = problem.at
  const origin = { file, line, column, lineAt: () => ({ line, column }) }
  const { code, message, fix } = problem
  const excerpt = safeLineOf(place, line)
  const plain: Diagnostic = { code, level: 'error', message, resource: '', file, line, column, fix, excerpt }
  const kept = place.keep ? { text: place.text } : {}
  return { origin, reading: undefined, diagnostics: [helmTemplate(place, '') ?? plain], ...kept }
}

/** Templates look like YAML to people, and like all kinds of mistakes to a YAML parser. */
function helmTemplate(place: Place, resource: string): Diagnostic | undefined {
  const at = place.text.search(/\{\{.*\}\}|\{%.*%\}/)
  if (at < 0) return undefined
  const above = place.text.slice(0, at).split('\n')
  const line = place.before + above.length
  return {
    code: 'helm-template',
    level: 'error',
    message: 'this is a template (Helm, Jinja or the like), not yet YAML: expected what is made of it',
    resource,
    file: place.file,
    line,
    column: (above.at(-1) ?? '').length + 1,
    fix: 'render it first and read the result, as in: helm template CHART | mizzen validate -',
    excerpt: safeLineOf(place, line),
  }
}

/** Also of a text that does not parse. */
const MAY_BE_SECRET = /\bkind["']?\s*:\s*["']?Secret\b/

/** For texts of which it is not known what they are. */
function safeLineOf(place: Place, line: number): string | undefined {
  return MAY_BE_SECRET.test(place.text) ? undefined : lineOf(place, line)
}

/** @returns undefined when there is no such line, and for lines too long to show */
function lineOf(place: Place, line: number): string | undefined {
  const text = place.text.split('\n', line - place.before)[line - place.before - 1]
  return text === undefined || text.length > 500 ? undefined : text.replace(/\r$/, '')
}

/** The same documents after lines were added or removed above them. */
export function moved(documents: readonly ReadDocument[], lines: number): readonly ReadDocument[] {
  if (lines === 0) return documents
  return documents.map(({ origin, reading, diagnostics, ...kept }) => {
    const at = origin instanceof DocumentOrigin ? origin.movedBy(lines) : origin
    const object = reading?.object && { ...reading.object, origin: at }
    return {
      ...kept,
      origin: at,
      reading: reading && { ...reading, object },
      diagnostics: diagnostics.map(each => ({ ...each, line: each.line + lines })),
    }
  })
}
