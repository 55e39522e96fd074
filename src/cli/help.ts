/** `mizzen help`; with a command, main.ts asks that one. */
import { nearest } from '../lib/nearest.ts'
import { UsageError } from './flags.ts'
import { EXIT, type Io } from './io.ts'
import { isVerb, SUMMARIES } from './summaries.ts'

export async function run(args: readonly string[], io: Io): Promise<number> {
  const [word] = args
  if (word !== undefined && !word.startsWith('-') && !isVerb(word)) {
    const meant = nearest(word, Object.keys(SUMMARIES))
    throw new UsageError(`Cannot help with "${word}": there is no such command${meant ? `, did you mean "${meant}"?` : ''}`)
  }
  const width = Math.max(...Object.keys(SUMMARIES).map(name => name.length))
  const lines = Object.entries(SUMMARIES).map(([name, summary]) => `  ${name.padEnd(width)}  ${summary}`)
  io.stdout.write(`Usage: mizzen COMMAND [ARGUMENTS]

A service mesh in one package: Istio's resources in, Envoy's xDS out.

${lines.join('\n')}

"mizzen COMMAND --help" tells what a command can do.
`)
  return EXIT.ok
}
