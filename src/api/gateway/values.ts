/** The texts and numbers that all kinds of the Gateway API are made of, with the bounds its CRDs give them. */
import { type TSchemaOptions, Type } from 'typebox'
import { mapOf, message } from '../schema/message.ts'

const LABEL = '[a-z0-9]([-a-z0-9]*[a-z0-9])?'
const NAME = `${LABEL}(\\.${LABEL})*`

export const GATEWAY_GROUP = 'gateway.networking.k8s.io'
export const EXPERIMENTAL_GROUP = 'gateway.networking.x-k8s.io'

/** The label of pods that serve a Gateway, and of all that is made for it: its name. */
export const GATEWAY_NAME = 'gateway.networking.k8s.io/gateway-name'

export function group(options: TSchemaOptions = {}) {
  return Type.String({ maxLength: 253, pattern: `^$|^${NAME}$`, title: 'an API group ("" for core)', ...options })
}

export function kind(options: TSchemaOptions = {}) {
  const pattern = '^[a-zA-Z]([-a-zA-Z0-9]*[a-zA-Z0-9])?$'
  return Type.String({ minLength: 1, maxLength: 63, pattern, title: 'the name of a kind', ...options })
}

export function objectName(options: TSchemaOptions = {}) {
  return Type.String({ minLength: 1, maxLength: 253, ...options })
}

export function namespace(options: TSchemaOptions = {}) {
  return Type.String({ minLength: 1, maxLength: 63, pattern: `^${LABEL}$`, title: 'the name of a namespace', ...options })
}

/** Of a listener, a rule or a Service port. */
export function sectionName(options: TSchemaOptions = {}) {
  const title = 'a name of lower-case letters, digits, "-" and "."'
  return Type.String({ minLength: 1, maxLength: 253, pattern: `^${NAME}$`, title, ...options })
}

/** "*" is not a host here: no hostname is the way to say "all". */
export function hostname(options: TSchemaOptions = {}) {
  const title = 'a host name in lower case such as "api.example.com" or "*.example.com"'
  return Type.String({ minLength: 1, maxLength: 253, pattern: `^(\\*\\.)?${NAME}$`, title, ...options })
}

export function preciseHostname(options: TSchemaOptions = {}) {
  const title = 'a host name in lower case without wildcard'
  return Type.String({ minLength: 1, maxLength: 253, pattern: `^${NAME}$`, title, ...options })
}

export function portNumber(options: TSchemaOptions = {}) {
  return Type.Integer({ minimum: 1, maximum: 65535, ...options })
}

/** GEP-2257: hours to milliseconds, no fractions. */
export function gatewayDuration(options: TSchemaOptions = {}) {
  const pattern = '^([0-9]{1,5}(h|m|s|ms)){1,4}$'
  return Type.String({ pattern, title: 'a length of time such as "5s" or "1m30s", without fractions', ...options })
}

export function headerName(options: TSchemaOptions = {}) {
  const pattern = "^[A-Za-z0-9!#$%&'*+\\-.^_\\x60|~]+$"
  return Type.String({ minLength: 1, maxLength: 256, pattern, title: 'a header name', ...options })
}

export function weight(options: TSchemaOptions = {}) {
  const description = 'share of the requests, relative to the sum of all weights of the rule'
  return Type.Integer({ minimum: 0, maximum: 1_000_000, default: 1, description, ...options })
}

/** "example.com/name" */
export const controllerName = (options: TSchemaOptions = {}) =>
  Type.String({
    minLength: 1,
    maxLength: 253,
    pattern: `^${NAME}\\/[A-Za-z0-9\\/\\-._~%!$&'()*+,;=:]+$`,
    title: 'a controller such as "example.com/name"',
    ...options,
  })

export const LabelSelector = message({
  matchLabels: mapOf(Type.String()),
  matchExpressions: Type.Array(
    message(
      { values: Type.Array(Type.String()) },
      { key: Type.String(), operator: Type.Enum(['In', 'NotIn', 'Exists', 'DoesNotExist']) },
    ),
  ),
})
