/**
 * TLS towards upstreams (envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext): certificates, what is verified, and what the
 * peer is told. Sessions are resumed: a full handshake costs both sides a signature.
 */
import { X509Certificate } from 'node:crypto'
import type { ConnectionOptions, PeerCertificate, SecureVersion } from 'node:tls'
import type { UpstreamTlsContext } from '../../xds/gen/envoy/extensions/transport_sockets/tls/v3/tls.ts'
import { type BuiltContext, TlsContext } from '../tls/context.ts'
import type { SecretSlot, Secrets } from '../tls/secrets.ts'
import { versions } from '../tls/secure-context.ts'

/** Of one connection. */
export interface TlsRequest {
  /** Host that is connected to: sessions are its own. */
  readonly target: string
  /** The name to ask for when the configuration gives none: auto_sni. */
  readonly sni: string | undefined
  /** That name must be among those of the certificate: auto_san_validation. */
  readonly verifySni: boolean
  /** What to offer when the configuration says nothing. */
  readonly alpn: readonly string[]
  /** What to offer before all else. */
  readonly prefer?: string
}

/** How one connection is to be made. */
export interface TlsAttempt {
  readonly options: ConnectionOptions
  /** The peer gave a session to resume next time. */
  readonly onSession: (session: Buffer) => void
}

/** More than the hosts of most clusters. What is above begins with a full handshake now and then. */
const MOST_SESSIONS = 100

interface Resumable {
  readonly session: Buffer
  /** When the server's certificate ends, milliseconds since the epoch: a resumed session does not show one again. */
  readonly until: number
}

export class TlsOrigination {
  readonly #context: TlsContext
  readonly #versions: { readonly minVersion: SecureVersion; readonly maxVersion: SecureVersion }
  readonly #sni: string
  readonly #alpn: readonly string[]
  readonly #keepsSessions: boolean
  /** Newest session by host and name, made with `#sessionsOf`. */
  readonly #sessions = new Map<string, Resumable>()
  #sessionsOf: BuiltContext | undefined

  /** @throws on certificates that do not parse, and on what is not supported */
  constructor(message: UpstreamTlsContext, secrets: Secrets) {
    const common = message.commonTlsContext
    this.#context = new TlsContext(common, secrets)
    this.#sni = message.sni
    this.#alpn = common?.alpnProtocols ?? []
    this.#versions = versions(common?.tlsParams)
    this.#keepsSessions = message.maxSessionKeys !== 0
  }

  /** The secrets that it refers to. */
  get secrets(): readonly SecretSlot[] {
    return this.#context.slots
  }

  /** What node:tls connects with, besides the socket; undefined: a secret is not there yet. */
  attempt({ target, sni, verifySni, alpn, prefer }: TlsRequest): TlsAttempt | undefined {
    const built = this.#context.current
    if (built === undefined) return undefined
    if (built !== this.#sessionsOf) {
      // What was agreed on with another certificate, or another trust, is not gone on with.
      this.#sessions.clear()
      this.#sessionsOf = built
    }
    const servername = this.#sni || sni || ''
    const key = `${target} ${servername}`
    const kept = this.#sessions.get(key)
    const resumed = kept && Date.now() < kept.until ? kept : undefined
    let until = resumed?.until ?? Number.POSITIVE_INFINITY
    const options: ConnectionOptions = {
      secureContext: built.secure,
      rejectUnauthorized: built.verifiesChain,
      ...this.#versions,
      servername,
      ALPNProtocols: [...(prefer ? [prefer] : []), ...(this.#alpn.length > 0 ? this.#alpn : alpn)],
      ...(resumed && { session: resumed.session }),
      // Envoy compares no host name by itself: only what the configuration lists, or the name that was asked for.
      checkServerIdentity: (_host, certificate) => {
        if (built.verifiesChain) until = Date.parse(certificate.valid_to)
        return verify(certificate, built, verifySni ? servername : undefined)
      },
    }
    const onSession = (given: Buffer) => {
      if (!this.#keepsSessions || this.#sessionsOf !== built) return
      // The newest is last: the one that goes has not been used for longest.
      this.#sessions.delete(key)
      this.#sessions.set(key, { session: given, until })
      if (this.#sessions.size > MOST_SESSIONS)
        for (const oldest of this.#sessions.keys()) return void this.#sessions.delete(oldest)
    }
    return { options, onSession }
  }
}

function verify(certificate: PeerCertificate, { test }: BuiltContext, name: string | undefined): Error | undefined {
  const reason = test(new X509Certificate(certificate.raw))
  if (reason !== undefined) return new Error(reason)
  return name === undefined ? undefined : process.getBuiltinModule('node:tls').checkServerIdentity(name, certificate)
}
