/** The short names by which people know the discovery services. */
import { CLUSTER, ENDPOINT, LISTENER, messageName, ROUTE, SECRET } from '../wire/type-url.ts'

const LABELS = new Map<string, string>([
  [CLUSTER, 'CDS'],
  [ENDPOINT, 'EDS'],
  [LISTENER, 'LDS'],
  [ROUTE, 'RDS'],
  [SECRET, 'SDS'],
])

/** `RDS` for route tables; the last part of the message's name for types that have no service of their own. */
export function typeLabel(type: string): string {
  const name = messageName(type)
  return LABELS.get(type) ?? name.slice(name.lastIndexOf('.') + 1)
}
