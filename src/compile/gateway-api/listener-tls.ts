/** How a listener ends TLS: certificates, and whether and how clients show theirs. */
import type { Listener } from '../../api/gateway/gateway/listener.ts'
import type { GatewaySpec } from '../../api/gateway/gateway/schema.ts'
import type { ObjectHead } from '../../api/object.ts'
import type { KubernetesGateway } from '../../api/registry.ts'
import { BUILT_IN, PASSTHROUGH, type ServerTls } from '../../model/gateway.ts'
import { authorityRef, certificateRef, type Resolution } from './certificate-refs.ts'
import type { Refusal } from './conditions.ts'
import type { World } from './world.ts'

/** What Istio calls its extensions. */
const MODE_OPTION = 'gateway.istio.io/tls-terminate-mode'
const CIPHERS_OPTION = 'gateway.istio.io/tls-cipher-suites'

const MODES: Readonly<Record<string, ServerTls['mode']>> = {
  MUTUAL: 'mutual',
  OPTIONAL_MUTUAL: 'optional-mutual',
  ISTIO_MUTUAL: 'mesh',
  ISTIO_SIMPLE: 'simple',
}

/** Names that Envoy knows; Istio leaves out the others too. */
const CIPHER = /^(TLS_|ECDHE-|AES)[A-Z0-9_-]+$/

/** The workload's own certificate, shown to clients that need not have one. */
const ISTIO_SIMPLE = 'ISTIO_SIMPLE'

const WITHOUT_CERTIFICATE: Refusal = {
  reason: 'InvalidCertificateRef',
  message: 'TLS ends here with no certificate: expected certificateRefs',
}

export interface TlsResolution {
  readonly tls: ServerTls | undefined
  /** The reference that cannot be used. */
  readonly refusal: Refusal | undefined
  /** No authority can be used: the listener ends no TLS at all. */
  readonly withoutAuthority: boolean
}

/** @param owner the object the listener stands in, whose namespace and grants count */
export function resolveTls(listener: Listener, owner: ObjectHead, gateway: KubernetesGateway, world: World): TlsResolution {
  const { tls, protocol } = listener
  if (!tls || protocol === 'HTTP' || protocol === 'TCP') return { tls: undefined, refusal: undefined, withoutAuthority: false }
  const cipherSuites = (tls.options?.[CIPHERS_OPTION] ?? '')
    .split(',')
    .map(name => name.trim())
    .filter(name => CIPHER.test(name))
  if (tls.mode === 'Passthrough') return { tls: { ...PASSTHROUGH, cipherSuites }, refusal: undefined, withoutAuthority: false }
  const found = (tls.certificateRefs ?? []).map(ref => certificateRef(ref, owner, world))
  const certificates = split(found)
  const clients = protocol === 'HTTPS' ? frontend(gateway.spec, listener.port) : undefined
  const authorities = split((clients?.caCertificateRefs ?? []).map(ref => authorityRef(ref, gateway, world)))
  const [caCredential = ''] = authorities.found
  const option = tls.options?.[MODE_OPTION] ?? ''
  const asked = MODES[option]
  const credentials = option === ISTIO_SIMPLE ? [BUILT_IN] : certificates.found
  const mode = asked ?? (clients ? (clients.mode === 'AllowInsecureFallback' ? 'doubtful-mutual' : 'mutual') : 'simple')
  return {
    tls: { ...PASSTHROUGH, mode, credentials, caCredential, cipherSuites },
    refusal:
      certificates.refusal ??
      authorities.refusal ??
      (found.length === 0 && mode !== 'mesh' && option !== ISTIO_SIMPLE ? WITHOUT_CERTIFICATE : undefined),
    withoutAuthority: clients !== undefined && authorities.found.length === 0,
  }
}

function frontend({ tls }: GatewaySpec, port: number) {
  const own = tls?.frontend?.perPort?.find(entry => entry.port === port)
  return own ? own.tls.validation : tls?.frontend?.default.validation
}

function split(all: readonly Resolution<string>[]): { found: string[]; refusal: Refusal | undefined } {
  const found = all.flatMap(entry => ('found' in entry ? [entry.found] : []))
  return { found, refusal: all.flatMap(entry => ('refusal' in entry ? [entry.refusal] : []))[0] }
}
