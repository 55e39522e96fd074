/** Fault injection: the route's configuration of Envoy's fault filter. */
import type { Fault } from '../../model/http-rule.ts'
import { HTTPFault } from '../gen/envoy/extensions/filters/http/fault/v3/fault.ts'
import { HttpFilter } from '../gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager.ts'
import type { Any } from '../gen/google/protobuf/any.ts'
import { pack } from '../wire/any.ts'
import type { HttpConnection } from './http-connection.ts'
import { duration, fraction } from './values.ts'

export const FAULT = 'envoy.filters.http.fault'
export const FAULT_TYPE = 'envoy.extensions.filters.http.fault.v3.HTTPFault'

export function faultConfig({ delay, abort }: Fault): Any {
  return pack(
    FAULT_TYPE,
    HTTPFault,
    HTTPFault.fromPartial({
      delay: delay && {
        faultDelaySecifier: { $case: 'fixedDelay', value: duration(delay.ms) },
        percentage: fraction(delay.percent),
      },
      abort: abort && {
        errorType: { $case: abort.kind === 'http' ? 'httpStatus' : 'grpcStatus', value: abort.status },
        percentage: fraction(abort.percent),
      },
    }),
  )
}

export const FAULT_FILTER = HttpFilter.fromPartial({
  name: FAULT,
  configType: { $case: 'typedConfig', value: pack(FAULT_TYPE, HTTPFault, HTTPFault.fromPartial({})) },
})

/** Where clients are: faults are made on the client's side. Always there, so that a fault changes a route and not a listener. */
export function faultFilter({ direction }: HttpConnection): HttpFilter | undefined {
  return direction === 'inbound' ? undefined : FAULT_FILTER
}
