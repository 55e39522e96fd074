/** What to try when a program ended right after its start: most often its files are in an image and not on this machine. */
import { existsSync } from 'node:fs'
import path from 'node:path'
import { COMMAND_ANNOTATION } from '../plan/command.ts'
import type { ChildCommand } from '../process/child.ts'

const SOON_MS = 5000

/** @returns undefined when nothing about the command looks wrong */
export function crashAdvice({ argv, cwd }: ChildCommand, ranMs: number): string | undefined {
  if (ranMs > SOON_MS) return undefined
  const [program = '', ...args] = argv
  const missing = [...(program.includes('/') ? [program] : []), ...args.filter(looksLikeFile)].find(
    file => !existsSync(path.resolve(cwd, file)),
  )
  if (missing === undefined) return undefined
  return `there is no "${missing}" on this machine (looked from ${cwd}); if it is in the image, say what to run here with the annotation ${COMMAND_ANNOTATION} on the pod template`
}

function looksLikeFile(argument: string): boolean {
  return /^\.{0,2}\//.test(argument) || /^[\w./-]+\.(?:[cm]?[jt]s|py|rb|jar|sh|pl|php)$/.test(argument)
}
