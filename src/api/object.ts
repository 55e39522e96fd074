/** A configuration object as everything behind src/source sees it: parsed, checked, typed, and knowing where it came from. */

/** The way from an object's root to a place in it: `['spec', 'http', 1, 'match', 0]`. */
export type Path = readonly (string | number)[]

/** A place in a text; both count from 1. */
export interface Position {
  readonly line: number
  readonly column: number
}

/** Where an object was read. */
export interface Origin extends Position {
  /** As the user would type it, "-" for standard input; a name in angle brackets where there is no file, such as "<mizzen up>". */
  readonly file: string
  /** Where a part of the object stands: the position of the key or list item, or of the nearest part around it that is in the text. */
  lineAt(path: Path): Position
}

/** The origin of an object that no file holds. */
export function originWithoutFile(name: string): Origin {
  const start = { line: 1, column: 1 }
  return { file: `<${name}>`, ...start, lineAt: () => start }
}

/** What all objects have in common. */
export interface ObjectHead {
  /** With its group this is what tells kinds apart: `kind: Gateway` exists in two groups. */
  readonly kind: string
  /** API group, '' for Kubernetes' core. */
  readonly group: string
  readonly apiVersion: string
  /** '' for cluster-scoped kinds; 'default' where a namespaced object names none. */
  readonly namespace: string
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  /** RFC 3339, as given: decides which of two competing objects is older. */
  readonly creationTimestamp: string | undefined
  readonly uid: string | undefined
  /** Counts the changes of the spec, where an API server does: a status says which of them it speaks of. */
  readonly generation?: number
  readonly origin: Origin
}

/**
 * An object of one kind. Kinds without a spec in Kubernetes (ConfigMap, Secret, Endpoints, EndpointSlice) have their own fields here
 * as spec. Objects are shared by everyone and must not be changed.
 */
export interface ConfigObject<Kind extends string = string, Group extends string = string, Spec = unknown, Status = unknown>
  extends ObjectHead {
  readonly kind: Kind
  readonly group: Group
  readonly spec: Spec
  readonly status: Status | undefined
}

/** "VirtualService shop/catalog", "Namespace shop": how messages name an object. */
export function resourceName(object: Pick<ObjectHead, 'kind' | 'namespace' | 'name'>): string {
  return `${object.kind} ${object.namespace === '' ? '' : `${object.namespace}/`}${object.name}`
}

/** spec.http[1].match[0].headers["x-user"]: how people write a path. */
export function pathText(path: Path): string {
  let text = ''
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`
    else if (/^[A-Za-z_][\w-]*$/.test(step)) text += text === '' ? step : `.${step}`
    else text += `[${JSON.stringify(step)}]`
  }
  return text
}
