/**
 * TLS towards clients (envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext).
 */
import type { X509Certificate } from 'node:crypto'
import type { Socket } from 'node:net'
import type { SecureVersion, TLSSocket } from 'node:tls'
import type { TransportSocket } from '../../xds/gen/envoy/config/core/v3/base.ts'
import { DownstreamTlsContext } from '../../xds/gen/envoy/extensions/transport_sockets/tls/v3/tls.ts'
import { unpack } from '../../xds/wire/any.ts'
import { messageName } from '../../xds/wire/type-url.ts'
import { SHARED } from '../http2/shared-connection.ts'
import { type BuiltContext, TlsContext } from '../tls/context.ts'
import { type Peer, PeerCertificate } from '../tls/peer.ts'
import type { SecretSlot, Secrets } from '../tls/secrets.ts'
import { versions } from '../tls/secure-context.ts'
import { verifyError } from '../tls/verify-error.ts'

/** A client that does not finish its handshake is not waited for longer. Envoy's transport_socket_connect_timeout, which is off there. */
const HANDSHAKE_MS = 15_000

const RAW = 'envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer'
const TLS = 'envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext'

/** @returns undefined: plain bytes @throws on what can't be used */
export function readTlsTermination(config: TransportSocket | undefined, secrets: Secrets): TlsTermination | undefined {
  const typed = config?.configType?.value
  const name = typed === undefined ? config?.name : messageName(typed.typeUrl)
  if (name === undefined || name === RAW) return undefined
  const tls = unpack(TLS, DownstreamTlsContext, typed)
  if (tls === undefined) throw new Error(`transport socket "${name}" is not supported, expected raw_buffer or tls`)
  return new TlsTermination(tls, secrets)
}

/** A connection after its handshake. */
export interface Terminated {
  /** Plain bytes; paused. */
  readonly socket: Socket
  /** The protocol agreed on; empty: none. */
  readonly alpn: string
  /** undefined: the client showed no certificate, or one that was accepted without being trusted. */
  readonly peer: Peer | undefined
  /** SPIFFE ids of the certificate that it was shown. */
  readonly ownUriSans: readonly string[]
}

/** Why there is none, for the log; Envoy's counters tell three kinds apart. */
export interface HandshakeFailure {
  readonly kind: 'fail_verify_no_cert' | 'fail_verify_error' | 'fail_verify_san' | 'connection_error'
  readonly reason: string
}

export class TlsTermination {
  readonly #context: TlsContext
  readonly #versions: { readonly minVersion: SecureVersion; readonly maxVersion: SecureVersion }
  readonly #requiresCertificate: boolean
  readonly #requiresSni: boolean
  /** In the order of preference. */
  readonly #alpn: readonly string[]

  constructor(message: DownstreamTlsContext, secrets: Secrets) {
    const common = message.commonTlsContext
    this.#context = new TlsContext(common, secrets)
    if (common === undefined || !this.#context.hasCertificate) throw new Error('the TLS context has no certificate')
    this.#requiresCertificate = message.requireClientCertificate ?? false
    this.#requiresSni = message.requireSni ?? false
    const built = this.#context.current
    if (this.#requiresCertificate && built && !built.asksForCertificate)
      throw new Error('require_client_certificate is of no use without trusted_ca, expected both')
    // Who shows a certificate and knows the name is a proxy like this one.
    const shares = this.#requiresCertificate && common.alpnProtocols.includes('h2')
    this.#alpn = shares ? [SHARED, ...common.alpnProtocols] : common.alpnProtocols
    this.#versions = versions(common.tlsParams)
  }

  #withoutCertificate(): HandshakeFailure | undefined {
    return this.#requiresCertificate ? NO_CERTIFICATE : undefined
  }

  /** The secrets that it refers to. */
  get secrets(): readonly SecretSlot[] {
    return this.#context.slots
  }

  /**
   * @param socket paused; bytes that were looked at have been given back
   * @param offered protocols of the client's hello, where it was looked at; empty: not known
   * @param done called once; without a connection when the handshake failed, or there is no certificate yet
   */
  terminate(
    socket: Socket,
    offered: readonly string[],
    done: (terminated: Terminated | undefined, failure?: HandshakeFailure) => void,
  ): void {
    const built = this.#context.current
    if (built === undefined) {
      // As Envoy does: a client tries again, and what waits would pile up.
      socket.destroy()
      done(undefined, { kind: 'connection_error', reason: 'the proxy has no certificate yet' })
      return
    }
    const { TLSSocket } = process.getBuiltinModule('node:tls')
    // Without a common protocol the connection goes on without one, as in Envoy; node:tls would refuse it.
    const agreeable = offered.length === 0 || this.#alpn.some(protocol => offered.includes(protocol))
    const secure = new TLSSocket(socket, {
      isServer: true,
      secureContext: built.secure,
      requestCert: built.asksForCertificate,
      rejectUnauthorized: this.#requiresCertificate,
      ...this.#versions,
      ...(this.#alpn.length > 0 && agreeable && { ALPNProtocols: [...this.#alpn] }),
    })
    const timer = setTimeout(() => secure.destroy(), HANDSHAKE_MS)
    let error: NodeJS.ErrnoException | undefined
    const failed = () => {
      clearTimeout(timer)
      done(undefined, handshakeFailure(error))
    }
    // Errors end in 'close'.
    secure.on('error', given => {
      error ??= given
    })
    secure.once('close', failed)
    secure.once('secure', () => {
      clearTimeout(timer)
      secure.off('close', failed)
      const certificate = secure.getPeerX509Certificate()
      const failure = certificate === undefined ? this.#withoutCertificate() : certificateFailure(secure, certificate, built)
      const refused = failure ?? (this.#requiresSni && !secure.servername ? NO_SNI : undefined)
      if (refused !== undefined) {
        secure.destroy()
        done(undefined, refused)
        return
      }
      secure.pause()
      // node:tls clears it only for sockets of its own servers, and node:http2 waits for that.
      Reflect.set(secure, 'secureConnecting', false)
      const alpn = typeof secure.alpnProtocol === 'string' ? secure.alpnProtocol : ''
      // Otherwise anybody could be whom a policy lets in. (Envoy does not tell them apart.)
      const proven = certificate && !(built.acceptsUntrusted && mistrust(secure, certificate))
      done({ socket: secure, alpn, peer: proven ? new PeerCertificate(certificate) : undefined, ownUriSans: built.ownUriSans })
    })
  }
}

const NO_CERTIFICATE: HandshakeFailure = { kind: 'fail_verify_no_cert', reason: 'it showed no certificate' }
const NO_SNI: HandshakeFailure = { kind: 'connection_error', reason: 'it named no server' }

function certificateFailure(
  socket: TLSSocket,
  certificate: X509Certificate,
  { verifiesChain, test }: BuiltContext,
): HandshakeFailure | undefined {
  const code = verifiesChain ? mistrust(socket, certificate) : undefined
  if (code !== undefined)
    return {
      kind: 'fail_verify_error',
      reason: `its certificate for "${certificate.subjectAltName ?? ''}" does not verify (${code})`,
    }
  const reason = test(certificate)
  return reason === undefined ? undefined : { kind: 'fail_verify_san', reason }
}

/** @returns OpenSSL's word for it; undefined: the certificate is trusted */
function mistrust(socket: TLSSocket, certificate: X509Certificate): string | undefined {
  return verifyError(socket) ?? (hasLapsed(socket, certificate) ? 'CERT_HAS_EXPIRED' : undefined)
}

/** As node:tls tells of it; a client that left, or took too long, leaves no error. */
function handshakeFailure(error: NodeJS.ErrnoException | undefined): HandshakeFailure {
  if (error?.code === 'ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE') return NO_CERTIFICATE
  const reason = error?.code?.startsWith('ERR_SSL_')
    ? error.code.slice('ERR_SSL_'.length).toLowerCase().replaceAll('_', ' ')
    : error?.message
  return { kind: 'connection_error', reason: reason ?? 'it ended the handshake' }
}

/**
 * A resumed session is not verified again, and OpenSSL remembers what it found when the certificate was valid. Whatever else may have changed since, trust
 * and revocations, came with a new context, whose tickets are others.
 */
function hasLapsed(socket: TLSSocket, certificate: X509Certificate): boolean {
  return socket.isSessionReused() && certificate.validToDate.getTime() < Date.now()
}
