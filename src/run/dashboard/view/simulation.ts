/** The policy simulator: what would become of a request, decided by the proxies' own code. */
import { proxyNamed } from '../../../explain/proxies.ts'
import type { Answer } from '../../../explain/request/answer.ts'
import { callFor } from '../../../explain/request/destination.ts'
import { Explainer } from '../../../explain/request/explain.ts'
import type { Mesh } from '../../../model/mesh.ts'

export interface SimulatedRequest {
  /** "namespace/workload" */
  readonly from: string
  readonly url: string
  readonly method: string
  readonly headers: readonly (readonly [name: string, value: string])[]
  /** A JWT; "": none. */
  readonly token: string
}

export interface Simulation {
  readonly verdict: 'reaches' | 'answered' | 'refused'
  /** "403 by AuthorizationPolicy shop/payments" */
  readonly sentence: string
  readonly notes: readonly string[]
  readonly answer: Answer
}

const explainers = new WeakMap<Mesh, Explainer>()

/** @throws a sentence, when the request says too little or names what is not there */
export async function simulate(mesh: Mesh, { from, url, method, headers, token }: SimulatedRequest): Promise<Simulation> {
  const proxy = proxyNamed(mesh, from)
  const all = token === '' ? headers : [...headers, ['authorization', `Bearer ${token}`] as const]
  const { call, notes } = callFor(mesh, proxy, { url, method: method || 'GET', headers: all })
  const explainer = explainers.get(mesh) ?? new Explainer(mesh)
  explainers.set(mesh, explainer)
  const answer = await explainer.explain(proxy, call, true)
  return { ...verdictOf(answer), notes, answer }
}

function verdictOf(answer: Answer): Pick<Simulation, 'verdict' | 'sentence'> {
  const side =
    answer.server && (answer.server.answer.error || answer.server.answer.action?.kind !== 'forward') ? answer.server : undefined
  const decisive = side?.answer ?? answer
  const at = side ? ` at ${side.workload}` : ''
  const { error, action } = decisive
  const cause = decisive.steps.findLast(step => step.cause && step.cause.file !== '')?.cause
  const by = cause ? ` by ${cause.object}${cause.rule === '' ? '' : ` ${cause.rule}`}` : ''
  if (error) return { verdict: 'refused', sentence: `${decisive.steps.at(-1)?.text ?? error}${at}` }
  if (action?.kind === 'answer')
    return { verdict: action.status < 400 ? 'answered' : 'refused', sentence: `${action.status}${at}${by} (${action.details})` }
  if (action?.kind === 'closed') return { verdict: 'refused', sentence: `the connection is closed${at}: ${action.reason}` }
  const [endpoint] = answer.action?.kind === 'forward' ? answer.action.endpoints : []
  if (action?.kind === 'forward' && !endpoint)
    return { verdict: 'refused', sentence: `no endpoint is there to take it (${action.cluster})` }
  return {
    verdict: 'reaches',
    sentence: `reaches ${answer.server?.workload ?? endpoint?.workload ?? endpoint?.address ?? 'its destination'}`,
  }
}
