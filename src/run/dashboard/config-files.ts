/** The files that the mesh's configuration is read from, for a reader and an editor: only those, and no secret leaves them. */
import { createHash } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { parseAllDocuments } from 'yaml'
import { replaceFile } from '../../lib/replace-file.ts'
import { type FoundFile, listFiles } from '../../source/files/tree.ts'
import { HttpError } from './http-error.ts'

export interface ConfigFile {
  /** As the user would type it. */
  readonly file: string
  readonly text: string
  /** Names this very text. */
  readonly digest: string
  /** "": it can be edited here. */
  readonly readOnly: string
}

const MOST_BYTES = 2 * 1024 * 1024
/** Of a text that does not parse. */
const MAY_BE_SECRET = /\bkind["']?\s*:\s*["']?Secret\b/

export class ConfigFiles {
  readonly #paths: readonly string[]
  readonly #cwd: string

  /** @param paths files and directories, as the mesh reads them */
  constructor(paths: readonly string[], cwd: string) {
    this.#paths = paths
    this.#cwd = cwd
  }

  list(): string[] {
    return this.#found().map(({ file }) => file)
  }

  /** @throws HttpError */
  read(file: string): ConfigFile {
    const { path, size } = this.#find(file)
    if (size > MOST_BYTES) throw new HttpError(413, `Cannot show "${file}": ${size} bytes, expected at most ${MOST_BYTES}`)
    const text = readFileSync(path, 'utf8')
    const hidden = holdsSecret(text)
    return {
      file,
      text: hidden ? withoutSecrets(text) : text,
      digest: digestOf(text),
      readOnly: hidden ? 'It holds a Secret, whose values are not shown: edit it in your editor.' : '',
    }
  }

  /**
   * Writes the whole text in one step.
   * @param digest of the text that was edited @throws HttpError 409 when the file is another one by now
   */
  write(file: string, text: string, digest: string): ConfigFile {
    const { path } = this.#find(file)
    const before = this.read(file)
    if (before.readOnly !== '') throw new HttpError(403, `Cannot write "${file}": ${before.readOnly}`)
    if (before.digest !== digest)
      throw new HttpError(409, `Cannot write "${file}": it was changed meanwhile. Load it again, and repeat your edit`)
    if (holdsSecret(text)) throw new HttpError(403, `Cannot write "${file}": a Secret does not go through this page`)
    replaceFile(path, text, statSync(path).mode & 0o777)
    return this.read(file)
  }

  #find(file: string): FoundFile {
    const found = this.#found().find(each => each.file === file)
    if (!found) throw new HttpError(404, `Cannot open "${file}": it is no file of this mesh`)
    return found
  }

  #found(): readonly FoundFile[] {
    return listFiles(this.#paths, this.#cwd).files
  }
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16)
}

function holdsSecret(text: string): boolean {
  const documents = parseAllDocuments(text)
  if (!Array.isArray(documents)) return false
  if (documents.some(({ errors }) => errors.length > 0)) return MAY_BE_SECRET.test(text)
  return documents.some(document => isSecret(document.toJS()))
}

function isSecret(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  const items: unknown = Reflect.get(value, 'items')
  return Reflect.get(value, 'kind') === 'Secret' || (Array.isArray(items) && items.some(isSecret))
}

/** Of a document that holds a Secret only what names it; the lines of those after it keep their numbers. */
function withoutSecrets(text: string): string {
  return text
    .split(/^(?=---)/m)
    .map(document => (holdsSecret(document) ? nameOnly(document) : document))
    .join('')
}

function nameOnly(document: string): string {
  const lines = document.split('\n').length - 1
  const mark = document.startsWith('---') ? '---\n' : ''
  const shown = `${mark}# A Secret: what is in it is not shown.\n${document.match(SHOWN)?.join('\n') ?? ''}\n`
  return shown + '\n'.repeat(Math.max(0, lines - shown.split('\n').length + 1))
}

const SHOWN = /^(?:apiVersion|kind|type|metadata): *[\w./-]*$|^ {2}(?:name|namespace): *[\w.-]+$/gm
