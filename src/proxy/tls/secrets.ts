/**
 * Secrets that come apart from what uses them (SDS): certificates with their keys, and what peers are verified by. One slot a secret, whose content an
 * update replaces for all who hold the slot; TLS contexts build anew what they made of it at the next connection.
 *
 * A secret comes over ADS, from an SDS server that a static cluster names, or, where that cluster is `sds-grpc` and this process has an identity of its own,
 * from the identity.
 */
import type { SdsSecretConfig, Secret } from '../../xds/gen/envoy/extensions/transport_sockets/tls/v3/secret.ts'
import { durationMs } from '../../xds/wire/duration.ts'
import { checkSecret } from './check-secret.ts'

/** Who a secret comes from. */
export type SecretOrigin = { readonly kind: 'ads' } | { readonly kind: 'cluster'; readonly cluster: string }

/** The static cluster that stands for the workload's agent, as in Istio. */
export const AGENT_CLUSTER = 'sds-grpc'

/** Envoy's default of initial_fetch_timeout. */
const FETCH_TIMEOUT_MS = 15_000

export class SecretSlot {
  readonly name: string
  readonly origin: SecretOrigin
  /** Milliseconds a listener waits for it before it accepts without; 0: as long as it takes. */
  readonly fetchTimeoutMs: number
  /** undefined: it has not come yet. */
  secret: Secret | undefined
  /** When it came, milliseconds since the epoch. */
  updatedAt = 0

  constructor(name: string, origin: SecretOrigin, fetchTimeoutMs: number) {
    this.name = name
    this.origin = origin
    this.fetchTimeoutMs = fetchTimeoutMs
  }
}

export class Secrets {
  readonly #slots = new Map<string, SecretSlot>()
  /** What came before anybody asked, of clusters that are served in this process. */
  readonly #own = new Map<string, Secret>()
  readonly #hasCluster: (name: string) => boolean

  /** @param hasCluster whether there is an SDS server of that name */
  constructor(hasCluster: (name: string) => boolean) {
    this.#hasCluster = hasCluster
  }

  /** The slot that a TLS context refers to, made at the first call. @throws when its source is not supported */
  slot(config: SdsSecretConfig): SecretSlot {
    const origin = originOf(config)
    if (origin.kind === 'cluster' && !this.#hasCluster(origin.cluster))
      throw new Error(
        `secret "${config.name}" comes by cluster "${origin.cluster}", which is not among the static_resources.clusters of the bootstrap`,
      )
    const key = keyOf(origin, config.name)
    const found = this.#slots.get(key)
    if (found !== undefined) return found
    const slot = new SecretSlot(config.name, origin, durationMs(config.sdsConfig?.initialFetchTimeout) ?? FETCH_TIMEOUT_MS)
    slot.secret = this.#own.get(key)
    if (slot.secret !== undefined) slot.updatedAt = Date.now()
    this.#slots.set(key, slot)
    return slot
  }

  /** A secret came. @throws when it cannot be used: the one before goes on */
  put(origin: SecretOrigin, secret: Secret): void {
    checkSecret(secret)
    const slot = this.#slots.get(keyOf(origin, secret.name))
    if (slot === undefined) return
    slot.secret = secret
    slot.updatedAt = Date.now()
  }

  /** A secret of this process's own identity: kept for those who ask later. */
  putOwn(cluster: string, secret: Secret): void {
    const origin = { kind: 'cluster', cluster } as const
    this.#own.set(keyOf(origin, secret.name), secret)
    this.put(origin, secret)
  }

  /** In the order in which they were asked for. */
  all(): SecretSlot[] {
    return [...this.#slots.values()]
  }

  /** Forgets the slots that nobody needs any more. */
  keepOnly(needed: ReadonlySet<SecretSlot>): void {
    for (const [key, slot] of this.#slots) if (!needed.has(slot)) this.#slots.delete(key)
  }
}

function originOf({ name, sdsConfig }: SdsSecretConfig): SecretOrigin {
  const source = sdsConfig?.configSourceSpecifier
  if (source?.$case === 'ads') return { kind: 'ads' }
  if (source?.$case === 'apiConfigSource') {
    const target = source.value.grpcServices[0]?.targetSpecifier
    if (target?.$case === 'envoyGrpc') return { kind: 'cluster', cluster: target.value.clusterName }
  }
  const kind = source?.$case ?? 'no source: it is to be among static_resources.secrets'
  throw new Error(`secret "${name}" comes by ${kind}, which is not supported, expected ads or api_config_source with envoy_grpc`)
}

function keyOf(origin: SecretOrigin, name: string): string {
  return origin.kind === 'ads' ? `ads\n${name}` : `cluster ${origin.cluster}\n${name}`
}
