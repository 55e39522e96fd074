/** What a header mutation filter does to requests and responses, of its own or for a route. */
import type { HeaderMutation as Step } from '../../xds/gen/envoy/config/common/mutation_rules/v3/mutation_rules.ts'
import {
  HeaderMutationPerRoute,
  type Mutations,
} from '../../xds/gen/envoy/extensions/filters/http/header_mutation/v3/header_mutation.ts'
import type { FilterOverride } from '../route/decision.ts'
import { compileHeaderMutation, type HeaderMutation, inOrder } from '../route/header-mutation.ts'

export const HEADER_MUTATION_PER_ROUTE = 'envoy.extensions.filters.http.header_mutation.v3.HeaderMutationPerRoute'

export interface Sides {
  readonly request: HeaderMutation | undefined
  readonly response: HeaderMutation | undefined
}

/** @throws on names and formats that Envoy refuses too */
export function compileSides(mutations: Mutations | undefined): Sides {
  return {
    request: inOrder((mutations?.requestMutations ?? []).map(compileStep)),
    response: inOrder((mutations?.responseMutations ?? []).map(compileStep)),
  }
}

function compileStep({ action }: Step): HeaderMutation | undefined {
  switch (action?.$case) {
    case 'append':
      return compileHeaderMutation([action.value], [])
    case 'remove':
      return compileHeaderMutation([], [action.value])
    default:
      throw new Error('a header mutation has no action, expected append or remove')
  }
}

const compiled = new WeakMap<FilterOverride, Sides>()

/** A route's own, which come after those of the filter. Read once. @throws as `compileHeaderMutation` */
export function mutationsOf(override: FilterOverride): Sides {
  const sides = compiled.get(override) ?? compileSides(HeaderMutationPerRoute.decode(override.value).mutations)
  compiled.set(override, sides)
  return sides
}
