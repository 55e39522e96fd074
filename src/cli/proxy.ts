/** `mizzen proxy -c FILE`: the data plane, as sidecars run it. Its flags are its own, so that it starts without the rest. */
import { runProxy } from '../proxy/main.ts'
import type { Io } from './io.ts'

export async function run(args: readonly string[], _io: Io): Promise<number> {
  return runProxy(args)
}
