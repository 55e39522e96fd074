/** Which files the user's paths mean at this moment, and which directories must be watched to notice a change. */
import { type BigIntStats, type Dirent, readdirSync, realpathSync, statSync } from 'node:fs'
import path from 'node:path'
import { aboutFile, type Diagnostic } from '../diagnostic.ts'

export interface FoundFile {
  /** As the user would type it. */
  readonly file: string
  readonly path: string
  /** In a directory, not named by the user. */
  readonly found: boolean
  /** Another stamp, another content. */
  readonly stamp: string
  readonly size: number
}

export interface Tree {
  /** Ordered by name. */
  readonly files: readonly FoundFile[]
  /** To watch: path and inode, for a directory that was removed and made again is another one. */
  readonly directories: ReadonlyMap<string, bigint>
  readonly problems: readonly Diagnostic[]
}

const EXTENSIONS = new Set(['.yaml', '.yml', '.json'])

/** @param paths of files and directories, as typed; directories are searched with all below, without hidden ones and node_modules */
export function listFiles(paths: readonly string[], cwd: string): Tree {
  const files = new Map<string, FoundFile>()
  const directories = new Map<string, bigint>()
  const problems: Diagnostic[] = []
  for (const typed of paths) {
    const full = path.resolve(cwd, typed)
    const stats = statOf(full)
    if (typeof stats === 'string') {
      watchNearest(path.dirname(full))
      problems.push(
        aboutFile(typed, 'error', 'file-missing', `Cannot read "${typed}": expected a file or directory, got ${stats}`),
      )
    } else if (stats.isDirectory()) walk(typed, full, stats.ino, new Set())
    else add(typed, full, stats, { found: false, linked: true })
  }
  return { files: [...files.values()].sort((a, b) => (a.file < b.file ? -1 : 1)), directories, problems }

  /** @param above inodes on the way here: a symbolic link to one of them would lead in circles */
  function walk(typed: string, full: string, inode: bigint, above: ReadonlySet<bigint>): void {
    directories.set(full, inode)
    const entries = entriesOf(full)
    if (typeof entries === 'string') {
      problems.push(aboutFile(typed, 'error', 'directory-unreadable', `Cannot read the directory "${typed}": ${entries}`))
      return
    }
    for (const entry of entries) {
      const { name } = entry
      if (name.startsWith('.') || name === 'node_modules') continue
      if (entry.isFile() && !EXTENSIONS.has(path.extname(name))) continue
      const inside = path.join(full, name)
      const stats = statOf(inside)
      if (typeof stats === 'string') continue // a link to nothing, or just removed
      if (stats.isDirectory() && !above.has(stats.ino)) walk(path.join(typed, name), inside, stats.ino, new Set(above).add(inode))
      else if (stats.isFile() && EXTENSIONS.has(path.extname(name)))
        add(path.join(typed, name), inside, stats, { found: true, linked: entry.isSymbolicLink() })
    }
  }

  /** @param linked it is, or may be, a symbolic link: then the file it leads to changes elsewhere */
  function add(file: string, full: string, stats: BigIntStats, { found, linked }: { found: boolean; linked: boolean }): void {
    const { ino, size, mtimeNs, ctimeNs } = stats
    watchNearest(path.dirname(full))
    if (linked) watchNearest(path.dirname(realPathOf(full)))
    files.set(full, { file, path: full, found, stamp: `${ino}:${size}:${mtimeNs}:${ctimeNs}`, size: Number(size) })
  }

  /** The directory, or the next one above that exists. */
  function watchNearest(directory: string): void {
    if (directories.has(directory)) return
    const stats = statOf(directory)
    if (typeof stats !== 'string') directories.set(directory, stats.ino)
    else if (directory !== path.dirname(directory)) watchNearest(path.dirname(directory))
  }
}

/** @returns the reason when it cannot be looked at */
function statOf(full: string): BigIntStats | string {
  try {
    return statSync(full, { bigint: true, throwIfNoEntry: false }) ?? 'nothing'
  } catch (error) {
    return reasonOf(error)
  }
}

function entriesOf(directory: string): Dirent[] | string {
  try {
    return readdirSync(directory, { withFileTypes: true })
  } catch (error) {
    return reasonOf(error)
  }
}

function realPathOf(full: string): string {
  try {
    return realpathSync(full)
  } catch {
    return full
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
