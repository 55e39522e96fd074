/**
 * Per-route filter settings are read when the route configuration arrives, so that a bad one is refused then, and not met by a request.
 */
import { messageName } from '../../xds/wire/type-url.ts'
import type { FilterOverride } from '../route/decision.ts'
import { BUFFER_PER_ROUTE, bufferOf } from './buffer-limit.ts'
import { COMPRESSOR_PER_ROUTE, compressorRouteOf } from './compression/route-settings.ts'
import { CORS_POLICY, corsOf } from './cors-policy.ts'
import { CSRF_POLICY, csrfOf } from './csrf-policy.ts'
import { EXT_AUTHZ_PER_ROUTE, routeAuthzOf } from './ext-authz/route-settings.ts'
import { FAULT, faultOf } from './fault-rule.ts'
import { HEADER_MUTATION_PER_ROUTE, mutationsOf } from './header-mutations.ts'
import { LOCAL_RATE_LIMIT, localLimitOf } from './rate-limit/local-limit.ts'
import { RATE_LIMIT_PER_ROUTE, sharedLimitOf } from './rate-limit/route-settings.ts'
import { routeSessionOf, SESSION_PER_ROUTE } from './session/session-state.ts'

const READERS: Readonly<Record<string, (override: FilterOverride) => unknown>> = {
  [CORS_POLICY]: corsOf,
  [FAULT]: faultOf,
  [EXT_AUTHZ_PER_ROUTE]: routeAuthzOf,
  [LOCAL_RATE_LIMIT]: localLimitOf,
  [RATE_LIMIT_PER_ROUTE]: sharedLimitOf,
  [SESSION_PER_ROUTE]: routeSessionOf,
  [CSRF_POLICY]: csrfOf,
  [BUFFER_PER_ROUTE]: bufferOf,
  [HEADER_MUTATION_PER_ROUTE]: mutationsOf,
  [COMPRESSOR_PER_ROUTE]: compressorRouteOf,
}

/** Settings of filters that are not listed are left to whoever knows them. @throws when the settings cannot be honoured */
export function checkOverride(override: FilterOverride): void {
  READERS[messageName(override.typeUrl)]?.(override)
}
