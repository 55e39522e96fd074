/** `mizzen version [-o json]` */
import { packageVersion } from '../run/installation.ts'
import { oneOf, parseFlags } from './flags.ts'
import { EXIT, type Io } from './io.ts'

export const USAGE = `Usage: mizzen version [-o json]

Prints the version of mizzen, and of the Node that runs it.
`

export async function run(args: readonly string[], io: Io): Promise<number> {
  const { values } = parseFlags('version', args, { output: { type: 'string', short: 'o' } }, 0)
  if (values.help) {
    io.stdout.write(USAGE)
    return EXIT.ok
  }
  const version = packageVersion()
  const { node } = process.versions
  if (values.output !== undefined) {
    oneOf('output', values.output, ['json'])
    io.stdout.write(`${JSON.stringify({ version, node })}\n`)
  } else io.stdout.write(`mizzen ${version} (Node ${node})\n`)
  return EXIT.ok
}
