/** Versions, curves and cipher suites of TLS that is not the mesh's own (Envoy TlsParameters). */
import type { MeshSettings } from '../../model/settings.ts'
import { TlsParameters, TlsParameters_TlsProtocol as Version } from '../gen/envoy/extensions/transport_sockets/tls/v3/common.ts'

const VERSIONS: Readonly<Record<string, Version>> = {
  '1.0': Version.TLSv1_0,
  '1.1': Version.TLSv1_1,
  '1.2': Version.TLSv1_2,
  '1.3': Version.TLSv1_3,
}

/** Of a connection to somebody outside. @returns undefined: the data plane's own */
export function tlsDefaults({ tlsDefaults: { minVersion, curves, cipherSuites } }: MeshSettings): TlsParameters | undefined {
  if (minVersion === '' && curves.length === 0 && cipherSuites.length === 0) return undefined
  return TlsParameters.fromPartial({
    tlsMinimumProtocolVersion: VERSIONS[minVersion] ?? Version.TLS_AUTO,
    tlsMaximumProtocolVersion: minVersion === '' ? Version.TLS_AUTO : Version.TLSv1_3,
    ecdhCurves: [...curves],
    cipherSuites: minVersion === '1.3' ? [] : [...cipherSuites],
  })
}

export interface ServerParameters {
  readonly minVersion: string
  readonly maxVersion: string
  readonly cipherSuites: readonly string[]
}

/** Of a gateway's server: what it says, else what the mesh says, else TLS 1.2 and newer. */
export function serverParameters(own: ServerParameters, { tlsDefaults }: MeshSettings): TlsParameters {
  const minVersion = own.minVersion || tlsDefaults.minVersion
  return TlsParameters.fromPartial({
    tlsMinimumProtocolVersion: VERSIONS[minVersion] ?? Version.TLSv1_2,
    tlsMaximumProtocolVersion: VERSIONS[own.maxVersion] ?? Version.TLS_AUTO,
    cipherSuites: [...(own.cipherSuites.length > 0 ? own.cipherSuites : tlsDefaults.cipherSuites)],
    ecdhCurves: [...tlsDefaults.curves],
  })
}
