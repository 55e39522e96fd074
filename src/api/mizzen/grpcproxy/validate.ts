/** Rules for GRPCProxy. */
import type { Findings } from '../../findings.ts'
import { checkStringMatch } from '../../istio/virtualservice/string-match.ts'
import type { ConfigObject } from '../../object.ts'
import { checkHeaderMatchName } from '../../values/header.ts'
import { checkProxy } from '../httpproxy/validate.ts'
import { checkCommon } from '../route.ts'
import type { GRPCProxySpec, GrpcMatch } from './schema.ts'

const SERVICE = /^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*$/
const METHOD = /^[A-Za-z_]\w*$/

export function validateGRPCProxy(object: ConfigObject<'GRPCProxy', string, GRPCProxySpec>, findings: Findings): void {
  const { spec, namespace } = object
  const at = findings.at('spec')
  const { allow: callers, ...rest } = spec
  checkProxy({ ...rest, ...(callers && { allow: callers.map(({ methods: _, ...caller }) => caller) }) }, namespace, at)
  for (const [index, route] of (spec.routes ?? []).entries()) {
    const one = at.at('routes', index)
    for (const [i, match] of (route.match ?? []).entries()) checkMatch(match, one.at('match', i))
    checkCommon(route, one)
  }
  for (const [index, caller] of (callers ?? []).entries()) {
    for (const [i, method] of (caller.methods ?? []).entries()) {
      const [service = '', name = '', ...more] = method.split('/')
      if (more.length > 0 || !SERVICE.test(service) || !(name === '*' || METHOD.test(name)))
        at.at('allow', index, 'methods', i).error(
          `${JSON.stringify(method)} is not a method: expected "shop.v1.Payments/Pay" or "shop.v1.Payments/*"`,
        )
    }
  }
}

function checkMatch({ service, method, metadata }: GrpcMatch, findings: Findings): void {
  if (service !== undefined && !SERVICE.test(service))
    findings
      .at('service')
      .error(`${JSON.stringify(service)} is not a service: expected its full name, such as "shop.v1.Payments"`)
  if (method !== undefined && !METHOD.test(method))
    findings.at('method').error(`${JSON.stringify(method)} is not a method: expected its name alone, such as "Pay"`)
  if (method !== undefined && service === undefined)
    findings.at('method').error('a method belongs to a service: expected service beside it')
  for (const [name, value] of Object.entries(metadata ?? {})) {
    findings.at('metadata', name).check(checkHeaderMatchName(name))
    checkStringMatch(value, findings.at('metadata', name))
  }
}
