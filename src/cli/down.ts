/** `mizzen down [DIR]` */
import { down } from '../run/laptop/down.ts'
import { parseFlags } from './flags.ts'
import { EXIT, type Io } from './io.ts'

export const USAGE = `Usage: mizzen down [DIR]

Stops the mesh of DIR and everything it started; without DIR, the mesh of this directory, or the only one that runs. Of a mesh that was
killed it ends what is left.
`

export async function run(args: readonly string[], io: Io): Promise<number> {
  // --of-run is for the watchdog: it must not stop a mesh that was started since.
  const { values, positionals } = parseFlags('down', args, { 'of-run': { type: 'string' } }, 1)
  if (values.help) {
    io.stdout.write(USAGE)
    return EXIT.ok
  }
  const ofRun = values['of-run'] === undefined ? undefined : Number(values['of-run'])
  io.stdout.write(`${await down(positionals[0], io, ofRun)}\n`)
  return EXIT.ok
}
