/** Files that others read while they change: complete from the moment they have their name, and readable by nobody else before. */
import { renameSync, rmSync, writeFileSync } from 'node:fs'

/** @param mode of the file @throws when it can't be written; the file of before is unchanged then */
export function replaceFile(file: string, content: string | Uint8Array, mode: number): void {
  const draft = `${file}.${process.pid}.tmp`
  try {
    writeFileSync(draft, content, { mode, flush: true })
    renameSync(draft, file)
  } catch (error) {
    rmSync(draft, { force: true })
    throw error
  }
}
