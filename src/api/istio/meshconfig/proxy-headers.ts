/** Which headers a proxy adds, keeps or leaves out. */
import { type Static, Type } from 'typebox'
import { message } from '../../schema/message.ts'

const disabled = (what: string) => message({ disabled: Type.Boolean({ description: 'leave it out' }) }, {}, { description: what })
const enabled = (what: string) => message({ enabled: Type.Boolean({ description: 'send it' }) }, {}, { description: what })
const part = (what: string) => Type.Boolean({ description: what })

export const ProxyHeaders = message({
  forwardedClientCert: Type.Enum(
    ['UNDEFINED', 'SANITIZE', 'FORWARD_ONLY', 'APPEND_FORWARD', 'SANITIZE_SET', 'ALWAYS_FORWARD_ONLY'],
    { description: 'what is done with x-forwarded-client-cert; default: APPEND_FORWARD for sidecars, SANITIZE_SET for gateways' },
  ),
  setCurrentClientCertDetails: message(
    {
      subject: part('its subject'),
      cert: part('the certificate'),
      chain: part('the chain'),
      dns: part('its DNS names'),
      uri: part('its URI'),
    },
    {},
    { description: "what of the client's certificate goes into x-forwarded-client-cert" },
  ),
  requestId: disabled('x-request-id'),
  server: message(
    {
      disabled: Type.Boolean({ description: 'leave it out' }),
      value: Type.String({ default: 'istio-envoy', description: 'its value' }),
    },
    {},
    { description: 'server' },
  ),
  attemptCount: disabled('x-envoy-attempt-count'),
  envoyDebugHeaders: disabled('x-envoy-upstream-service-time and the like'),
  metadataExchangeHeaders: message(
    { mode: Type.Enum(['UNDEFINED', 'IN_MESH'], { description: 'IN_MESH: to services of the mesh only' }) },
    {},
    { description: 'x-envoy-peer-metadata and x-envoy-peer-metadata-id' },
  ),
  preserveHttp1HeaderCase: Type.Boolean({ description: 'keep the case of header names in HTTP/1.1' }),
  xForwardedHost: enabled('x-forwarded-host'),
  xForwardedPort: enabled('x-forwarded-port'),
})
export type ProxyHeaders = Static<typeof ProxyHeaders>
