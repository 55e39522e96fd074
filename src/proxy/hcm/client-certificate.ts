/**
 * x-forwarded-client-cert: what is told to the application of the client's certificate, and what is believed of what a client says itself
 * (forward_client_cert_details and set_current_client_cert_details). As in Envoy, the header survives only from a client that proved who it is.
 */
import {
  HttpConnectionManager_ForwardClientCertDetails as Forward,
  type HttpConnectionManager,
} from '../../xds/gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager.ts'
import type { Headers } from '../http/headers.ts'
import type { Connection } from '../listener/connection.ts'
import type { Peer } from '../tls/peer.ts'

const HEADER = 'x-forwarded-client-cert'

/** Of one connection, for the header. */
type Describe = (connection: Pick<Connection, 'ownUriSans'>, peer: Peer) => string

export class ClientCertificateRule {
  readonly #forward: Forward
  readonly #describe: Describe
  /** All requests of a connection have the same client. */
  readonly #described = new WeakMap<Peer, string>()

  constructor({ forwardClientCertDetails, setCurrentClientCertDetails }: HttpConnectionManager) {
    this.#forward = forwardClientCertDetails
    this.#describe = describer(setCurrentClientCertDetails)
  }

  /** @throws on what is not supported */
  static read(config: HttpConnectionManager): ClientCertificateRule {
    if (config.setCurrentClientCertDetails?.chain) throw new Error('set_current_client_cert_details.chain is not supported')
    return new ClientCertificateRule(config)
  }

  apply(headers: Headers, connection: Pick<Connection, 'ownUriSans' | 'peer'>): void {
    if (this.#forward === Forward.ALWAYS_FORWARD_ONLY) return
    const { peer } = connection
    if (this.#forward === Forward.SANITIZE || peer === undefined) {
      headers.remove(HEADER)
      return
    }
    if (this.#forward === Forward.FORWARD_ONLY) return
    let own = this.#described.get(peer)
    if (own === undefined) {
      own = this.#describe(connection, peer)
      this.#described.set(peer, own)
    }
    const before = this.#forward === Forward.APPEND_FORWARD ? headers.get(HEADER) : undefined
    headers.set(HEADER, before === undefined ? own : `${before},${own}`)
  }
}

function describer(parts: HttpConnectionManager['setCurrentClientCertDetails']): Describe {
  return ({ ownUriSans }, peer) =>
    [
      ...ownUriSans.map(uri => `By=${uri}`),
      `Hash=${peer.sha256}`,
      ...(parts?.cert ? [`Cert="${encodeURIComponent(peer.pem)}"`] : []),
      ...(parts?.subject ? [`Subject="${peer.subject}"`] : []),
      ...(parts?.uri ? peer.uriSans.map(uri => `URI=${uri}`) : []),
      ...(parts?.dns ? peer.dnsSans.map(name => `DNS=${name}`) : []),
    ].join(';')
}
