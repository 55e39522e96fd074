/** A listener of a Gateway or a ListenerSet: a port, the hosts it is for, its certificates, and whose routes may use it. */
import { type Static, Type } from 'typebox'
import { cel } from '../../schema/cel.ts'
import { asMapBy } from '../../schema/list-types.ts'
import { mapOf, message } from '../../schema/message.ts'
import { SecretObjectReference } from '../references.ts'
import { group, hostname, kind, LabelSelector, portNumber, sectionName } from '../values.ts'

const Mode = Type.Enum(['Terminate', 'Passthrough'], { default: 'Terminate' })

export const ListenerTls = message(
  {
    mode: Mode,
    certificateRefs: Type.Array(SecretObjectReference, { maxItems: 64, description: 'Secrets of type kubernetes.io/tls' }),
    options: mapOf(Type.String({ maxLength: 4096 }), {
      maxProperties: 16,
      description: 'gateway.istio.io/tls-terminate-mode, gateway.istio.io/tls-cipher-suites, mizzen reads no others',
    }),
  },
  {},
  cel([
    "self.mode == 'Terminate' ? size(self.certificateRefs) > 0 || size(self.options) > 0 : true",
    'certificateRefs or options must be specified when mode is Terminate',
  ]),
)
export type ListenerTls = Static<typeof ListenerTls>

const RouteNamespaces = message({
  from: Type.Enum(['All', 'Selector', 'Same'], { default: 'Same' }),
  selector: LabelSelector,
})

/** Whose ListenerSets may add listeners to a Gateway. */
export const ListenerNamespaces = message({
  from: Type.Enum(['All', 'Selector', 'Same', 'None'], { default: 'None' }),
  selector: LabelSelector,
})
export type ListenerNamespaces = Static<typeof ListenerNamespaces>

export const AllowedRoutes = message({
  namespaces: RouteNamespaces,
  kinds: Type.Array(message({ group: group({ default: 'gateway.networking.k8s.io' }) }, { kind: kind() }), {
    maxItems: 8,
    description: 'default: all that fit the protocol',
  }),
})

export const Listener = message(
  {
    hostname: hostname({ description: 'default: all' }),
    tls: ListenerTls,
    allowedRoutes: AllowedRoutes,
  },
  {
    name: sectionName(),
    port: portNumber(),
    protocol: Type.String({
      minLength: 1,
      maxLength: 255,
      pattern:
        '^[a-zA-Z0-9]([-a-zA-Z0-9]*[a-zA-Z0-9])?$|[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\\/[A-Za-z0-9]+$',
      title: 'one of HTTP, HTTPS, TLS, TCP, UDP',
      description: 'HTTP, HTTPS, TLS, TCP, UDP',
    }),
  },
)
export type Listener = Static<typeof Listener>

export const Listeners = Type.Array(Listener, {
  ...asMapBy('name'),
  minItems: 1,
  maxItems: 64,
  ...cel(
    [
      "self.all(l, l.protocol in ['HTTP', 'TCP', 'UDP'] ? !has(l.tls) : true)",
      "tls must not be specified for protocols ['HTTP', 'TCP', 'UDP']",
    ],
    [
      "self.all(l, (l.protocol == 'HTTPS' && has(l.tls)) ? (l.tls.mode == '' || l.tls.mode == 'Terminate') : true)",
      'tls mode must be Terminate for protocol HTTPS',
    ],
    [
      "self.all(l, (l.protocol == 'TLS' ? has(l.tls) && has(l.tls.mode) && l.tls.mode != '' : true))",
      'tls mode must be set for protocol TLS',
    ],
    [
      "self.all(l, l.protocol in ['TCP', 'UDP'] ? (!has(l.hostname) || l.hostname == '') : true)",
      "hostname must not be specified for protocols ['TCP', 'UDP']",
    ],
    ['self.all(l1, self.exists_one(l2, l1.name == l2.name))', 'Listener name must be unique within the Gateway'],
    [
      'self.all(l1, self.exists_one(l2, l1.port == l2.port && l1.protocol == l2.protocol && (has(l1.hostname) && has(l2.hostname) ? l1.hostname == l2.hostname : !has(l1.hostname) && !has(l2.hostname))))',
      'Combination of port, protocol and hostname must be unique for each listener',
    ],
  ),
})
