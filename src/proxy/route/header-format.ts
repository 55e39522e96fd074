/**
 * Header values with %COMMAND% operators (Envoy's substitution formatter), parsed when configuration arrives.
 */
import { hostname } from 'node:os'
import { fromByteText, toByteText } from '../../lib/byte-text.ts'
import { compileTimeFormat } from '../../lib/strftime.ts'
import type { Headers } from '../http/headers.ts'
import type { RequestHead } from '../http/stream.ts'
import type { ResponseContext, RouteContext, RouteDecision } from './decision.ts'
import { queryParameter } from './query-match.ts'
import { firstFieldReader, pathOnly } from './request-field.ts'

/** While a request is prepared, nothing is known of the response yet; its operators are empty then. */
export type FormatContext = RouteContext &
  Partial<Omit<ResponseContext, keyof RouteContext>> & { readonly decision?: RouteDecision | 'tls-required' | undefined }

type Operator = (head: RequestHead, context: FormatContext, response: Headers | undefined) => string | undefined

/** A constant, or a function of the request. What has no value is empty, as in Envoy's headers. */
export type HeaderValue = string | ((head: RequestHead, context: FormatContext, response: Headers | undefined) => string)

/** `%NAME%`, `%NAME(arguments)%`, either with `:length` before the last percent sign. */
const COMMAND = /%(?:%|([A-Z][0-9A-Z_]*)(?:\(([^)]*)\))?(?::(\d+))?%)/y

/** @throws on an operator that is malformed, unknown or not supported */
export function compileHeaderValue(format: string): HeaderValue {
  const parts: (string | Operator)[] = []
  let literal = ''
  for (let at = 0; at < format.length; ) {
    if (format[at] !== '%') {
      literal += format[at++]
      continue
    }
    COMMAND.lastIndex = at
    const found = COMMAND.exec(format)
    if (!found)
      throw new Error(`header value "${format}" has no valid command at position ${at}, expected %NAME%, %NAME(arguments)% or %%`)
    at += found[0].length
    const [, name, argument, length] = found
    if (name === undefined) {
      literal += '%'
      continue
    }
    if (literal) parts.push(toByteText(literal))
    literal = ''
    parts.push(limit(compileOperator(name, argument, format), length))
  }
  if (literal) parts.push(toByteText(literal))
  const [first] = parts
  if (parts.length <= 1 && typeof first !== 'function') return first ?? ''
  return (head, context, response) => {
    let value = ''
    for (const part of parts) value += typeof part === 'string' ? part : (part(head, context, response) ?? '')
    return value
  }
}

function limit(operator: Operator, length: string | undefined): Operator {
  if (length === undefined) return operator
  const most = Number(length)
  return (head, context, response) => operator(head, context, response)?.slice(0, most)
}

function compileOperator(name: string, argument: string | undefined, format: string): Operator {
  const withArgument = WITH_ARGUMENT[name]
  if (withArgument) return withArgument(argument ?? '', name)
  const plain = PLAIN[name]
  if (!plain) {
    const known = [...Object.keys(PLAIN), ...Object.keys(WITH_ARGUMENT)].join(', ')
    throw new Error(`header value "${format}" has the command "${name}", which is not supported, expected one of ${known}`)
  }
  if (argument !== undefined) throw new Error(`header value "${format}": ${name} takes no arguments`)
  return plain
}

const host = toByteText(hostname())

const PLAIN: Readonly<Record<string, Operator>> = {
  PROTOCOL: head => head.protocol,
  DOWNSTREAM_REMOTE_ADDRESS: (_, context) => hostPort(context.remoteAddress, context.remotePort),
  DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT: (_, context) => context.remoteAddress,
  DOWNSTREAM_REMOTE_PORT: (_, context) => String(context.remotePort),
  DOWNSTREAM_LOCAL_ADDRESS: (_, context) => hostPort(context.localAddress, context.localPort),
  DOWNSTREAM_LOCAL_ADDRESS_WITHOUT_PORT: (_, context) => context.localAddress,
  DOWNSTREAM_LOCAL_PORT: (_, context) => String(context.localPort),
  HOSTNAME: () => host,
  ROUTE_NAME: (_, { decision }) => (decision === 'tls-required' ? undefined : decision?.route),
  UPSTREAM_HOST: (_, context) => context.upstreamHost,
  UPSTREAM_REMOTE_ADDRESS: (_, context) => context.upstreamHost,
  UPSTREAM_CLUSTER: (_, context) => context.upstreamCluster,
  RESPONSE_CODE: (_, context) => (context.responseCode ? String(context.responseCode) : undefined),
  RESPONSE_FLAGS: (_, context) => context.responseFlags,
}

const WITH_ARGUMENT: Readonly<Record<string, (argument: string, name: string) => Operator>> = {
  REQ: (argument, name) => {
    const [first, second] = headerNames(argument, name).map(firstFieldReader)
    if (!first) throw new Error(`${name} needs a header name, expected %${name}(NAME)% or %${name}(NAME?ALTERNATIVE)%`)
    return second ? head => first(head) ?? second(head) : first
  },
  RESP: (argument, name) => {
    const [first = '', second] = headerNames(argument, name)
    return (_, __, response) => response?.get(first) ?? (second === undefined ? undefined : response?.get(second))
  },
  START_TIME: argument => {
    const format = compileTimeFormat(argument || '%Y-%m-%dT%H:%M:%E3SZ')
    return (_, context) => toByteText(format(context.startTime))
  },
  QUERY_PARAM: (argument, name) => {
    if (argument === '') throw new Error(`${name} needs a parameter's name, expected %${name}(NAME)%`)
    return head => queryParameter(head.path, argument)
  },
  PATH: argument => {
    const [query = 'WQ', which = ''] = argument.split(':')
    if (!/^(|WQ|NQ)$/.test(query) || !/^(|PATH|ORIG|ORIG_OR_PATH)$/.test(which))
      throw new Error(`PATH(${argument}), expected WQ or NQ, then PATH, ORIG or ORIG_OR_PATH after a colon`)
    const original = firstFieldReader('x-envoy-original-path')
    const read: Operator =
      which === 'PATH' ? head => head.path : which === 'ORIG' ? original : head => original(head) ?? head.path
    return query === 'NQ' ? (...request) => pathOnly(read(...request) ?? '') : read
  },
  ENVIRONMENT: (argument, name) => {
    if (argument === '') throw new Error(`${name} needs a variable's name, expected %${name}(NAME)%`)
    const value = toByteText(process.env[argument] ?? '')
    return () => value
  },
}

function headerNames(argument: string, command: string): string[] {
  const names = argument.split('?').map(name => name.toLowerCase())
  if (names.length > 2 || names.some(name => !/^:?[!#$%&'*+\-.^_`|~0-9a-z]+$/.test(name)))
    throw new Error(`${command}(${fromByteText(argument)}), expected a header name, or two with "?" between them`)
  return names
}

function hostPort(address: string, port: number): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`
}
