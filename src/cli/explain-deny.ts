/** `mizzen explain deny ID`: why a running mesh refused something, by the id of the decision or of the request. */
import { denialReport } from '../explain/denial/text.ts'
import { type AskedProxy, findDenials, type Search } from '../run/denials/find-denial.ts'
import { painter } from '../run/laptop/console/paint.ts'
import { findRunning } from '../run/laptop/state/find.ts'
import { askedProxies } from '../run/laptop/status/asked-proxies.ts'
import { readMeshStatus } from '../run/laptop/status/mesh-status.ts'
import { CLUSTER_FLAGS, withCluster } from './cluster-flags.ts'
import { clusterProxies } from './cluster-proxies.ts'
import { oneOf, parseFlags, UsageError } from './flags.ts'
import { EXIT, type Io } from './io.ts'

export const USAGE = `Usage: mizzen explain deny ID [DIR] [-o json]
       mizzen explain deny --last [DIR] [-o json]

Why the mesh of DIR refused a request or a connection (without DIR: the mesh of this directory, or the only one that runs): the policy that denied it, or
the rule that came nearest to allowing it and the field that failed, with file and line. ID is the decision's, from a proxy's log or access log or the
header x-mizzen-decision, or an x-request-id. Proxies remember their last 256 denials.

With --namespace, --kubeconfig or --context the pods of a cluster are asked instead.

      --last            the latest denial, whatever its id
  -n, --namespace NS    pods of this namespace only
      --kubeconfig FILE default $KUBECONFIG, else ~/.kube/config
      --context NAME    of the kubeconfig
  -o, --output json     {found: [{at, denial}], unasked, envoys}
`

/** Exit code 1: nothing is known of it. */
export async function run(args: readonly string[], io: Io): Promise<number> {
  const options = {
    last: { type: 'boolean' },
    output: { type: 'string', short: 'o' },
    namespace: { type: 'string', short: 'n' },
    ...CLUSTER_FLAGS,
  } as const
  const { values, positionals } = parseFlags('explain deny', args, options, 2)
  if (values.help) {
    io.stdout.write(USAGE)
    return EXIT.ok
  }
  if (values.output !== undefined) oneOf('output', values.output, ['json'])
  const id = values.last ? '' : positionals[0]
  if (id === undefined) throw new UsageError('Cannot explain a denial without its id: expected ID, or --last')
  const { namespace, kubeconfig, context } = values
  const ofCluster = namespace !== undefined || kubeconfig !== undefined || context !== undefined
  const search = ofCluster
    ? await withCluster(values, io, async server => findDenials(id, await clusterProxies(server, namespace, values, io)))
    : await findDenials(id, laptopProxies(positionals[values.last ? 0 : 1], io))
  const found = values.last ? search.found.slice(0, 1) : search.found
  if (values.output === 'json') io.stdout.write(`${JSON.stringify({ ...search, found }, null, 2)}\n`)
  else if (found.length > 0) {
    const paint = painter(io.stdout, io.env)
    io.stdout.write(found.map(({ at, denial }) => denialReport(denial, at, paint)).join('\n'))
  }
  if (found.length > 0) return EXIT.ok
  io.stderr.write(`${nothing(id, search)}\n`)
  return EXIT.failed
}

/** @param directory of the mesh; undefined: the one that runs */
function laptopProxies(directory: string | undefined, io: Io): AskedProxy[] {
  const { state, holder } = findRunning(directory, io)
  const status = readMeshStatus(state, holder.pid)
  if (!status) throw new Error(`Cannot ask the mesh of "${holder.directory}": it is just starting, try again in a second`)
  return askedProxies(status)
}

function nothing(id: string, { unasked, envoys }: Search): string {
  const what = id === '' ? 'Cannot find a denial: no proxy remembers one' : `Cannot find denial "${id}": no proxy remembers it`
  const notes = [
    ...unasked.map(({ name, reason }) => `${name} could not be asked: ${reason}`),
    ...(envoys > 0
      ? [
          `${envoys} of the proxies are Envoys, which remember none: their access log has the policy's name in %RESPONSE_CODE_DETAILS%`,
        ]
      : []),
  ]
  return [`${what}; each keeps its last 256`, ...notes].join('\n')
}
