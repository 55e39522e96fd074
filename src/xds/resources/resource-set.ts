/** Resources of one type for one proxy; the ADS server's form of it. A Map by name is one. */
import type { EncodedResource } from '../wire/resource.ts'

export interface ResourceSet {
  /** Also knows names that `values()` does not list, where resources are made when they are asked for. */
  get(name: string): EncodedResource | undefined
  values(): Iterable<EncodedResource>
}
