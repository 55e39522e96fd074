/** The text of a file as documents. What did not change since the last reading is not parsed again. */
import { hash } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import type { AnyObject } from '../../api/registry.ts'
import { documentsOf, moved, type Place, problemDocument, type ReadDocument } from './document.ts'
import { parseJson } from './json.ts'
import type { Parsed } from './parsed.ts'
import { type Piece, splitDocuments, splitList } from './split.ts'
import { parseYaml } from './yaml.ts'

/** A piece of a file and what came of it, kept for the next reading of the file. */
interface ReadPiece {
  readonly digest: string
  readonly before: number
  readonly documents: readonly ReadDocument[]
}

export interface Contents {
  readonly documents: readonly ReadDocument[]
  readonly pieces: readonly ReadPiece[]
}

export function objectsOf(contents: Contents): AnyObject[] {
  return contents.documents.flatMap(document => document.reading?.object ?? [])
}

export function hasErrors(contents: Contents): boolean {
  return contents.documents.some(document => document.diagnostics.some(each => each.level === 'error'))
}

/**
 * @param file as the user typed it
 * @param found in a directory, not named by the user
 * @param last what the file held at the last reading
 * @param keep whether the documents keep what they were read from
 */
export async function readContents(file: string, text: string, found: boolean, last?: Contents, keep = false): Promise<Contents> {
  const known = new Map(last?.pieces.map(piece => [piece.digest, piece]))
  const pieces: ReadPiece[] = []
  const pause = pauses()
  for (const piece of piecesOf(file, text, found)) {
    const digest = hash('sha1', piece.text)
    const same = known.get(digest)
    const documents: ReadDocument[] = []
    for (const document of same
      ? moved(same.documents, piece.before - same.before)
      : read(piece, { file, found, keep, ...piece })) {
      documents.push(document)
      const turn = pause()
      if (turn) await turn
    }
    pieces.push({ digest, before: piece.before, documents })
  }
  return { pieces, documents: pieces.flatMap(piece => piece.documents) }
}

/** Lets others have their turn every few milliseconds: a long file must not hold up what else this process does. */
function pauses(): () => Promise<void> | undefined {
  let since = performance.now()
  return () => {
    if (performance.now() - since < 10) return undefined
    return setImmediate().then(() => {
      since = performance.now()
    })
  }
}

function piecesOf(file: string, text: string, found: boolean): Piece[] {
  text = text.replace(/^\uFEFF/, '')
  if (file.endsWith('.json')) return found && !text.includes('"apiVersion"') ? [] : [{ text, before: 0 }]
  return splitDocuments(text).flatMap(piece => splitList(piece) ?? piece)
}

function* read(piece: Piece, place: Place): Generator<ReadDocument> {
  const parsed = parseText(piece.text, place.file)
  if (parsed.form === 'problem') yield problemDocument(parsed, place)
  if (parsed.form === 'value') yield* documentsOf(parsed, place)
}

/** @param file decides what the text is, with its first character. Never throws. */
export function parseText(text: string, file: string): Parsed {
  if (file.endsWith('.json')) return parseJson(text)
  if (/^\s*[{[]/.test(text)) {
    const json = parseJson(text)
    if (json.form === 'value') return json
  }
  return parseYaml(text)
}
