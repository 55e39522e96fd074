/** CustomResourceDefinitions (apiextensions.k8s.io/v1) of the kinds of the mesh, made from their schemas. */
import type { Kind } from '../kind.ts'
import { kinds } from '../registry.ts'
import { type DefinedKind, NAMES, type Names } from './names.ts'
import { FREE, type Json, structural } from './structural.ts'

const GATEWAY_API = 'gateway.networking.k8s.io'

export interface Definition {
  readonly apiVersion: 'apiextensions.k8s.io/v1'
  readonly kind: 'CustomResourceDefinition'
  readonly metadata: { readonly name: string; readonly annotations?: Readonly<Record<string, string>> }
  readonly spec: Json
}

function isDefined(id: string): id is DefinedKind {
  return Object.hasOwn(NAMES, id)
}

/** In the order of the registry. */
export const definedKinds: readonly DefinedKind[] = Object.keys(kinds).filter(isDefined)

export function definition(id: DefinedKind): Definition {
  const kind: Kind = kinds[id]
  const names: Names = NAMES[id]
  const { plural, shortNames, storage = kind.versions[0], hasStatus = true } = names
  const root = rootSchema(kind, names)
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${kind.group}`, ...(kind.group === GATEWAY_API && { annotations: GATEWAY_ANNOTATIONS }) },
    spec: {
      group: kind.group,
      names: {
        categories: categories(kind.group),
        kind: kind.kind,
        listKind: `${kind.kind}List`,
        plural,
        ...(shortNames && { shortNames }),
        singular: kind.kind.toLowerCase(),
      },
      scope: kind.scope === 'cluster' ? 'Cluster' : 'Namespaced',
      versions: kind.versions.map(name => ({
        name,
        served: true,
        storage: name === storage,
        additionalPrinterColumns: [...(names.columns ?? []), AGE],
        schema: { openAPIV3Schema: root },
        ...(hasStatus && { subresources: { status: {} } }),
      })),
    },
  }
}

const AGE = { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' } as const

/** Kubernetes keeps groups under k8s.io to itself: a CRD there says who approved it, or that it is a copy from elsewhere. */
const GATEWAY_ANNOTATIONS = {
  'api-approved.kubernetes.io': 'unapproved, made by mizzen; the originals are those of sigs.k8s.io/gateway-api',
  'gateway.networking.k8s.io/channel': 'experimental',
}

function categories(group: string): string[] {
  if (group === GATEWAY_API) return ['gateway-api']
  if (!group.endsWith('.istio.io')) return ['mizzen']
  return ['istio-io', group.replaceAll('.', '-')]
}

function rootSchema(kind: Kind, { hasStatus = true, mayLackSpec }: Names): Json {
  const spec = structural(kind.spec, { defaults: kind.group === GATEWAY_API })
  return {
    type: 'object',
    properties: {
      apiVersion: { type: 'string' },
      kind: { type: 'string' },
      metadata: { type: 'object' },
      spec,
      ...(hasStatus && { status: FREE }),
    },
    ...(!mayLackSpec && { required: ['spec'] }),
  }
}
