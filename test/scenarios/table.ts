/** The whole scenario table. */
import type { Scenario } from './scenario.ts'
import { actions } from './table/actions.ts'
import { authz } from './table/authz.ts'
import { balancing } from './table/balancing.ts'
import { envoyFilters } from './table/envoyfilter.ts'
import { extAuthz } from './table/ext-authz.ts'
import { gatewayApi } from './table/gateway-api.ts'
import { gatewayApiTls } from './table/gateway-api-tls.ts'
import { grpcWeb } from './table/grpc-web.ts'
import { identity } from './table/identity.ts'
import { jwt } from './table/jwt.ts'
import { matching } from './table/matching.ts'
import { ownKinds } from './table/own-kinds.ts'
import { protocols } from './table/protocols.ts'
import { resilience } from './table/resilience.ts'
import { telemetry } from './table/telemetry.ts'
import { tracing } from './table/tracing.ts'
import { typescriptFilters } from './table/typescript-filters.ts'

export const table: readonly Scenario[] = [
  ...matching,
  ...actions,
  ...resilience,
  ...balancing,
  ...protocols,
  ...grpcWeb,
  ...ownKinds,
  ...gatewayApi,
  ...gatewayApiTls,
  ...authz,
  ...envoyFilters,
  ...jwt,
  ...identity,
  ...extAuthz,
  ...telemetry,
  ...tracing,
  ...typescriptFilters,
]
