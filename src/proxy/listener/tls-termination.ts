/**
 * TLS towards clients (envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext).
 */
import type { Socket } from 'node:net'
import type { TLSSocketOptions } from 'node:tls'
import type { TransportSocket } from '../../xds/gen/envoy/config/core/v3/base.ts'
import { DownstreamTlsContext } from '../../xds/gen/envoy/extensions/transport_sockets/tls/v3/tls.ts'
import { unpack } from '../../xds/wire/any.ts'
import { messageName } from '../../xds/wire/type-url.ts'
import { secureContext, validationContext, versions } from '../tls/context.ts'
import { alternativeNames, type SanTest, sanTest } from '../tls/san-match.ts'

/** A client that does not finish its handshake is not waited for longer. Envoy's transport_socket_connect_timeout, which is off there. */
const HANDSHAKE_MS = 15_000

const RAW = 'envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer'
const TLS = 'envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext'

/** @returns undefined: plain bytes @throws on what can't be used */
export function readTlsTermination(config: TransportSocket | undefined): TlsTermination | undefined {
  const typed = config?.configType?.value
  const name = typed === undefined ? config?.name : messageName(typed.typeUrl)
  if (name === undefined || name === RAW) return undefined
  const tls = unpack(TLS, DownstreamTlsContext, typed)
  if (tls === undefined) throw new Error(`transport socket "${name}" is not supported, expected raw_buffer or tls`)
  return new TlsTermination(tls)
}

export class TlsTermination {
  readonly #options: TLSSocketOptions
  /** In the order of preference. */
  readonly #alpn: readonly string[]
  readonly #sanTests: readonly SanTest[]

  constructor(message: DownstreamTlsContext) {
    const common = message.commonTlsContext
    if (common === undefined || (common.tlsCertificates.length === 0 && common.tlsCertificateSdsSecretConfigs.length === 0))
      throw new Error('the TLS context has no certificate')
    const validation = validationContext(common)
    const required = message.requireClientCertificate ?? false
    const verifies = validation?.trustedCa !== undefined
    if (required && !verifies) throw new Error('require_client_certificate is of no use without trusted_ca, expected both')
    this.#sanTests = (validation?.matchTypedSubjectAltNames ?? []).map(sanTest)
    this.#alpn = common.alpnProtocols
    this.#options = {
      isServer: true,
      secureContext: secureContext(common, validation),
      requestCert: verifies,
      rejectUnauthorized: required,
      ...versions(common),
    }
  }

  /**
   * @param socket paused; bytes that were looked at have been given back
   * @param offered protocols of the client's hello, where it was looked at; empty: not known
   * @param done called once: with the socket of plain bytes, paused, and the protocol agreed on; undefined: the handshake failed
   */
  terminate(socket: Socket, offered: readonly string[], done: (secure: Socket | undefined, alpn: string) => void): void {
    const { TLSSocket } = process.getBuiltinModule('node:tls')
    // Without a common protocol the connection goes on without one, as in Envoy; node:tls would refuse it.
    const agreeable = offered.length === 0 || this.#alpn.some(protocol => offered.includes(protocol))
    const alpn = this.#alpn.length > 0 && agreeable && { ALPNProtocols: [...this.#alpn] }
    const secure = new TLSSocket(socket, { ...this.#options, ...alpn })
    const timer = setTimeout(() => secure.destroy(), HANDSHAKE_MS)
    const failed = () => {
      clearTimeout(timer)
      done(undefined, '')
    }
    // Errors end in 'close'.
    secure.on('error', () => {})
    secure.once('close', failed)
    secure.once('secure', () => {
      clearTimeout(timer)
      secure.off('close', failed)
      if (!this.#accepts(secure.getPeerCertificate().subjectaltname)) {
        secure.destroy()
        done(undefined, '')
        return
      }
      secure.pause()
      // node:tls clears it only for sockets of its own servers, and node:http2 waits for that.
      Reflect.set(secure, 'secureConnecting', false)
      done(secure, typeof secure.alpnProtocol === 'string' ? secure.alpnProtocol : '')
    })
  }

  #accepts(names: string | undefined): boolean {
    if (this.#sanTests.length === 0 || names === undefined) return true
    return alternativeNames(names).some(([kind, value]) => this.#sanTests.some(test => test(kind, value)))
  }
}
