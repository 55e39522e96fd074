/** The files that the mesh's configuration is read from, for a reader and an editor: only those, and no secret leaves them. */
import { createHash } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
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
const SECRET = /^\s*["']?kind["']?\s*:\s*["']?Secret\b/m

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
    const isSecret = SECRET.test(text)
    return {
      file,
      text: isSecret ? withoutSecrets(text) : text,
      digest: digestOf(text),
      readOnly: isSecret ? 'It holds a Secret, whose values are not shown: edit it in your editor.' : '',
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
    if (SECRET.test(text)) throw new HttpError(403, `Cannot write "${file}": a Secret does not go through this page`)
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

/** Values of the keys under data and stringData of every document that holds a Secret. */
function withoutSecrets(text: string): string {
  return text
    .split(/^(?=---)/m)
    .map(document =>
      SECRET.test(document) ? document.replace(/^(\s+["']?[\w.-]+["']?\s*:)[ \t]+\S.*$/gm, maskUnlessName) : document,
    )
    .join('')
}

const SHOWN = /^\s*["']?(name|namespace|type|kind|apiVersion|app|version)["']?\s*:$/

function maskUnlessName(line: string, key: string): string {
  return SHOWN.test(key) ? line : `${key} ••••`
}
