/**
 * The table without a data plane: every row's calls are explained instead of made, and what `explain` says has to be what the row
 * expects of the proxies. Nothing listens and nothing is sent; only how the backends behave is taken from the topology.
 */
import { compile } from '../../src/compile/mesh.ts'
import { proxyNamed } from '../../src/explain/proxies.ts'
import type { Action, Answer, Forward, Outcome } from '../../src/explain/request/answer.ts'
import { callFor, type Question } from '../../src/explain/request/destination.ts'
import { Explainer } from '../../src/explain/request/explain.ts'
import { Store } from '../../src/source/store.ts'
import { parseObjects } from './objects.ts'
import type { Call, Caller, Expected, HttpCall, HttpExpectation, Scenario, TrafficCall } from './scenario.ts'
import { filled, startTopology, type Topology } from './topology.ts'

const WORKLOADS: Readonly<Record<Exclude<Caller, 'stranger'>, string>> = {
  client: 'default/client',
  'second-client': 'second/second-client',
  gateway: 'istio-system/istio-ingressgateway-0',
}

/** What `explain` calls an authorizer's part. */
const ASKED = 'external authorizer'

/** What one outcome means for the client: who answers it ("echo v1", or a status), and from which pod. */
interface Reply {
  readonly share: number
  readonly label: string
  readonly pod: string
  readonly action: Action
}

export class ExplainedPlane {
  readonly #topology: Topology
  readonly #store = new Store()
  readonly #base = this.#store.source()
  readonly #row = this.#store.source()

  private constructor(topology: Topology) {
    this.#topology = topology
  }

  static async start(): Promise<ExplainedPlane> {
    const plane = new ExplainedPlane(await startTopology({ proxies: true }))
    plane.#base.publish(await parseObjects('topology.yaml', plane.#topology.manifests))
    return plane
  }

  close(): Promise<void> {
    return this.#topology.close()
  }

  /** @returns what differs from what the row expects; empty: it holds */
  async run(scenario: Scenario): Promise<string[]> {
    const config = filled(scenario.config ?? '', this.#topology)
    this.#row.publish(await parseObjects(scenario.name, config))
    const { mesh } = compile(this.#store.snapshot().objects)
    const explainer = new Explainer(mesh)
    const found: string[] = []
    for (const call of scenario.calls) {
      // No proxy of the mesh sees a stranger's call before it is there.
      if (call.kind === 'metrics' || call.from === 'stranger') continue
      const proxy = proxyNamed(mesh, WORKLOADS[call.from])
      const question = this.#question(call)
      const answer = await explainer.explain(proxy, callFor(mesh, proxy, question).call, true)
      found.push(...this.#differences(call, answer).map(sentence => `${question.url} from ${call.from}: ${sentence}`))
    }
    return found
  }

  #question(call: TrafficCall): Question {
    switch (call.kind) {
      case 'http':
        return {
          url: filled(call.url, this.#topology),
          headers: Object.entries(call.headers ?? {}),
          ...(call.method && { method: call.method }),
        }
      case 'grpc':
        return {
          url: `grpc://${fullName(call.to, call.from)}/echo.Echo/${call.rpc}`,
          headers: Object.entries(call.metadata ?? {}),
        }
      case 'tcp':
        return { url: `tcp://${call.to}` }
      case 'websocket':
        return { url: call.url }
    }
  }

  #differences(call: TrafficCall, answer: Answer): string[] {
    if (answer.outcomes.length === 0) return [`explain says ${answer.error}: ${answer.steps.at(-1)?.text}`]
    const other = answer.server?.answer
    if ([answer, other].some(side => side?.steps.some(({ subject }) => subject === ASKED))) return [] // its word is not in the configuration
    // The proxy beside the endpoint may answer in its place: a deny, say.
    const refused = other !== undefined && (other.action === undefined || other.action.kind !== 'forward')
    const replies = (refused ? other : answer).outcomes.flatMap(outcome => this.#replies(outcome))
    const found = [...(refused ? [] : this.#serverSide(answer)), ...served(call, replies)]
    if (call.kind === 'http') found.push(...httpDifferences(call, replies, refused ? undefined : other))
    if (call.kind === 'grpc' && !dependsOnBackend(call)) {
      const wanted = call.expect.code ?? 'OK'
      const refused = replies.filter(reply => reply.action.kind !== 'forward')
      if (wanted === 'OK' ? refused.length > 0 : refused.length !== replies.length)
        found.push(`expected status ${wanted}, explain says ${replies.map(reply => reply.label).join(', ')}`)
    }
    return found
  }

  #replies({ share, action }: Outcome): Reply[] {
    if (action.kind === 'answer') return [{ share, label: String(action.status), pod: '', action }]
    if (action.kind === 'closed') return [{ share, label: 'closed', pod: '', action }]
    return action.endpoints.map(endpoint => {
      const backend = this.#behind(endpoint.address, endpoint.workload)
      // Nobody listens there, which no configuration says.
      return { share: share * endpoint.share, label: backend?.served ?? '503', pod: backend?.pod ?? '', action }
    })
  }

  #behind(address: string, workload: string | undefined) {
    const { backends, outside, outsideTls } = this.#topology
    const port = Number(address.slice(address.lastIndexOf(':') + 1))
    const stranger = [outside, outsideTls].find(server => server.port === port)
    if (stranger) return stranger
    return backends.find(backend => workload?.slice(workload.indexOf('/') + 1) === backend.pod)
  }

  /** The proxy beside the endpoint has to lead to that pod's application. */
  #serverSide({ server }: Answer): string[] {
    if (!server) return []
    const action = server.answer.action
    const pod = server.workload.slice(server.workload.indexOf('/') + 1)
    const backend = this.#topology.backends.find(each => each.pod === pod)
    const address = action?.kind === 'forward' ? action.endpoints[0]?.address : undefined
    return address === `127.0.0.1:${backend?.port}`
      ? []
      : [`at ${pod} explain ends at ${address ?? JSON.stringify(server.answer.error)}`]
  }
}

/** Short names are the caller's own; the forward is known by the full one. */
function fullName(to: string, from: Caller): string {
  const [name = '', port = ''] = to.split(':')
  return name.includes('.') ? to : `${name}.${from === 'client' ? 'default' : 'second'}.svc.cluster.local:${port}`
}

/** The row asks the backend to misbehave, or how it copes with load: what comes back is not in the configuration. */
export function dependsOnBackend(call: Call): string | undefined {
  if (call.kind === 'http' && call.parallel) return 'what many requests at once meet depends on the load'
  const headers = call.kind === 'http' ? call.headers : call.kind === 'grpc' ? call.metadata : undefined
  const asked = Object.keys(headers ?? {}).find(name => name.startsWith('x-echo-'))
  return asked === undefined ? undefined : `the backend decides what comes back (${asked})`
}

function served(call: TrafficCall, replies: readonly Reply[]): string[] {
  const { expect } = call
  const found: string[] = []
  const parts = new Map<string, number>()
  for (const { label, share } of replies) parts.set(label, (parts.get(label) ?? 0) + share)
  const all = [...parts].map(([label, share]) => `${label}: ${share.toFixed(3)}`).join(', ')
  if ('share' in expect && expect.share && !dependsOnBackend(call)) {
    const times = 'times' in call ? (call.times ?? 1) : 1
    for (const [label, [least, most]] of Object.entries(expect.share)) {
      const count = (parts.get(label) ?? 0) * times
      if (count < least || count > most) found.push(`expected ${least} to ${most} of ${times} from ${label}, explain says ${all}`)
    }
    const stranger = [...parts.keys()].find(label => !(label in (expect.share ?? {})))
    if (stranger !== undefined) found.push(`explain leads to ${stranger}, which is not expected: ${all}`)
  } else if ('served' in expect && expect.served !== undefined && (parts.size !== 1 || !parts.has(expect.served)))
    found.push(`expected ${expect.served}, explain says ${all}`)
  const pods = new Set(replies.map(reply => reply.pod))
  if ('onePod' in expect && expect.onePod && pods.size !== 1) found.push(`expected one pod, explain says ${[...pods].join(', ')}`)
  if ('pods' in expect && expect.pods !== undefined && pods.size < expect.pods)
    found.push(`expected ${expect.pods} pods, explain says ${[...pods].join(', ')}`)
  if (
    call.kind === 'tcp' &&
    (expect === undefined || !('refused' in expect)) &&
    replies.some(({ action }) => action.kind !== 'forward')
  )
    found.push(`explain says the connection is closed: ${all}`)
  return found
}

/** @param other what the proxy beside the endpoint makes of the request */
function httpDifferences(call: HttpCall, replies: readonly Reply[], other: Answer | undefined): string[] {
  const { expect } = call
  const found: string[] = []
  for (const reply of replies) {
    const { action } = reply
    if (!expect.share && !dependsOnBackend(call)) {
      const status = action.kind === 'answer' ? action.status : reply.label === '503' ? 503 : 200
      if (status !== (expect.status ?? 200)) found.push(`expected status ${expect.status ?? 200}, explain says ${status}`)
    }
    if (action.kind === 'answer') found.push(...answerDifferences(expect, action))
    if (action.kind === 'forward') found.push(...requestDifferences(call, action, other))
  }
  return [...new Set([...found, ...copyDifferences(call, replies)])]
}

function answerDifferences({ headers, body }: HttpExpectation, action: Extract<Action, { kind: 'answer' }>): string[] {
  const found: string[] = []
  const location = headers?.['location']
  if (location !== undefined && !fits(location, action.location))
    found.push(`expected location ${location}, explain says ${action.location}`)
  if (action.details === 'direct_response' && typeof body === 'string' && body !== action.body)
    found.push(`expected body ${body}, explain says ${action.body}`)
  return found
}

/** What a handshake brings to light, which no configuration says. */
const OF_CERTIFICATES: ReadonlySet<string> = new Set(['x-forwarded-client-cert', 'x-client-certificate'])

/** Made by chance for each request. */
const OF_TRACES = /^(?:traceparent|tracestate|b3|x-b3-.*|x-request-id)$/

/** The request as the backend sees it. */
function requestDifferences({ url, headers = {}, expect }: HttpCall, { request }: Forward, other: Answer | undefined): string[] {
  if (!request) return []
  const action = other?.action
  const last = action?.kind === 'forward' ? action.request : undefined
  const found: string[] = []
  if (expect.path !== undefined && !fits(expect.path, request.path))
    found.push(`expected path ${expect.path}, explain says ${request.path}`)
  const { host } = expect
  if (typeof host === 'string' && host !== request.authority)
    found.push(`expected host ${host} of ${url}, explain says ${request.authority}`)
  for (const [name, wanted] of Object.entries(expect.seen ?? {})) {
    if (name.startsWith('x-envoy-') || OF_CERTIFICATES.has(name) || OF_TRACES.test(name)) continue
    const sent = request.headersRemoved.includes(name) ? undefined : (request.headersSet[name] ?? headers[name])
    const value = last?.headersRemoved.includes(name) ? undefined : (last?.headersSet[name] ?? sent)
    if (!fits(wanted, value)) found.push(`expected header ${name} to be ${wanted}, explain says ${value}`)
  }
  return found
}

/** How many requests each backend gets, copies included. */
function copyDifferences(call: HttpCall, replies: readonly Reply[]): string[] {
  const { received } = call.expect
  if (!received || dependsOnBackend(call)) return []
  const times = call.times ?? 1
  return Object.entries(received).flatMap(([label, [least, most]]) => {
    const own = replies.filter(reply => reply.label === label).reduce((sum, { share }) => sum + share, 0)
    const copies = replies.flatMap(({ action, share }) =>
      action.kind === 'forward'
        ? (action.request?.mirrors ?? []).map(mirror => ({ ...mirror, share: mirror.share * share }))
        : [],
    )
    const copied = copies.filter(({ cluster }) => isCopiedTo(cluster, label)).reduce((sum, { share }) => sum + share, 0)
    const count = times * (own + copied)
    return count < least || count > most ? [`expected ${label} to get ${least} to ${most} requests, explain says ${count}`] : []
  })
}

/** A cluster without a subset is meant by every version of its service. */
function isCopiedTo(cluster: string, label: string): boolean {
  const name = labelOf(cluster)
  return name === label || (name.endsWith(' ') && label.startsWith(name))
}

/** "outbound|80|v2|echo.default.svc.cluster.local" -> "echo v2" */
function labelOf(cluster: string): string {
  const [, , subset = '', host = ''] = cluster.split('|')
  return `${host.split('.')[0]} ${subset || 'v1'}`
}

function fits(wanted: Expected, got: string | undefined): boolean {
  if (wanted === null) return got === undefined
  return got !== undefined && (wanted instanceof RegExp ? wanted.test(got) : wanted === got)
}
