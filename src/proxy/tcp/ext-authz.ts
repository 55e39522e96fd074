/** An external authorizer decides about connections of bytes (envoy.filters.network.ext_authz): none is passed on before it has answered. */
import type { ExtAuthz } from '../../xds/gen/envoy/extensions/filters/network/ext_authz/v3/ext_authz.ts'
import type { Clusters } from '../cluster/cluster.ts'
import type { Authorizer } from '../filters/ext-authz/authorizer.ts'
import { GrpcAuthorizer } from '../filters/ext-authz/grpc-authorizer.ts'
import { pickingRule } from '../filters/ext-authz/picking-rule.ts'
import type { Ruling } from '../filters/ext-authz/ruling.ts'
import type { Connection, OpenConnection, TerminalFilter } from '../listener/connection.ts'
import type { DynamicMetadata } from '../metadata/dynamic.ts'
import { compileMetadataMatcher } from '../metadata/matcher.ts'
import type { RefuseConnection } from './refusal.ts'

/** <stat_prefix>.ext_authz.* */
export class NetworkExtAuthzStats {
  total = 0
  ok = 0
  denied = 0
  error = 0
  disabled = 0
  failure_mode_allowed = 0
  cx_closed = 0
  active = 0
}

export interface NetworkExtAuthzServices {
  readonly clusters: Clusters
  readonly stats: NetworkExtAuthzStats
  /** Is told of every connection that is closed, with the reason. */
  readonly refused: RefuseConnection
}

export class NetworkExtAuthz implements TerminalFilter {
  readonly next: TerminalFilter
  readonly #services: NetworkExtAuthzServices
  readonly #authorizer: Authorizer
  readonly #failOpen: boolean
  readonly #concerns: (metadata: DynamicMetadata | undefined) => boolean

  readonly #pickedBy: (metadata: DynamicMetadata | undefined) => string | undefined

  /** @throws on settings that cannot be followed */
  constructor(config: ExtAuthz, next: TerminalFilter, services: NetworkExtAuthzServices) {
    if (config.includePeerCertificate) throw new Error('ext_authz: include_peer_certificate is not supported')
    if (config.bootstrapMetadataLabelsKey) throw new Error('ext_authz: bootstrap_metadata_labels_key is not supported')
    this.next = next
    this.#services = services
    this.#failOpen = config.failureModeAllow
    this.#concerns = config.filterEnabledMetadata ? compileMetadataMatcher(config.filterEnabledMetadata) : () => true
    this.#pickedBy = pickingRule(config.filterEnabledMetadata)
    const options = { sends: () => true, metadataNamespaces: [], includeTlsSession: config.includeTlsSession }
    this.#authorizer = new GrpcAuthorizer(config.grpcService, options, services.clusters)
  }

  accept(connection: Connection, closed: (ended: OpenConnection) => void): OpenConnection {
    const { stats } = this.#services
    if (!this.#concerns(connection.metadata)) {
      stats.disabled++
      return this.next.accept(connection, closed)
    }
    stats.total++
    stats.active++
    return new AskedConnection(
      connection,
      closed,
      this.next,
      decided => {
        const { facts, metadata } = connection
        const question = {
          connection,
          head: undefined,
          remoteAddress: facts.remoteAddress,
          startTime: Date.now(),
          body: undefined,
          context: {},
          metadata,
        }
        return this.#authorizer.ask(question, ruling => {
          stats.active--
          decided(this.#passes(connection, ruling))
        })
      },
      () => stats.active--,
    )
  }

  #passes(connection: Connection, ruling: Ruling): boolean {
    const { stats, refused } = this.#services
    if (ruling.kind === 'allowed') stats.ok++
    else if (ruling.kind === 'denied') stats.denied++
    else stats.error++
    if (ruling.kind === 'allowed') return true
    if (ruling.kind === 'unknown' && this.#failOpen) {
      stats.failure_mode_allowed++
      return true
    }
    stats.cx_closed++
    const { cluster } = this.#authorizer
    const reason = ruling.kind === 'unknown' ? `${cluster} could not be asked: ${ruling.reason}` : `${cluster} denies it`
    refused(connection, { by: 'authorizer', reason, policy: this.#pickedBy(connection.metadata) })
    return false
  }
}

/** A connection while the authorizer is asked, and then whatever the next filter makes of it. */
class AskedConnection implements OpenConnection {
  readonly #connection: Connection
  readonly #closed: (ended: OpenConnection) => void
  #giveUp: (() => void) | undefined
  #served: OpenConnection | undefined

  constructor(
    connection: Connection,
    closed: (ended: OpenConnection) => void,
    next: TerminalFilter,
    ask: (decided: (passes: boolean) => void) => () => void,
    givenUp: () => void,
  ) {
    this.#connection = connection
    this.#closed = closed
    const { socket } = connection
    const gone = () => {
      this.#giveUp?.()
      this.#giveUp = undefined
      closed(this)
    }
    const failed = () => {}
    socket.once('close', gone)
    socket.on('error', failed)
    const cancel = ask(passes => {
      this.#giveUp = undefined
      if (!passes) return void socket.destroy()
      socket.off('close', gone)
      socket.off('error', failed)
      this.#served = next.accept(connection, () => this.#closed(this))
    })
    this.#giveUp = () => {
      cancel()
      givenUp()
    }
  }

  get active(): number {
    return this.#served?.active ?? 1
  }

  drain(): void {
    this.#served?.drain()
  }

  destroy(): void {
    if (this.#served !== undefined) this.#served.destroy()
    else this.#connection.socket.destroy()
  }
}
