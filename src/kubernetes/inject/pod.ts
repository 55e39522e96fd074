/** A pod, or the pod template of a workload, as far as injection looks at it; what else stands in it is carried along. */
import { Type } from 'typebox'
import { Check, Errors } from 'typebox/value'
import { type Fields, isFields } from './fields.ts'

const texts = Type.Record(Type.String(), Type.String())
const open = { additionalProperties: Type.Unknown() }

const ContainerSchema = Type.Object(
  {
    name: Type.String(),
    image: Type.Optional(Type.String()),
    args: Type.Optional(Type.Array(Type.String())),
    env: Type.Optional(Type.Array(Type.Object({ name: Type.String(), value: Type.Optional(Type.String()) }, open))),
    ports: Type.Optional(
      Type.Array(Type.Object({ name: Type.Optional(Type.String()), containerPort: Type.Optional(Type.Integer()) }, open)),
    ),
    securityContext: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
  },
  open,
)

const OwnerSchema = Type.Object(
  {
    apiVersion: Type.Optional(Type.String()),
    kind: Type.Optional(Type.String()),
    name: Type.Optional(Type.String()),
    controller: Type.Optional(Type.Boolean()),
  },
  open,
)

const PodSchema = Type.Object(
  {
    metadata: Type.Object(
      {
        name: Type.Optional(Type.String()),
        generateName: Type.Optional(Type.String()),
        namespace: Type.Optional(Type.String()),
        labels: Type.Optional(texts),
        annotations: Type.Optional(texts),
        ownerReferences: Type.Optional(Type.Array(OwnerSchema)),
      },
      open,
    ),
    spec: Type.Object(
      {
        containers: Type.Optional(Type.Array(ContainerSchema)),
        initContainers: Type.Optional(Type.Array(ContainerSchema)),
        hostNetwork: Type.Optional(Type.Boolean()),
        serviceAccountName: Type.Optional(Type.String()),
      },
      open,
    ),
  },
  open,
)

type Texts = Readonly<Record<string, string>>

export interface Container extends Fields {
  readonly name: string
  readonly image?: string
  readonly args?: readonly string[]
  readonly env?: readonly (Fields & { readonly name: string; readonly value?: string })[]
  readonly ports?: readonly (Fields & { readonly name?: string; readonly containerPort?: number })[]
  readonly securityContext?: Fields
}

export interface Pod extends Fields {
  readonly metadata: Fields & {
    readonly name?: string
    readonly generateName?: string
    readonly namespace?: string
    readonly labels?: Texts
    readonly annotations?: Texts
    readonly ownerReferences?: readonly {
      readonly apiVersion?: string
      readonly kind?: string
      readonly name?: string
      readonly controller?: boolean
    }[]
  }
  readonly spec: Fields & {
    readonly containers?: readonly Container[]
    readonly initContainers?: readonly Container[]
    readonly hostNetwork?: boolean
    readonly serviceAccountName?: string
  }
}

export const PROXY = 'istio-proxy'
export const INIT = 'istio-init'
export const VALIDATION = 'istio-validation'

/** The message is one sentence that tells what stops injection. */
export class InjectionError extends Error {}

/**
 * @param what for the message: "the pod", "template custom"
 * @throws InjectionError naming the field that does not fit
 */
export function asPod(value: unknown, what: string): Pod {
  const pod = isFields(value) ? { ...value, metadata: value['metadata'] ?? {}, spec: value['spec'] ?? {} } : value
  const whole = withoutNulls(pod)
  if (Check(PodSchema, whole)) return whole
  const [first] = Errors(PodSchema, whole)
  throw new InjectionError(
    `Cannot inject: ${what} is no pod, ${first === undefined ? 'expected metadata and spec' : `"${first.instancePath}" ${first.message}`}`,
  )
}

/** A field that is null says nothing, as everywhere in Kubernetes. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls)
  if (!isFields(value)) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, field]) => field !== null)
      .map(([name, field]) => [name, withoutNulls(field)]),
  )
}

export function allContainers({ spec }: Pod): readonly Container[] {
  return [...(spec.initContainers ?? []), ...(spec.containers ?? [])]
}

export function findContainer(name: string, containers: readonly Container[] | undefined): Container | undefined {
  return containers?.find(container => container.name === name)
}

/** The proxy's container, wherever it stands. */
export function findProxy({ spec }: Pod): Container | undefined {
  return findContainer(PROXY, spec.containers) ?? findContainer(PROXY, spec.initContainers)
}

/** The pod with one container changed, wherever it stands. */
export function replaceContainer(pod: Pod, name: string, change: (container: Container) => Container): Pod {
  const replaced = (containers: readonly Container[] | undefined) =>
    containers?.map(container => (container.name === name ? change(container) : container))
  return withContainers(pod, replaced(pod.spec.containers), replaced(pod.spec.initContainers))
}

export function withContainers(
  pod: Pod,
  containers: readonly Container[] | undefined,
  initContainers: readonly Container[] | undefined,
): Pod {
  return {
    ...pod,
    spec: {
      ...pod.spec,
      ...(containers && { containers }),
      ...(initContainers && { initContainers }),
    },
  }
}

export function annotationsOf({ metadata }: Pod): Texts {
  return metadata.annotations ?? {}
}

export function labelsOf({ metadata }: Pod): Texts {
  return metadata.labels ?? {}
}

/** @param annotations replace those that are there; undefined takes one away */
export function withAnnotations(pod: Pod, annotations: Readonly<Record<string, string | undefined>>): Pod {
  const merged = Object.entries({ ...pod.metadata.annotations, ...annotations })
  return {
    ...pod,
    metadata: {
      ...pod.metadata,
      annotations: Object.fromEntries(merged.filter((entry): entry is [string, string] => entry[1] !== undefined)),
    },
  }
}
