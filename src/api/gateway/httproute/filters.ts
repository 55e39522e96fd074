/** Filters of HTTP rules: what happens to a request on its way, and to the response on its way back. */
import { type Static, Type } from 'typebox'
import { cel } from '../../schema/cel.ts'
import { asMapBy, asSet } from '../../schema/list-types.ts'
import { message } from '../../schema/message.ts'
import { BackendObjectReference, LocalObjectReference } from '../references.ts'
import { headerName, portNumber, preciseHostname } from '../values.ts'

const Header = message({}, { name: headerName(), value: Type.String({ minLength: 1, maxLength: 4096 }) })

export const HeaderFilter = message({
  set: Type.Array(Header, { maxItems: 16, description: 'overwrites', ...asMapBy('name') }),
  add: Type.Array(Header, { maxItems: 16, description: 'appends', ...asMapBy('name') }),
  remove: Type.Array(Type.String(), { maxItems: 16, ...asSet }),
})
export type HeaderFilter = Static<typeof HeaderFilter>

export const PathModifier = message(
  {
    replaceFullPath: Type.String({ maxLength: 1024 }),
    replacePrefixMatch: Type.String({ maxLength: 1024, description: 'only with exactly one match, of type PathPrefix' }),
  },
  { type: Type.Enum(['ReplaceFullPath', 'ReplacePrefixMatch']) },
  cel(
    [
      "self.type == 'ReplaceFullPath' ? has(self.replaceFullPath) : true",
      "replaceFullPath must be specified when type is set to 'ReplaceFullPath'",
    ],
    [
      "has(self.replaceFullPath) ? self.type == 'ReplaceFullPath' : true",
      "type must be 'ReplaceFullPath' when replaceFullPath is set",
    ],
    [
      "self.type == 'ReplacePrefixMatch' ? has(self.replacePrefixMatch) : true",
      "replacePrefixMatch must be specified when type is set to 'ReplacePrefixMatch'",
    ],
    [
      "has(self.replacePrefixMatch) ? self.type == 'ReplacePrefixMatch' : true",
      "type must be 'ReplacePrefixMatch' when replacePrefixMatch is set",
    ],
  ),
)
export type PathModifier = Static<typeof PathModifier>

export const RequestRedirect = message({
  scheme: Type.Enum(['http', 'https']),
  hostname: preciseHostname(),
  path: PathModifier,
  port: portNumber({ description: "default: the scheme's own, else the listener's" }),
  statusCode: Type.Enum([301, 302, 303, 307, 308], { default: 302 }),
})
export type RequestRedirect = Static<typeof RequestRedirect>

export const UrlRewrite = message({ hostname: preciseHostname(), path: PathModifier })
export type UrlRewrite = Static<typeof UrlRewrite>

export const RequestMirror = message(
  {
    percent: Type.Integer({ minimum: 0, maximum: 100 }),
    fraction: message(
      { denominator: Type.Integer({ minimum: 1, default: 100 }) },
      { numerator: Type.Integer({ minimum: 0 }) },
      cel(['self.numerator <= self.denominator', 'numerator must be less than or equal to denominator']),
    ),
  },
  { backendRef: BackendObjectReference },
  cel([
    '!(has(self.percent) && has(self.fraction))',
    'Only one of percent or fraction may be specified in HTTPRequestMirrorFilter',
  ]),
)
export type RequestMirror = Static<typeof RequestMirror>

const origin = '(^\\*$)|(^(http(s)?):\\/\\/(((\\*\\.)?([a-zA-Z0-9\\-]+\\.)*[a-zA-Z0-9-]+|\\*)(:([0-9]{1,5}))?)$)'
const method = Type.Enum(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'CONNECT', 'OPTIONS', 'TRACE', 'PATCH', '*'])
const starAlone = (what: string) =>
  cel([`!('*' in self && self.size() > 1)`, `${what} cannot contain '*' alongside other values`])

export const CorsFilter = message({
  allowOrigins: Type.Array(
    Type.String({ minLength: 1, maxLength: 253, pattern: origin, title: '"*" or an origin such as "https://*.example.com"' }),
    {
      maxItems: 64,
      ...asSet,
      ...starAlone('AllowOrigins'),
    },
  ),
  allowCredentials: Type.Boolean(),
  allowMethods: Type.Array(method, { maxItems: 9, ...asSet, ...starAlone('AllowMethods') }),
  allowHeaders: Type.Array(headerName(), { maxItems: 64, ...asSet, ...starAlone('AllowHeaders') }),
  exposeHeaders: Type.Array(headerName(), { maxItems: 64, ...asSet }),
  maxAge: Type.Integer({ minimum: 1, default: 5, description: 'seconds that a browser may remember the answer' }),
})
export type CorsFilter = Static<typeof CorsFilter>

const headerNames = (description: string) => Type.Array(Type.String(), { maxItems: 64, description, ...asSet })

export const ExternalAuth = message(
  {
    grpc: message({ allowedHeaders: headerNames('headers of the request that the service is told; default: all') }),
    http: message({
      path: Type.String({
        maxLength: 1024,
        pattern: "^(?:[-A-Za-z0-9/._~!$&'()*+,;=:@]|[%][0-9a-fA-F]{2})+$",
        title: 'a path',
        description: "stands before the request's own path",
      }),
      allowedHeaders: headerNames('headers of the request that the service is told, beside Authorization and Host'),
      allowedResponseHeaders: headerNames("headers of the service's answer that go on to the backend"),
    }),
    forwardBody: message({ maxSize: Type.Integer({ minimum: 0, description: 'bytes of the body that the service is told' }) }),
  },
  { protocol: Type.Enum(['HTTP', 'GRPC']), backendRef: BackendObjectReference },
  cel(
    ["self.protocol == 'GRPC' ? has(self.grpc) : true", "grpc must be specified when protocol is set to 'GRPC'"],
    ["has(self.grpc) ? self.protocol == 'GRPC' : true", "protocol must be 'GRPC' when grpc is set"],
    ["self.protocol == 'HTTP' ? has(self.http) : true", "http must be specified when protocol is set to 'HTTP'"],
    ["has(self.http) ? self.protocol == 'HTTP' : true", "protocol must be 'HTTP' when http is set"],
  ),
)
export type ExternalAuth = Static<typeof ExternalAuth>

/** Filter type -> the field that it needs and nobody else has. */
export const FILTER_FIELDS = {
  RequestHeaderModifier: 'requestHeaderModifier',
  ResponseHeaderModifier: 'responseHeaderModifier',
  RequestMirror: 'requestMirror',
  RequestRedirect: 'requestRedirect',
  URLRewrite: 'urlRewrite',
  CORS: 'cors',
  ExternalAuth: 'externalAuth',
  ExtensionRef: 'extensionRef',
} as const

/** Type and field belong together, in both directions. */
export function unionRules(fields: Readonly<Record<string, string>>) {
  const rules: [string, string][] = []
  for (const [type, field] of Object.entries(fields)) {
    rules.push([
      `!(has(self.${field}) && self.type != '${type}')`,
      `filter.${field} must be nil if the filter.type is not ${type}`,
    ])
    rules.push([`!(!has(self.${field}) && self.type == '${type}')`, `filter.${field} must be specified for ${type} filter.type`])
  }
  return cel(...rules)
}

export const HttpRouteFilter = message(
  {
    requestHeaderModifier: HeaderFilter,
    responseHeaderModifier: HeaderFilter,
    requestMirror: RequestMirror,
    requestRedirect: RequestRedirect,
    urlRewrite: UrlRewrite,
    cors: CorsFilter,
    externalAuth: ExternalAuth,
    extensionRef: LocalObjectReference,
  },
  {
    type: Type.Enum([
      'RequestHeaderModifier',
      'ResponseHeaderModifier',
      'RequestMirror',
      'RequestRedirect',
      'URLRewrite',
      'CORS',
      'ExternalAuth',
      'ExtensionRef',
    ]),
  },
  unionRules(FILTER_FIELDS),
)
export type HttpRouteFilter = Static<typeof HttpRouteFilter>

const once = (type: string) => [`self.filter(f, f.type == '${type}').size() <= 1`, `${type} filter cannot be repeated`] as const

export const httpFilters = Type.Array(HttpRouteFilter, {
  maxItems: 16,
  ...cel(
    [
      "!(self.exists(f, f.type == 'RequestRedirect') && self.exists(f, f.type == 'URLRewrite'))",
      'May specify either httpRouteFilterRequestRedirect or httpRouteFilterRequestRewrite, but not both',
    ],
    once('CORS'),
    once('RequestHeaderModifier'),
    once('ResponseHeaderModifier'),
    once('RequestRedirect'),
    once('URLRewrite'),
  ),
})
