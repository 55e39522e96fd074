/** Gateway (gateway.networking.k8s.io): what the proxies at the edge listen for, and for whose routes. */
import { type Static, Type } from 'typebox'
import { cel } from '../../schema/cel.ts'
import { asMapBy } from '../../schema/list-types.ts'
import { mapOf, message } from '../../schema/message.ts'
import { LocalObjectReference, ObjectReference, SecretObjectReference } from '../references.ts'
import { objectName, portNumber } from '../values.ts'
import { ListenerNamespaces, Listeners } from './listener.ts'

export const FrontendValidation = message(
  {
    mode: Type.Enum(['AllowValidOnly', 'AllowInsecureFallback'], {
      default: 'AllowValidOnly',
      description: 'AllowInsecureFallback takes clients with a wrong certificate or none too',
    }),
  },
  {
    caCertificateRefs: Type.Array(ObjectReference, {
      minItems: 1,
      maxItems: 16,
      description: 'ConfigMaps (or Secrets) with the key ca.crt',
    }),
  },
)
export type FrontendValidation = Static<typeof FrontendValidation>

const Frontend = message({ validation: FrontendValidation })

export const GatewayTls = message({
  backend: message(
    {
      clientCertificateRef: Type.Optional(SecretObjectReference),
    },
    {},
    { description: 'the certificate that the gateway shows to backends of a BackendTLSPolicy' },
  ),
  frontend: message(
    {
      perPort: Type.Array(message({}, { port: portNumber(), tls: Frontend }), {
        maxItems: 64,
        ...asMapBy('port'),
        ...cel([
          'self.all(t1, self.exists_one(t2, t1.port == t2.port))',
          'Port for TLS configuration must be unique within the Gateway',
        ]),
      }),
    },
    { default: Frontend },
    { description: 'how certificates of clients are checked, of HTTPS listeners' },
  ),
})

const keysAreNames = (what: string) =>
  cel(
    [
      'self.all(key, key.matches(r"""^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?([A-Za-z0-9][-A-Za-z0-9_.]{0,61})?[A-Za-z0-9]$"""))',
      `${what} keys are a name of at most 63 characters, with a DNS name and "/" in front or without`,
    ],
    [
      'self.all(key, key.split("/")[0].size() < 253)',
      `what stands in front of "/" in ${what.toLowerCase()} keys is shorter than 253 characters`,
    ],
  )

export const GatewayAddress = message(
  {
    type: Type.String({
      minLength: 1,
      maxLength: 253,
      pattern:
        "^(Hostname|IPAddress|NamedAddress|[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\\/[A-Za-z0-9\\/\\-._~%!$&'()*+,;=:]+)$",
      title: 'IPAddress, Hostname or a type such as "example.com/Name"',
      default: 'IPAddress',
      description: 'IPAddress, Hostname',
    }),
    value: Type.String({ maxLength: 253, description: 'a Service by its host name; "": any' }),
  },
  {},
  cel([
    'self.type == \'Hostname\' ? (!has(self.value) || self.value == "" || self.value.matches(r"""^(\\*\\.)?[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$""")) : true',
    'the value of a Hostname must be a host name, or empty',
  ]),
)
export type GatewayAddress = Static<typeof GatewayAddress>

export const GatewaySpec = message(
  {
    addresses: Type.Array(GatewayAddress, {
      maxItems: 16,
      description: 'a Hostname is a Service whose pods serve the Gateway; without one, pods of its own do',
      ...cel(
        [
          "self.all(a1, a1.type == 'IPAddress' && has(a1.value) ? self.exists_one(a2, a2.type == a1.type && has(a2.value) && a2.value == a1.value) : true )",
          'IPAddress values must be unique',
        ],
        [
          "self.all(a1, a1.type == 'Hostname' && has(a1.value) ? self.exists_one(a2, a2.type == a1.type && has(a2.value) && a2.value == a1.value) : true )",
          'Hostname values must be unique',
        ],
      ),
    }),
    infrastructure: message(
      {
        labels: mapOf(
          Type.String({ maxLength: 63, pattern: '^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$', title: "a label's value" }),
          {
            maxProperties: 8,
            ...keysAreNames('Label'),
          },
        ),
        annotations: mapOf(Type.String({ maxLength: 4096 }), { maxProperties: 16, ...keysAreNames('Annotation') }),
        parametersRef: LocalObjectReference,
      },
      {},
      { description: 'labels and annotations of everything that is made for the Gateway' },
    ),
    allowedListeners: message(
      { namespaces: ListenerNamespaces },
      {},
      { description: 'whose ListenerSets may add listeners; default: nobody' },
    ),
    tls: GatewayTls,
    defaultScope: Type.Enum(['All', 'None'], { description: 'experimental; has no effect here' }),
  },
  { gatewayClassName: objectName(), listeners: Listeners },
)
export type GatewaySpec = Static<typeof GatewaySpec>
