/** `mizzen dashboard [controlplane|proxy POD]`: a page of the cluster in the browser of this machine, through a forwarded port. */
import path from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { forwardPort } from '../kubernetes/client/port-forward.ts'
import { PORTS } from '../kubernetes/control-plane-needs.ts'
import { CLUSTER_FLAGS, CLUSTER_USAGE, withCluster } from './cluster-flags.ts'
import { controlPlanePods, podNamed } from './cluster-pods.ts'
import { oneOf, parseFlags, portNumber, UsageError } from './flags.ts'
import { EXIT, type Io } from './io.ts'
import { untilSignal } from './until-signal.ts'

export const USAGE = `Usage: mizzen dashboard [controlplane]
       mizzen dashboard proxy POD[.NAMESPACE]

Forwards a port of this machine to the control plane's page, or to a proxy's own endpoint, until it is ended (Ctrl-C).

  -p, --port NUMBER            of this machine (default: any that is free)
  -n, --namespace NS           of the pod (default: the kubeconfig's)
  -i, --istioNamespace NS      where the control plane runs (default istio-system)
${CLUSTER_USAGE}`

const OPTIONS = {
  ...CLUSTER_FLAGS,
  port: { type: 'string', short: 'p' },
  namespace: { type: 'string', short: 'n' },
  istioNamespace: { type: 'string', short: 'i', default: 'istio-system' },
} as const

const ADMIN_PORT = 15_000
/** A timer keeps the process alive until it is ended. */
const LONG_MS = 2 ** 31 - 1

export async function run(args: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = parseFlags('dashboard', args, OPTIONS, 2)
  if (values.help) {
    io.stdout.write(USAGE)
    return EXIT.ok
  }
  const [word = 'controlplane', name] = positionals
  const page = oneOf('page', word === 'envoy' ? 'proxy' : word, ['controlplane', 'proxy'])
  if (page === 'proxy' && name === undefined)
    throw new UsageError('Cannot show a proxy: expected its pod, as in "mizzen dashboard proxy cart-0.shop"')
  const local = values.port === undefined ? 0 : portNumber('port', values.port)
  const pod = await withCluster(values, io, async server =>
    page === 'proxy'
      ? podNamed(server, name ?? '', values.namespace)
      : (await controlPlanePods(server, values.istioNamespace))[0],
  )
  if (pod === undefined) return EXIT.failed
  const file = values.kubeconfig === undefined ? undefined : path.resolve(io.cwd, values.kubeconfig)
  const port = page === 'proxy' ? ADMIN_PORT : PORTS.monitoring
  const forwarding = await forwardPort({ ...pod, port }, { file, context: values.context }, local)
  io.stdout.write(`http://127.0.0.1:${forwarding.port} leads to ${pod.namespace}/${pod.pod} until Ctrl-C\n`)
  await wait(LONG_MS, undefined, { signal: untilSignal() }).catch(() => {})
  forwarding.close()
  return EXIT.ok
}
