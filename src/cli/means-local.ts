/** Whether a command that knows clusters and this machine is about a mesh that runs here: where one runs, and no flag speaks of a cluster. */
import { allRunning } from '../run/laptop/state/find.ts'
import type { Io } from './io.ts'

const OF_CLUSTERS = /^(--(kubeconfig|context|namespace|istioNamespace|control-plane)(=|$)|-[ni])/

export function meansLocal(args: readonly string[], io: Io): boolean {
  const asksForHelp = args.includes('--help') || args.includes('-h')
  return !asksForHelp && !args.some(word => OF_CLUSTERS.test(word)) && allRunning(io.env).length > 0
}
