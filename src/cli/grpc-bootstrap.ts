/** `mizzen grpc-bootstrap`: the file that a gRPC application without a proxy starts from. */
import path from 'node:path'
import { replaceFile } from '../lib/replace-file.ts'
import { nodeOf } from '../run/bootstrap.ts'
import { type GrpcBootstrapOptions, grpcBootstrap } from '../run/grpc-bootstrap.ts'
import { readDownward } from '../run/pod/downward.ts'
import { metadataOf } from '../run/pod/setup.ts'
import { durationMs, parseFlags, UsageError } from './flags.ts'
import { EXIT, type Io } from './io.ts'

const USAGE = `Usage: mizzen grpc-bootstrap [--output FILE]

Prints the bootstrap by which gRPC libraries read their configuration from the mesh without a proxy (GRPC_XDS_BOOTSTRAP names the file). Who
the application is comes from the environment, as injection sets it: POD_NAME, POD_NAMESPACE, INSTANCE_IP, SERVICE_ACCOUNT, ISTIO_META_*.

  -o, --output FILE              writes it there (default standard output)
      --xds-socket PATH          unix socket of the agent beside the application (mizzen proxy sidecar with DISABLE_ENVOY=true)
      --discovery-address ADDR   the control plane itself, without an agent and in plaintext
                                 (default istiod.$ISTIO_NAMESPACE.svc:15010)
      --certs DIR                where the agent keeps key.pem, cert-chain.pem and root-cert.pem; without it the application takes no
                                 part in mutual TLS
      --refresh TIME             how often it reads them again (default 15m)
      --labels FILE              labels of the pod, as Kubernetes mounts them (default /etc/istio/pod/labels, if it is there)

Example: mizzen grpc-bootstrap --xds-socket /etc/istio/proxy/XDS --certs /var/lib/istio/data -o bootstrap.json
`

const LABELS = '/etc/istio/pod/labels'

export async function run(args: readonly string[], io: Io): Promise<number> {
  const { values } = parseFlags(
    'grpc-bootstrap',
    args,
    {
      output: { type: 'string', short: 'o' },
      'xds-socket': { type: 'string' },
      'discovery-address': { type: 'string' },
      certs: { type: 'string' },
      refresh: { type: 'string', default: '15m' },
      labels: { type: 'string', default: LABELS },
    },
    0,
  )
  if (values.help) {
    io.stdout.write(USAGE)
    return EXIT.ok
  }
  const absolute = (file: string) => path.resolve(io.cwd, file)
  if (values['xds-socket'] !== undefined && values['discovery-address'] !== undefined)
    throw new UsageError('Cannot use --xds-socket beside --discovery-address: expected one of them')
  const refreshSeconds = Math.floor(durationMs('refresh', values.refresh) / 1000)
  if (refreshSeconds < 1) throw new UsageError(`Cannot use --refresh "${values.refresh}": expected a second or more`)
  const text = grpcBootstrap({
    node: nodeFrom(io.env, absolute(values.labels)),
    server:
      values['xds-socket'] === undefined
        ? `dns:///${address(values['discovery-address'] ?? defaultAddress(io.env))}`
        : `unix://${absolute(values['xds-socket'])}`,
    certificates: values.certs && absolute(values.certs),
    refreshSeconds,
  })
  if (values.output === undefined) io.stdout.write(text)
  else replaceFile(absolute(values.output), text, 0o644)
  return EXIT.ok
}

function nodeFrom(env: Io['env'], labelsFile: string): GrpcBootstrapOptions['node'] {
  const namespace = env['POD_NAMESPACE'] ?? 'default'
  const pod = env['POD_NAME'] ?? 'unknown'
  const identity = {
    type: 'sidecar',
    pod,
    namespace,
    ip: env['INSTANCE_IP'] ?? '127.0.0.1',
    workload: env['ISTIO_META_WORKLOAD_NAME'] ?? pod,
    serviceAccount: env['SERVICE_ACCOUNT'] ?? 'default',
    labels: readDownward(labelsFile),
    annotations: {},
    interception: 'REDIRECT',
    metadata: metadataOf(env),
  } as const
  const { id = '', cluster = '', metadata = {} } = nodeOf(identity)
  return { id, cluster, metadata }
}

function defaultAddress(env: Io['env']): string {
  return `istiod.${env['ISTIO_NAMESPACE'] ?? 'istio-system'}.svc:15010`
}

function address(text: string): string {
  if (!/^[^/\s]+:\d+$/.test(text)) throw new UsageError(`Cannot use --discovery-address "${text}": expected HOST:PORT`)
  return text
}
