/** What one of mizzen's own objects adds to the mesh. */
import type { Alert } from '../../model/alert.ts'
import type { Gateway } from '../../model/gateway.ts'
import type { RateLimit } from '../../model/rate-limit.ts'
import type { RouteSet } from '../../model/route-set.ts'
import type { ScriptFilter } from '../../model/script-filter.ts'
import type { Service } from '../../model/service.ts'
import type { TrafficRule } from '../../model/traffic-policy.ts'

export interface Parts {
  readonly routes: readonly RouteSet[]
  readonly trafficRules: readonly TrafficRule[]
  readonly gateways: readonly Gateway[]
  /** Outside of the mesh, at the addresses that DNS gives. */
  readonly services: readonly Service[]
  readonly rateLimits: readonly RateLimit[]
  readonly alerts: readonly Alert[]
  readonly scriptFilters: readonly ScriptFilter[]
}

const NONE: Parts = { routes: [], trafficRules: [], gateways: [], services: [], rateLimits: [], alerts: [], scriptFilters: [] }

export function parts(some: Partial<Parts>): Parts {
  return { ...NONE, ...some }
}
