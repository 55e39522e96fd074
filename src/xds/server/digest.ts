/**
 * The version of a set of resources: equal exactly when names and versions are, in any order, also after a restart of the server.
 */
import { createHash } from 'node:crypto'
import type { EncodedResource } from '../wire/resource.ts'

const MODULUS = 2 ** 48
const digests = new WeakMap<EncodedResource, number>()

export function digest(resources: Iterable<EncodedResource>): string {
  let sum = 0
  for (const resource of resources) sum = (sum + digestOf(resource)) % MODULUS
  return sum.toString(36)
}

function digestOf(resource: EncodedResource): number {
  let found = digests.get(resource)
  if (found === undefined) {
    found = createHash('sha256').update(`${resource.name}\0${resource.version}`).digest().readUIntBE(0, 6)
    digests.set(resource, found)
  }
  return found
}
