/** Gateway (networking.istio.io): the ports, hosts and certificates that gateway proxies listen with. */
import { type Static, Type } from 'typebox'
import { mapOf, message } from '../../schema/message.ts'
import { ServerPort } from '../selector.ts'

const TlsVersion = Type.Enum(['TLS_AUTO', 'TLSV1_0', 'TLSV1_1', 'TLSV1_2', 'TLSV1_3'], { default: 'TLS_AUTO' })

export const ServerTLSSettings = message({
  httpsRedirect: Type.Boolean({ description: 'answer plaintext with 301 to https' }),
  mode: Type.Enum(['PASSTHROUGH', 'SIMPLE', 'MUTUAL', 'AUTO_PASSTHROUGH', 'ISTIO_MUTUAL', 'OPTIONAL_MUTUAL'], {
    default: 'PASSTHROUGH',
  }),
  serverCertificate: Type.String(),
  privateKey: Type.String(),
  caCertificates: Type.String(),
  caCrl: Type.String(),
  credentialName: Type.String({ description: "a Secret in the gateway pod's namespace" }),
  credentialNames: Type.Array(Type.String(), { minItems: 1, maxItems: 2 }),
  tlsCertificates: Type.Array(
    message({ serverCertificate: Type.String(), privateKey: Type.String(), caCertificates: Type.String() }),
    { minItems: 1, maxItems: 2 },
  ),
  caCertCredentialName: Type.String(),
  subjectAltNames: Type.Array(Type.String()),
  verifyCertificateSpki: Type.Array(Type.String()),
  verifyCertificateHash: Type.Array(Type.String()),
  minProtocolVersion: TlsVersion,
  maxProtocolVersion: TlsVersion,
  cipherSuites: Type.Array(Type.String()),
  insecureSkipVerify: Type.Boolean(),
})
export type ServerTLSSettings = Static<typeof ServerTLSSettings>

export const Server = message(
  {
    bind: Type.String({ description: 'an address, or "unix:" and a path with port 0' }),
    tls: ServerTLSSettings,
    defaultEndpoint: Type.String({ description: 'not used, as in Istio' }),
    name: Type.String(),
  },
  {
    port: ServerPort,
    hosts: Type.Array(Type.String(), { description: '"[namespace/]dns name"; the namespace limits whose VirtualServices bind' }),
  },
)
export type Server = Static<typeof Server>

export const GatewaySpec = message({
  selector: mapOf(Type.String(), { description: 'labels of the gateway pods, in any namespace' }),
  servers: Type.Array(Server),
})
export type GatewaySpec = Static<typeof GatewaySpec>
