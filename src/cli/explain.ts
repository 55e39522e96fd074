/** `mizzen explain PATH...`: the way of one request through the mesh of the files, without running anything. */
import { parse } from 'yaml'
import { withHypotheticalPods } from '../explain/hypothetical-pods.ts'
import { describedNode, proxyNamed, proxyOfNode } from '../explain/proxies.ts'
import type { Answer } from '../explain/request/answer.ts'
import type { Call } from '../explain/request/call.ts'
import { callFor, DIRECTIONS, type Question } from '../explain/request/destination.ts'
import { Explainer } from '../explain/request/explain.ts'
import { readCall } from '../explain/request/read-call.ts'
import { answerText } from '../explain/request/text.ts'
import type { Mesh } from '../model/mesh.ts'
import type { MeshProxy } from '../model/proxy.ts'
import { painter } from '../run/laptop/console/paint.ts'
import { CLUSTER_FLAGS, withCluster } from './cluster-flags.ts'
import { oneOf, parseFlags, UsageError } from './flags.ts'
import { EXIT, type Io } from './io.ts'
import { readLiveMesh } from './live-mesh.ts'
import { readMesh, readText } from './read-mesh.ts'

export const USAGE = `Usage: mizzen explain PATH... --from NAMESPACE/WORKLOAD --to URL
       mizzen explain --from NAMESPACE/WORKLOAD --to URL    in the cluster of the kubeconfig
       mizzen explain PATH... --calls FILE
       mizzen explain deny ID
       mizzen explain request ID | last-error

Tells where a request goes, step by step, and which line of which file says so. The configuration in PATH (files, directories, "-" is
standard input) is not run: its requests are followed by the very code that the proxies run. What a running mesh did:
mizzen explain deny --help, mizzen explain request --help

      --from NS/WORKLOAD   who calls: a Pod or Deployment; a gateway's own name for a call that comes in there
      --to URL             http://, https://, grpc://, ws://, wss://, tcp:// or tls://, as the application would write it
      --method METHOD      default: GET, for grpc:// POST
      --header NAME:VALUE  may be repeated
      --tls KIND           plain, tls or mtls; default: as the URL says
      --sni NAME           default: the URL's host
      --alpn LIST          offered protocols, with commas
      --direction WORD     outbound (default), inbound: as it arrives at --from, or gateway (default for gateways)
      --proxy FILE         the calling proxy, described in YAML, in place of --from
      --calls FILE         JSON: a list of {proxy, call}; answers a list in the same order
      --mesh-config FILE   changes to Istio's MeshConfig; default: the ConfigMap "istio" of istio-system, if it is there
      --mesh-networks FILE Istio's MeshNetworks; default: those of the same ConfigMap
      --service-range CIDR addresses for Services without a clusterIP (default 10.96.0.0/12; none for --calls and --proxy)
  -o, --output FORMAT      text (default) or json
  -i, --istioNamespace NS  of the cluster: where the mesh configuration stands (default istio-system)
      --kubeconfig FILE    asks this cluster; files in PATH go before what stands there
      --context NAME       of the kubeconfig
`

const OPTIONS = {
  from: { type: 'string' },
  to: { type: 'string' },
  method: { type: 'string' },
  header: { type: 'string', multiple: true },
  tls: { type: 'string' },
  sni: { type: 'string' },
  alpn: { type: 'string' },
  direction: { type: 'string' },
  proxy: { type: 'string' },
  calls: { type: 'string' },
  'mesh-config': { type: 'string' },
  'mesh-networks': { type: 'string' },
  'service-range': { type: 'string' },
  output: { type: 'string', short: 'o' },
  istioNamespace: { type: 'string', short: 'i', default: 'istio-system' },
  ...CLUSTER_FLAGS,
} as const

/** Exit code 0 whatever becomes of the request: it was explained. */
export async function run(args: readonly string[], io: Io): Promise<number> {
  // It asks a running mesh, and needs none of what is loaded for files.
  if (args[0] === 'deny') return (await import('./explain-deny.ts')).run(args.slice(1), io)
  if (args[0] === 'request' || args[0] === 'last-error') return (await import('./explain-live.ts')).run(args, io)
  const { values, positionals } = parseFlags('explain', args, OPTIONS)
  if (values.help) {
    io.stdout.write(USAGE)
    return EXIT.ok
  }
  const { calls, from, to, proxy: described } = values
  const format = oneOf('output', values.output ?? (calls === undefined ? 'text' : 'json'), ['text', 'json'])
  if (calls === undefined && (to === undefined || (from === undefined) === (described === undefined)))
    throw new UsageError('Cannot explain an unknown call: expected --from NAMESPACE/WORKLOAD and --to URL')
  const question = calls === undefined ? questionOf({ ...values, to: to ?? '' }) : undefined
  const simulated = calls !== undefined || described !== undefined
  const serviceRange = values['service-range'] ?? (simulated ? '' : undefined)
  // Without files, and wherever a cluster is named, the mesh is that of the cluster.
  const live = positionals.length === 0 || values.kubeconfig !== undefined || values.context !== undefined
  const { mesh, tell } = live
    ? await withCluster(values, io, server =>
        readLiveMesh(server, { paths: positionals, rootNamespace: values.istioNamespace }, io, withHypotheticalPods),
      )
    : await readMesh(
        { paths: positionals, meshConfig: values['mesh-config'], meshNetworks: values['mesh-networks'], serviceRange },
        io,
        withHypotheticalPods,
      )
  tell()
  const explainer = new Explainer(mesh)
  if (calls !== undefined) {
    const answered = await answersTo(explainer, await readText(calls, io), calls)
    io.stdout.write(
      format === 'json'
        ? `${JSON.stringify(
            answered.map(({ answer }) => answer),
            null,
            2,
          )}\n`
        : answered.map(({ answer, call, who }) => answerText(answer, call, who, [], painter(io.stdout, io.env))).join('\n'),
    )
    return EXIT.ok
  }
  const proxy = described === undefined ? proxyNamed(mesh, from ?? '') : await describedProxy(mesh, described, io)
  const asked = callFor(mesh, proxy, question ?? { url: '' })
  const answer = await explainer.explain(proxy, asked.call, question?.direction !== 'inbound')
  const who = from ?? `${proxy.namespace}/${proxy.name}`
  const output =
    format === 'json'
      ? `${JSON.stringify(answer, null, 2)}\n`
      : answerText(answer, asked.call, who, asked.notes, painter(io.stdout, io.env))
  io.stdout.write(output)
  return EXIT.ok
}

interface Flags {
  readonly to: string
  readonly method?: string | undefined
  readonly header?: readonly string[] | undefined
  readonly tls?: string | undefined
  readonly sni?: string | undefined
  readonly alpn?: string | undefined
  readonly direction?: string | undefined
}

const TLS = { plain: 'plaintext', plaintext: 'plaintext', tls: 'tls', mtls: 'mtls' } as const

function questionOf({ to, method, header = [], tls, sni, alpn, direction }: Flags): Question {
  const headers = header.map(text => {
    const colon = text.indexOf(':')
    if (colon < 1) throw new UsageError(`Cannot use --header "${text}": expected NAME:VALUE`)
    return [text.slice(0, colon).trim().toLowerCase(), text.slice(colon + 1).trim()] as const
  })
  return {
    url: to,
    headers,
    ...(method !== undefined && { method: method.toUpperCase() }),
    ...(tls !== undefined && { tls: TLS[oneOf('tls', tls, ['plain', 'plaintext', 'tls', 'mtls'])] }),
    ...(sni !== undefined && { sni }),
    ...(alpn !== undefined && { alpn: alpn.split(',') }),
    ...(direction !== undefined && { direction: oneOf('direction', direction, DIRECTIONS) }),
  }
}

async function describedProxy(mesh: Mesh, file: string, io: Io): Promise<MeshProxy> {
  return proxyOfNode(mesh, describedNode(parse(await readText(file, io)), `"${file}"`))
}

interface Answered {
  readonly call: Call
  readonly who: string
  readonly answer: Answer
}

function answersTo(explainer: Explainer, text: string, file: string): Promise<Answered[]> {
  const entries: unknown = JSON.parse(text)
  if (!Array.isArray(entries)) throw new Error(`Cannot read "${file}": expected a list of {proxy, call}`)
  const answers = entries.map(async (entry: unknown, i) => {
    const fields = fieldsOf(entry)
    const proxy = proxyOfNode(explainer.mesh, describedNode(fields.proxy, `${file}[${i}].proxy`))
    const call = readCall(fields.call, `${file}[${i}].call`)
    return { call, who: `${proxy.namespace}/${proxy.name}`, answer: await explainer.explain(proxy, call) }
  })
  return Promise.all(answers)
}

function fieldsOf(value: unknown): { readonly proxy?: unknown; readonly call?: unknown } {
  return typeof value === 'object' && value !== null ? value : {}
}
