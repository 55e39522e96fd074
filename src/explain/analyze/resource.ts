/**
 * An object as the analyzers see it: what stands in the file, valid or not. They read it through {@link Part}, which answers with an
 * empty value where something is missing or of another type, and knows its own place.
 */
import { type Origin, type Path, resourceName } from '../../api/object.ts'
import { isRecord } from '../../api/schema/prune.ts'
import type { Labels } from '../../model/labels.ts'

/** A place in an object, there or not. */
export class Part {
  readonly of: Resource
  readonly path: Path
  readonly value: unknown

  constructor(of: Resource, path: Path, value: unknown) {
    this.of = of
    this.path = path
    this.value = value
  }

  /** One or more fields deeper. The protobuf form of a name (server_certificate) is read where the JSON form is absent. */
  at(...names: readonly string[]): Part {
    let part: Part = this
    for (const name of names) part = part.#field(name)
    return part
  }

  #field(name: string): Part {
    const fields = isRecord(this.value) ? this.value : {}
    const snake = name.replace(/[A-Z]/g, letter => `_${letter.toLowerCase()}`)
    const found = [name, snake].find(each => Object.hasOwn(fields, each) && fields[each] !== null) ?? name
    return new Part(this.of, [...this.path, found], Object.hasOwn(fields, found) ? fields[found] : undefined)
  }

  isSet(): boolean {
    return this.value !== undefined && this.value !== null
  }

  /** A list's items; none when it is no list. */
  items(): Part[] {
    return Array.isArray(this.value) ? this.value.map((item, i) => new Part(this.of, [...this.path, i], item)) : []
  }

  /** A map's entries; none when it is no map. */
  entries(): [string, Part][] {
    return Object.keys(isRecord(this.value) ? this.value : {}).map(key => [key, this.#entry(key)])
  }

  #entry(key: string): Part {
    return new Part(this.of, [...this.path, key], isRecord(this.value) ? this.value[key] : undefined)
  }

  /** Numbers and booleans as text too; '' when it is neither. */
  text(): string {
    return ['string', 'number', 'boolean'].includes(typeof this.value) ? String(this.value) : ''
  }

  texts(): string[] {
    return this.items().map(item => item.text())
  }

  /** Undefined when it is not a number, in quotes or without. */
  number(): number | undefined {
    const text = this.text()
    return text === '' || Number.isNaN(Number(text)) ? undefined : Number(text)
  }

  labels(): Labels {
    return Object.fromEntries(this.entries().map(([key, value]) => [key, value.text()]))
  }
}

/** Kinds that belong to no namespace, of those that are looked at. */
const CLUSTER_WIDE = new Set([
  'Namespace',
  'Node',
  'GatewayClass',
  'CustomResourceDefinition',
  'MutatingWebhookConfiguration',
  'ValidatingWebhookConfiguration',
])

export class Resource {
  readonly kind: string
  readonly group: string
  readonly name: string
  /** '' for cluster-wide kinds, "default" where a namespaced object names none. */
  readonly namespace: string
  readonly labels: Labels
  readonly annotations: Labels
  readonly origin: Origin
  readonly root: Part
  readonly spec: Part

  constructor(document: unknown, origin: Origin) {
    this.root = new Part(this, [], document)
    this.origin = origin
    this.spec = this.root.at('spec')
    this.kind = this.root.at('kind').text()
    const [version = '', group] = this.root.at('apiVersion').text().split('/').reverse()
    this.group = version === '' ? '' : (group ?? '')
    const metadata = this.root.at('metadata')
    this.name = metadata.at('name').text()
    this.namespace = CLUSTER_WIDE.has(this.kind) ? '' : metadata.at('namespace').text() || 'default'
    this.labels = metadata.at('labels').labels()
    this.annotations = metadata.at('annotations').labels()
  }

  /** "shop/catalog" */
  get key(): string {
    return `${this.namespace}/${this.name}`
  }

  /** "VirtualService shop/catalog" */
  get title(): string {
    return resourceName(this)
  }
}
