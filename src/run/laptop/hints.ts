/** What a directory suggests to try when its mesh is up: TRY.txt (or mizzen-up.txt) in it, with the places filled in. */
import { readFileSync } from 'node:fs'
import path from 'node:path'

const FILES = ['TRY.txt', 'mizzen-up.txt']

/** Without a line break at the end; undefined when there is no such file. Names in {{}} that are not given stay. */
export function readHints(directory: string, values: Readonly<Record<string, string>>): string | undefined {
  for (const name of FILES) {
    try {
      return fillIn(readFileSync(path.join(directory, name), 'utf8'), values).trimEnd()
    } catch {
      // There is none, which is most directories' case.
    }
  }
  return undefined
}

export function fillIn(text: string, values: Readonly<Record<string, string>>): string {
  return text.replace(/\{\{(\w+)\}\}/g, (whole, name: string) => values[name] ?? whole)
}
