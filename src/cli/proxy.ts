/**
 * `mizzen proxy -c FILE`: the data plane from a bootstrap; `mizzen proxy sidecar|router`: the proxy of a pod, which makes its own. Their flags are their
 * own, so that both start without the rest.
 */
import { USAGE } from '../proxy/flags.ts'
import { runProxy } from '../proxy/main.ts'
import { NODE_FLAGS } from '../run/engine.ts'
import { installation } from '../run/installation.ts'
import { EXIT, type Io } from './io.ts'

export async function run(args: readonly string[], io: Io): Promise<number> {
  const [role] = args
  if (role === 'sidecar' || role === 'router') return becomePod(args)
  if (args.includes('--help') || args.includes('-h')) {
    io.stdout.write(`${USAGE}\n\nIn a pod of a cluster: mizzen proxy sidecar|router (see mizzen proxy sidecar --help)\n`)
    return EXIT.ok
  }
  return runProxy(args)
}

/** In this process' place, with the flags that keep it small: a pod should not hold the command line beside its proxy. */
function becomePod(args: readonly string[]): never {
  const argv = [process.execPath, ...NODE_FLAGS, installation().pod, ...args]
  process.execve?.(process.execPath, argv, process.env)
  throw new Error('Cannot run the proxy of a pod: this system cannot replace a process')
}
