/** HTTPRoute: which HTTP requests go where, and what happens to them on the way. */
import { type Static, Type } from 'typebox'
import { cel } from '../../schema/cel.ts'
import { asMapBy, asSet } from '../../schema/list-types.ts'
import { described, message } from '../../schema/message.ts'
import { backendRefFields, backendRefRules, commonRouteFields } from '../references.ts'
import { gatewayDuration, headerName, hostname, objectName, sectionName } from '../values.ts'
import { httpFilters } from './filters.ts'
import { SessionPersistence } from './session.ts'

const Method = Type.Enum(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'CONNECT', 'OPTIONS', 'TRACE', 'PATCH'])
export const ValueMatch = Type.Enum(['Exact', 'RegularExpression'], { default: 'Exact' })

const plainPath = "self.type in ['Exact', 'PathPrefix']"

export const HttpPathMatch = message(
  {
    type: Type.Enum(['Exact', 'PathPrefix', 'RegularExpression'], {
      default: 'PathPrefix',
      description: 'PathPrefix compares whole elements of the path; RegularExpression is RE2 over the whole path',
    }),
    value: Type.String({ maxLength: 1024, default: '/' }),
  },
  {},
  cel(
    [
      `${plainPath} ? self.value.startsWith('/') : true`,
      "value must be an absolute path and start with '/' when type one of ['Exact', 'PathPrefix']",
    ],
    [`${plainPath} ? !self.value.contains('//') : true`, "must not contain '//' when type one of ['Exact', 'PathPrefix']"],
    [`${plainPath} ? !self.value.contains('/./') : true`, "must not contain '/./' when type one of ['Exact', 'PathPrefix']"],
    [`${plainPath} ? !self.value.contains('/../') : true`, "must not contain '/../' when type one of ['Exact', 'PathPrefix']"],
    [`${plainPath} ? !self.value.contains('%2f') : true`, "must not contain '%2f' when type one of ['Exact', 'PathPrefix']"],
    [`${plainPath} ? !self.value.contains('%2F') : true`, "must not contain '%2F' when type one of ['Exact', 'PathPrefix']"],
    [`${plainPath} ? !self.value.contains('#') : true`, "must not contain '#' when type one of ['Exact', 'PathPrefix']"],
    [`${plainPath} ? !self.value.endsWith('/..') : true`, "must not end with '/..' when type one of ['Exact', 'PathPrefix']"],
    [`${plainPath} ? !self.value.endsWith('/.') : true`, "must not end with '/.' when type one of ['Exact', 'PathPrefix']"],
    [
      `${plainPath} ? self.value.matches(r"""^(?:[-A-Za-z0-9/._~!$&'()*+,;=:@]|[%][0-9a-fA-F]{2})+$""") : true`,
      "must only contain valid characters for types ['Exact', 'PathPrefix']",
    ],
  ),
)
export type HttpPathMatch = Static<typeof HttpPathMatch>

export const HttpHeaderMatch = message(
  { type: ValueMatch },
  { name: headerName(), value: Type.String({ minLength: 1, maxLength: 4096 }) },
)
export type HttpHeaderMatch = Static<typeof HttpHeaderMatch>

export const HttpQueryMatch = message(
  { type: ValueMatch },
  { name: headerName({ description: 'case counts' }), value: Type.String({ minLength: 1, maxLength: 1024 }) },
)

const EVERY_PATH = { type: 'PathPrefix', value: '/' }

export const HttpRouteMatch = message({
  path: described('the path; default: all', HttpPathMatch, { default: EVERY_PATH }),
  headers: Type.Array(HttpHeaderMatch, { maxItems: 16, description: 'all of them', ...asMapBy('name') }),
  queryParams: Type.Array(HttpQueryMatch, { maxItems: 16, description: 'all of them', ...asMapBy('name') }),
  method: Method,
})
export type HttpRouteMatch = Static<typeof HttpRouteMatch>

export const HttpBackendRef = message({ ...backendRefFields, filters: httpFilters }, { name: objectName() }, backendRefRules)
export type HttpBackendRef = Static<typeof HttpBackendRef>

export const HttpRetry = message({
  codes: Type.Array(Type.Integer({ minimum: 400, maximum: 599 }), { description: 'statuses to try again at', ...asSet }),
  attempts: Type.Integer({ minimum: 0, description: 'tries after the first; default: 1' }),
  backoff: gatewayDuration({ description: 'least wait before another try' }),
})
export type HttpRetry = Static<typeof HttpRetry>

const onePrefix =
  "has(self.matches) && size(self.matches) == 1 && has(self.matches[0].path) && self.matches[0].path.type == 'PathPrefix'"
const replaces = (field: string, list: string) =>
  `(has(${list}) && ${list}.exists_one(f, has(f.${field}) && has(f.${field}.path) && f.${field}.path.type == 'ReplacePrefixMatch' && has(f.${field}.path.replacePrefixMatch))) ? ((!${onePrefix}) ? false : true) : true`
const replacesAtBackend = (field: string) =>
  `(has(self.backendRefs) && self.backendRefs.exists(b, has(b.filters) && b.filters.exists(f, has(f.${field}) && has(f.${field}.path) && f.${field}.path.type == 'ReplacePrefixMatch'))) ? (${onePrefix}) : true`
const onePrefixMessage = 'When using replacePrefixMatch, exactly one PathPrefix match must be specified'

export const HttpRouteRule = message(
  {
    name: sectionName({ description: 'unique within the route' }),
    matches: Type.Array(HttpRouteMatch, {
      maxItems: 64,
      default: [{ path: EVERY_PATH }],
      description: 'any of them; default: every request',
    }),
    filters: httpFilters,
    backendRefs: Type.Array(HttpBackendRef, { maxItems: 16, description: 'none, and no filter that answers: 500' }),
    timeouts: message(
      {
        request: gatewayDuration({ description: 'of the whole request with its retries; 0s: none' }),
        backendRequest: gatewayDuration({ description: 'of each try; 0s: none' }),
      },
      {},
      cel([
        "!(has(self.request) && has(self.backendRequest) && duration(self.request) != duration('0s') && duration(self.backendRequest) > duration(self.request))",
        'backendRequest timeout cannot be longer than request timeout',
      ]),
    ),
    retry: HttpRetry,
    sessionPersistence: SessionPersistence,
  },
  {},
  cel(
    [
      '(has(self.backendRefs) && size(self.backendRefs) > 0) ? (!has(self.filters) || self.filters.all(f, !has(f.requestRedirect))): true',
      'RequestRedirect filter must not be used together with backendRefs',
    ],
    [replaces('requestRedirect', 'self.filters'), onePrefixMessage],
    [replaces('urlRewrite', 'self.filters'), onePrefixMessage],
    [replacesAtBackend('requestRedirect'), onePrefixMessage],
    [replacesAtBackend('urlRewrite'), onePrefixMessage],
  ),
)
export type HttpRouteRule = Static<typeof HttpRouteRule>

export const HttpRouteSpec = message({
  ...commonRouteFields,
  hostnames: Type.Array(hostname(), {
    maxItems: 16,
    description: 'those of the listener that count; default: all of its; of no effect where a Service is the parent',
  }),
  rules: Type.Array(HttpRouteRule, {
    minItems: 1,
    maxItems: 16,
    default: [{ matches: [{ path: EVERY_PATH }] }],
    ...cel(
      [
        '(self.size() > 0 ? self[0].matches.size() : 0) + (self.size() > 1 ? self[1].matches.size() : 0) + (self.size() > 2 ? self[2].matches.size() : 0) + (self.size() > 3 ? self[3].matches.size() : 0) + (self.size() > 4 ? self[4].matches.size() : 0) + (self.size() > 5 ? self[5].matches.size() : 0) + (self.size() > 6 ? self[6].matches.size() : 0) + (self.size() > 7 ? self[7].matches.size() : 0) + (self.size() > 8 ? self[8].matches.size() : 0) + (self.size() > 9 ? self[9].matches.size() : 0) + (self.size() > 10 ? self[10].matches.size() : 0) + (self.size() > 11 ? self[11].matches.size() : 0) + (self.size() > 12 ? self[12].matches.size() : 0) + (self.size() > 13 ? self[13].matches.size() : 0) + (self.size() > 14 ? self[14].matches.size() : 0) + (self.size() > 15 ? self[15].matches.size() : 0) <= 128',
        'While 16 rules and 64 matches per rule are allowed, the total number of matches across all rules in a route must be less than 128',
      ],
      [
        'self.all(l1, !has(l1.name) || self.exists_one(l2, has(l2.name) && l1.name == l2.name))',
        'Rule name must be unique within the route',
      ],
    ),
  }),
})
export type HttpRouteSpec = Static<typeof HttpRouteSpec>
