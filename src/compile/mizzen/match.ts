/** Conditions on requests, of mizzen's own kinds. */
import type { RequestMatch } from '../../api/mizzen/conditions.ts'
import type { GrpcMatch } from '../../api/mizzen/grpcproxy/schema.ts'
import { ANY_CLIENT, type HttpMatch, type TextMatch } from '../../model/http-rule.ts'
import { namedMatches, optionalMatch } from '../text-match.ts'

const ANY: HttpMatch = {
  name: '',
  uri: undefined,
  ignoreUriCase: false,
  scheme: undefined,
  method: undefined,
  authority: undefined,
  headers: [],
  withoutHeaders: [],
  queryParams: [],
  client: ANY_CLIENT,
  statPrefix: '',
}

export function requestMatch({ path, method, headers, queryParams }: RequestMatch): HttpMatch {
  return {
    ...ANY,
    uri: optionalMatch(path),
    method: method === undefined ? undefined : { kind: 'exact', value: method },
    headers: namedMatches(headers, true),
    queryParams: namedMatches(queryParams, false),
  }
}

export function grpcMatch({ service, method, metadata }: GrpcMatch): HttpMatch {
  const uri: TextMatch | undefined =
    service === undefined
      ? undefined
      : method === undefined
        ? { kind: 'prefix', value: `/${service}/` }
        : { kind: 'exact', value: `/${service}/${method}` }
  return { ...ANY, uri, headers: namedMatches(metadata, true) }
}
