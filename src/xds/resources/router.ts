/** The last filter: it sends requests to the cluster of their route. */

import { Router } from '../gen/envoy/extensions/filters/http/router/v3/router.ts'
import { HttpFilter } from '../gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager.ts'
import { pack } from '../wire/any.ts'

const FILTER = HttpFilter.fromPartial({
  name: 'envoy.filters.http.router',
  configType: {
    $case: 'typedConfig',
    value: pack('envoy.extensions.filters.http.router.v3.Router', Router, Router.fromPartial({})),
  },
})

export function routerFilter(): HttpFilter {
  return FILTER
}
