/**
 * A secret document that several control planes may want to write at once: each change is a new generation, and of two who write the same
 * generation one is told that it was late. Whoever was late reads again and sees whether there is still something to do.
 *
 * In files: `root.7.json`, mode 0600, complete before it has its name (write, fsync, link). A full disk or a kill in the middle leaves the generation
 * of before. In a cluster the same is a Secret (run/cluster/secret-generations.ts).
 */
import {
  closeSync,
  fsyncSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeSync,
} from 'node:fs'
import path from 'node:path'

export interface Generation {
  readonly number: number
  readonly text: string
}

/** A disk answers at once, an API server later. */
export type Sooner<T> = T | Promise<T>

export interface Generations {
  /** The newest; undefined: nothing was ever written. @throws when it is there and cannot be read */
  read(): Sooner<Generation | undefined>
  /** @returns false: somebody else wrote that generation @throws when it cannot be stored; nothing has changed then */
  write(next: Generation): Sooner<boolean>
}

/** How many are kept: the newest and the one before, which a reader may be about to open. */
const KEEP = 2
const OTHERS = 0o077

export class FileGenerations implements Generations {
  readonly #directory: string
  readonly #name: string

  /** @param name of the document: "root" @throws when the directory can't be made */
  constructor(directory: string, name: string) {
    this.#directory = directory
    this.#name = name
    mkdirSync(directory, { recursive: true, mode: 0o700 })
  }

  read(): Generation | undefined {
    const [newest] = this.#numbers()
    if (newest === undefined) return undefined
    const file = this.#file(newest)
    try {
      const { mode } = lstatSync(file)
      if ((mode & OTHERS) !== 0)
        throw new Error(
          `others may read it (mode ${(mode & 0o777).toString(8)}), expected 600; if nobody has, run "chmod 600 ${file}"`,
        )
      return { number: newest, text: readFileSync(file, 'utf8') }
    } catch (error) {
      // Two more were written in the meantime, and this one is gone.
      if (isCode(error, 'ENOENT') && this.#numbers()[0] !== newest) return this.read()
      throw new Error(`Cannot read the secret "${file}": ${messageOf(error)}`)
    }
  }

  write({ number, text }: Generation): boolean {
    const file = this.#file(number)
    const draft = `${file}.${process.pid}.${Math.random().toString(36).slice(2)}`
    try {
      writeDurably(draft, text)
      linkSync(draft, file)
    } catch (error) {
      if (isCode(error, 'EEXIST')) return false
      throw new Error(`Cannot store the secret "${file}": ${messageOf(error)}; what was there before is unchanged`)
    } finally {
      rmSync(draft, { force: true })
    }
    syncDirectory(this.#directory)
    for (const old of this.#numbers().slice(KEEP)) rmSync(this.#file(old), { force: true })
    return true
  }

  /** Newest first. */
  #numbers(): number[] {
    const name = new RegExp(`^${this.#name}\\.(\\d+)\\.json$`)
    const found = readdirSync(this.#directory).flatMap(file => {
      const [, number] = name.exec(file) ?? []
      return number === undefined ? [] : [Number(number)]
    })
    return found.sort((a, b) => b - a)
  }

  #file(number: number): string {
    return path.join(this.#directory, `${this.#name}.${number}.json`)
  }
}

function writeDurably(file: string, text: string): void {
  const descriptor = openSync(file, 'wx', 0o600)
  try {
    const bytes = Buffer.from(text)
    // A nearly full disk takes a part, and only the next write fails.
    for (let at = 0; at < bytes.length; ) at += writeSync(descriptor, bytes, at)
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

function syncDirectory(directory: string): void {
  const descriptor = openSync(directory, 'r')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
