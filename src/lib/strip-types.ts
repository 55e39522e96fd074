/** TypeScript without its types: what is left is JavaScript in the same lines and columns. */
import { stripTypeScriptTypes } from 'node:module'

export type Stripped = { readonly code: string } | { readonly problem: string }

let told = false

/** @returns the code, or what is wrong with it and where, in one line */
export function stripTypes(source: string): Stripped {
  try {
    return { code: quietly(() => stripTypeScriptTypes(source)) }
  } catch (error) {
    return { problem: problemOf(error) }
  }
}

/** Node warns once that the function may change; those who read our output did not call it. */
function quietly(strip: () => string): string {
  if (told) return strip()
  const { emitWarning } = process
  process.emitWarning = () => {}
  try {
    return strip()
  } finally {
    process.emitWarning = emitWarning
    told = true
  }
}

/** "line 2: Expected ',', got '{'": the line is in the first line of the stack only. */
function problemOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const line = /^[^\n]*:(\d+)\n/.exec(error.stack ?? '')?.[1]
  return (line === undefined ? '' : `line ${line}: `) + error.message
}
