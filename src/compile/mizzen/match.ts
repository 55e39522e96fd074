/** Conditions on requests, of mizzen's own kinds. */
import type { RequestMatch } from '../../api/mizzen/conditions.ts'
import type { GrpcMatch } from '../../api/mizzen/grpcproxy/schema.ts'
import { ANY_REQUEST, type HttpMatch, type TextMatch } from '../../model/http-rule.ts'
import { namedMatches, optionalMatch } from '../text-match.ts'

export function requestMatch({ path, method, headers, queryParams }: RequestMatch): HttpMatch {
  return {
    ...ANY_REQUEST,
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
  return { ...ANY_REQUEST, uri, headers: namedMatches(metadata, true) }
}
