/**
 * Files, directories and standard input as a source of objects. A saved file takes effect within a fraction of a second; one that is not
 * in order is reported, and what it said before stays in effect.
 */
import { readFile } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { text as textOf } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'
import { aboutFile, type Diagnostic } from '../diagnostic.ts'
import type { Contribution } from '../store.ts'
import { type FileState, readState, unreadableState } from './file-state.ts'
import { type FoundFile, listFiles, type Tree } from './tree.ts'
import { DirectoryWatcher } from './watch.ts'

/** The path that stands for standard input. */
export const STDIN = '-'

const MAX_FILE = 100 * 1024 * 1024
/** An editor may remove or empty a file for a moment while it saves: only what lasts longer is believed. */
const GRACE_MS = 100

export interface FileSourceOptions {
  /** Files and directories as the user typed them; "-" is standard input. */
  readonly paths: readonly string[]
  readonly cwd: string
  readonly stdin?: Readable
}

interface Entry {
  readonly stamp: string
  readonly state: FileState
}

export class FileSource {
  readonly #options: FileSourceOptions
  readonly #to: Contribution
  readonly #entries = new Map<string, Entry>()
  /** Files that were found gone or empty, and since when (milliseconds). */
  readonly #doubted = new Map<string, number>()
  #fromStdin: FileState | undefined
  #tree: Tree = { files: [], directories: new Map(), problems: [] }
  #watcher: DirectoryWatcher | undefined

  constructor(options: FileSourceOptions, to: Contribution) {
    this.#options = options
    this.#to = to
  }

  /** Reads everything once and publishes it. What is wrong stands in the diagnostics; it does not reject. */
  async read(): Promise<void> {
    const { paths, stdin } = this.#options
    if (paths.includes(STDIN) && stdin) this.#fromStdin ??= await readState(STDIN, await textOf(stdin), false)
    await this.#refresh()
  }

  /** Reads everything, and follows the changes until {@link close}. */
  async start(): Promise<void> {
    await this.read()
    this.#watcher = new DirectoryWatcher(() => this.#refresh())
    this.#watcher.watch(this.#tree.directories)
  }

  /** Resolves when what is in the files now was published. */
  async sync(): Promise<void> {
    await this.#watcher?.now()
    while (this.#watcher && this.#doubted.size > 0) {
      await delay(GRACE_MS)
      await this.#watcher.now()
    }
  }

  close(): void {
    this.#watcher?.close()
  }

  async #refresh(): Promise<void> {
    const tree = listFiles(
      this.#options.paths.filter(each => each !== STDIN),
      this.#options.cwd,
    )
    this.#tree = tree
    const there = new Set(tree.files.map(each => each.file))
    for (const file of this.#doubted.keys()) if (!this.#entries.has(file)) this.#doubted.delete(file)
    for (const file of this.#entries.keys()) if (!there.has(file) && this.#lasts(file)) this.#entries.delete(file)
    for (const found of tree.files) await this.#update(found)
    this.#publish()
    this.#watcher?.watch(tree.directories)
  }

  async #update(found: FoundFile): Promise<void> {
    const { file, stamp } = found
    const last = this.#entries.get(file)
    if (last?.stamp === stamp) {
      this.#doubted.delete(file)
      return
    }
    if (found.size === 0 && last && last.state.objects.length > 0 && !this.#lasts(file)) return
    this.#doubted.delete(file)
    this.#entries.set(file, { stamp, state: await readFound(found, last?.state) })
  }

  /** Whether a file has been gone or empty for longer than an editor needs to save it; if not, it is looked at again. */
  #lasts(file: string): boolean {
    const now = performance.now()
    const since = this.#doubted.get(file)
    if (since === undefined) this.#doubted.set(file, now)
    if (since !== undefined && now - since >= GRACE_MS) {
      this.#doubted.delete(file)
      return true
    }
    this.#watcher?.lookAgain(GRACE_MS)
    return false
  }

  #publish(): void {
    const inOrder = [...this.#entries].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, entry]) => entry.state)
    const states = this.#fromStdin ? [this.#fromStdin, ...inOrder] : inOrder
    const objects = states.flatMap(state => state.objects)
    const diagnostics: Diagnostic[] = [...this.#tree.problems, ...states.flatMap(state => state.diagnostics)]
    if (objects.length === 0 && diagnostics.length === 0) {
      diagnostics.push(
        aboutFile(
          '',
          'warning',
          'no-objects',
          `there are no objects in ${this.#options.paths.join(', ')}: expected .yaml, .yml or .json files`,
        ),
      )
    }
    this.#to.publish(objects, diagnostics)
  }
}

async function readFound({ file, path, found, size }: FoundFile, last: FileState | undefined): Promise<FileState> {
  if (size > MAX_FILE) return unreadableState(file, `expected at most ${MAX_FILE} bytes, got ${size}`, last)
  try {
    return await readState(file, await readFile(path, 'utf8'), found, last)
  } catch (error) {
    return unreadableState(file, error instanceof Error ? error.message : String(error), last)
  }
}
