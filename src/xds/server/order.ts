/**
 * Make before break: the order in which one proxy gets the changes of different types, so that nothing it has ever refers to something
 * that it does not have. xDS protocol, "Eventual consistency considerations".
 */
import { CLUSTER, ENDPOINT, LISTENER, ROUTE, VIRTUAL_HOST } from '../wire/type-url.ts'
import type { Part } from './lane.ts'

export interface Step {
  readonly type: string
  readonly part: Part
  /** Wait until the client answered what was sent of these. */
  readonly after?: readonly string[]
  /** Removals wait until the client has accepted all there is of these. */
  readonly onceSettled?: readonly string[]
}

export const STEPS: readonly Step[] = [
  { type: CLUSTER, part: 'additions' },
  // Right behind its cluster, not after its acknowledgement: Envoy acknowledges a cluster when it has endpoints.
  { type: ENDPOINT, part: 'additions' },
  { type: LISTENER, part: 'all', after: [CLUSTER, ENDPOINT] },
  { type: ROUTE, part: 'additions', after: [CLUSTER, ENDPOINT, LISTENER] },
  // A client throws away virtual hosts of a table that it does not have yet.
  { type: VIRTUAL_HOST, part: 'all', after: [CLUSTER, ENDPOINT, ROUTE] },
  // A listener that is still there may use the route table.
  { type: ROUTE, part: 'removals', onceSettled: [LISTENER] },
  // Listeners (TCP) and routes that are still there may use the cluster.
  { type: CLUSTER, part: 'removals', onceSettled: [LISTENER, ROUTE, VIRTUAL_HOST] },
  { type: ENDPOINT, part: 'removals', onceSettled: [CLUSTER] },
]

const ORDERED = new Set(STEPS.map(step => step.type))

/** Secrets and what else there is: nothing to wait for. */
export function isUnordered(type: string): boolean {
  return !ORDERED.has(type)
}
