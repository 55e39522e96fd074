/** Whether a caller may have the configuration of the proxy that it says it is: namespace and service account must be its own. */
import { type Identity, spiffeId } from './spiffe.ts'

/** What a proxy says of itself: `sidecar~10.0.0.1~cart-0.shop~shop.svc.cluster.local` and metadata. */
export interface ClaimedNode {
  readonly id: string
  readonly metadata?: Readonly<Record<string, unknown>> | undefined
}

/**
 * @param known service account of a workload that the mesh knows by namespace and name; undefined: it does not know it
 * @returns why not, in a sentence for the caller and the log; undefined: it may
 */
export function nodeRefusal(
  caller: { readonly identity: Identity; readonly pod: string | undefined },
  node: ClaimedNode,
  known: (namespace: string, name: string) => string | undefined,
): string | undefined {
  const { identity, pod } = caller
  const [, , workload = '', domain = ''] = node.id.split('~')
  const { NAMESPACE, NAME, SERVICE_ACCOUNT } = node.metadata ?? {}
  const at = workload.lastIndexOf('.')
  const refuse = (what: string) => `Cannot give "${spiffeId(identity)}" the configuration of node "${node.id}": ${what}`
  // Each place that names a namespace, because which of them counts is decided elsewhere.
  const namespaces = [text(NAMESPACE), at < 0 ? '' : workload.slice(at + 1), domain.split('.', 1)[0] ?? ''].filter(Boolean)
  const foreign = namespaces.find(namespace => namespace !== identity.namespace)
  if (foreign !== undefined || namespaces.length === 0) return refuse(`it is of namespace "${foreign ?? ''}"`)
  const claimed = text(SERVICE_ACCOUNT)
  if (claimed !== '' && claimed !== identity.serviceAccount) return refuse(`it says that its service account is "${claimed}"`)
  const name = text(NAME) || (at < 0 ? workload : workload.slice(0, at))
  if (pod !== undefined && pod !== name) return refuse(`the token is for pod "${pod}"`)
  const account = known(identity.namespace, name)
  if (account !== undefined && account !== identity.serviceAccount) return refuse(`its service account is "${account}"`)
  return undefined
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
