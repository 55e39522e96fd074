/** Ingress (networking.k8s.io/v1): hosts and paths at the edge, and the Services behind them. */
import { type Static, Type } from 'typebox'
import { openMessage } from '../../schema/message.ts'

export const IngressBackend = openMessage({
  service: openMessage(
    { port: openMessage({ name: Type.String(), number: Type.Integer({ minimum: 1, maximum: 65535 }) }) },
    { name: Type.String() },
  ),
  resource: openMessage({ apiGroup: Type.String() }, { kind: Type.String(), name: Type.String() }),
})
export type IngressBackend = Static<typeof IngressBackend>

export const IngressPath = openMessage(
  {
    path: Type.String({ description: 'begins with "/"; of ImplementationSpecific, ".*" at the end makes it a prefix' }),
    pathType: Type.Enum(['Exact', 'Prefix', 'ImplementationSpecific'], { description: 'Prefix compares whole elements' }),
  },
  { backend: IngressBackend },
)
export type IngressPath = Static<typeof IngressPath>

export const IngressSpec = openMessage({
  ingressClassName: Type.String({ description: 'an IngressClass; default: the annotation kubernetes.io/ingress.class' }),
  defaultBackend: IngressBackend,
  tls: Type.Array(openMessage({ hosts: Type.Array(Type.String()), secretName: Type.String() })),
  rules: Type.Array(
    openMessage({
      host: Type.String({ description: 'a name or "*." and a name; default: all' }),
      http: openMessage({ paths: Type.Array(IngressPath) }),
    }),
  ),
})
export type IngressSpec = Static<typeof IngressSpec>
