/** `mizzen proxy -c FILE`: the data plane, as sidecars run it. Its flags are its own, so that it starts without the rest. */
import { USAGE } from '../proxy/flags.ts'
import { runProxy } from '../proxy/main.ts'
import { EXIT, type Io } from './io.ts'

export async function run(args: readonly string[], io: Io): Promise<number> {
  if (args.includes('--help') || args.includes('-h')) {
    io.stdout.write(`${USAGE}\n`)
    return EXIT.ok
  }
  return runProxy(args)
}
