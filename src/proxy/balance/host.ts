/**
 * One upstream address of a cluster, with what the balancers and the retry logic need to know of it. The same object stays while the
 * address does, across endpoint updates, so that its counters and connections live on.
 */
export interface Host {
  /** "10.0.0.5:8080", "[::1]:80" or a unix socket's path: unique within its cluster. */
  readonly address: string
  readonly ip: string
  readonly port: number
  /** For TLS SNI, auto host rewrite and strict DNS: the name the address came from, else the address. */
  readonly hostname: string
  weight: number
  priority: number
  locality: string // region/zone/subzone
  /** load_balancing_weight of its locality (LocalityLbEndpoints); 0: none given. Read when the cluster balances by locality weight. */
  localityWeight: number
  /** filter_metadata["envoy.lb"]: what subsets select by. */
  labels: ReadonlyMap<string, string>
  /** filter_metadata: who it is, for telemetry. */
  readonly metadata?: Readonly<Record<string, unknown>>
  /** Connections to it are encrypted. */
  readonly secure?: boolean
  /** SPIFFE ids of both ends of the connections to it, once there was one with certificates. */
  readonly principals?: { readonly peer: string | undefined; readonly own: string | undefined } | undefined
  healthy: boolean
  /** Milliseconds since the epoch: when it came, or passed its health checks again. undefined: nobody asks. */
  readonly since?: number | undefined
  /** Requests (HTTP) or connections (TCP) under way: least request reads it. */
  active: number
}

/** The host that a session has been with. */
export interface PreferredHost {
  readonly address: string
  /** No other one will do. */
  readonly strict: boolean
}

/** What a balancer may look at when it picks. Reused between requests by its owner; a balancer keeps nothing of it. */
export interface PickContext {
  /** 64 bits from the route's hash policy; undefined: no hash, hash-based balancers fall back to random. */
  hash: bigint | undefined
  /** The route's or weighted cluster's metadata_match for "envoy.lb"; undefined: no subset asked for. */
  subset: ReadonlyMap<string, string> | undefined
  /** Hosts already tried (retry host predicate previous_hosts); a pick avoids them if it can. */
  tried: readonly Host[] | undefined
  /** The retry policy's previousPrioritiesFrequency: after so many `tried` hosts their priorities are avoided too. 0: not. */
  previousPrioritiesFrequency: number
  /** Original destination "ip:port" of a captured connection (ORIGINAL_DST clusters). */
  originalDestination: string | undefined
  /** If it may be used it is taken, whatever the policy. @default none */
  preferred?: PreferredHost | undefined
  /** Host header or SNI, for the dynamic forward proxy. */
  authority: string
}

/** Picks a host among those it was built with; built anew (whole) when hosts, weights or a host's health change. */
export interface Balancer {
  /** @returns undefined when there is no host to pick. */
  pick(context: PickContext): Host | undefined
  /** For `explain`: who `pick` may give, and how likely; a hash decides alone. Hosts already tried are not taken into account. */
  odds(context: PickContext): readonly HostOdds[]
}

/** How likely a host is to be picked. */
export interface HostOdds {
  readonly host: Host
  /** 0 to 1; those of all hosts add up to 1. In the long run, with every host equally busy. */
  readonly share: number
}
