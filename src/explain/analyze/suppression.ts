/** Messages that nobody wants to see: said on the object by annotation, or on the command line. */
import type { Message } from './finding.ts'
import type { Resource } from './resource.ts'

const ANNOTATION = 'galley.istio.io/analyze-suppress'

/** By annotation: "*", or codes with commas and no spaces. */
export function isSuppressedBy({ annotations }: Pick<Resource, 'annotations'>, code: string): boolean {
  const said = annotations[ANNOTATION]
  return said !== undefined && (said === '*' || said.split(',').includes(code))
}

/** `CODE=RESOURCE`; "*" stands for any text. */
export interface Suppression {
  readonly code: string
  readonly resource: RegExp
}

/** @param text "IST0102=Namespace shop", "IST0101=VirtualService catalog.shop", "IST0101=VirtualService shop/*"; undefined: not of this form */
export function parseSuppression(text: string): Suppression | undefined {
  const [, code, resource] = /^([A-Z]+\d+)=(.+)$/.exec(text) ?? []
  if (code === undefined || resource === undefined) return undefined
  const pattern = resource.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*')
  return { code, resource: new RegExp(`^(?:${pattern})$`) }
}

/** Both ways to write a name are known: "Kind namespace/name", and istioctl's "Kind name.namespace". */
export function isSuppressed({ code, resource }: Message, suppressions: readonly Suppression[]): boolean {
  const dotted = resource.replace(/^(\S+) ([^/]+)\/(.+)$/, '$1 $3.$2')
  return suppressions.some(each => each.code === code && (each.resource.test(resource) || each.resource.test(dotted)))
}
