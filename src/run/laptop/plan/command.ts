/**
 * What a container runs on this machine: its command and args, or what an annotation of its pod template says instead, because the
 * image that holds the program is not here.
 */
import { shellWords } from '../../../lib/shell-words.ts'

export const COMMAND_ANNOTATION = 'mizzen.dev/command'

export interface CommandSource {
  readonly name: string
  readonly command?: readonly string[] | undefined
  readonly args?: readonly string[] | undefined
}

/** @property annotation the one that was read */
export type Command =
  | { readonly kind: 'argv'; readonly argv: readonly string[] }
  /** Nothing says what to run. */
  | { readonly kind: 'unknown' }
  | { readonly kind: 'invalid'; readonly annotation: string; readonly reason: string }

/**
 * `mizzen.dev/command.<container>`, or `mizzen.dev/command` for the first container: shell words or a JSON list. It stands for command
 * and args together.
 */
export function commandOf(container: CommandSource, isFirst: boolean, annotations: Readonly<Record<string, string>>): Command {
  const own = `${COMMAND_ANNOTATION}.${container.name}`
  const annotation = annotations[own] !== undefined ? own : isFirst ? COMMAND_ANNOTATION : undefined
  const line = annotation === undefined ? undefined : annotations[annotation]
  if (annotation !== undefined && line !== undefined) {
    try {
      const argv = parseCommand(line)
      if (argv.length > 0) return { kind: 'argv', argv }
      return { kind: 'invalid', annotation, reason: 'it is empty, expected a program and its arguments' }
    } catch (error) {
      return { kind: 'invalid', annotation, reason: error instanceof Error ? error.message : String(error) }
    }
  }
  // Arguments alone go to the image's entry point, which is not known here.
  if (!container.command || container.command.length === 0) return { kind: 'unknown' }
  return { kind: 'argv', argv: [...container.command, ...(container.args ?? [])] }
}

function parseCommand(line: string): string[] {
  if (!line.trimStart().startsWith('[')) return shellWords(line)
  const list: unknown = JSON.parse(line)
  if (!Array.isArray(list) || !list.every(word => typeof word === 'string')) {
    throw new Error(`Cannot read the command ${line}: expected a JSON list of strings`)
  }
  return list
}
