/** The part of a Telemetry (telemetry.istio.io) that is about access logs. */
import type { AccessLogging as Spec } from '../../api/istio/telemetry/schema.ts'
import type { Telemetry } from '../../api/registry.ts'
import type { LoggingPolicy, LoggingRule } from '../../model/log-target.ts'
import { originOf } from '../origin.ts'
import { compileTarget } from '../policy-target.ts'

export function compileLoggingPolicy(object: Telemetry): LoggingPolicy {
  return {
    ...compileTarget(object, object.spec),
    name: object.name,
    rules: (object.spec.accessLogging ?? []).map(compileRule),
    created: object.creationTimestamp ?? '',
    origin: originOf(object, ['spec', 'accessLogging']),
  }
}

const SIDES = { CLIENT_AND_SERVER: 'both', CLIENT: 'client', SERVER: 'server' } as const

function compileRule({ match, providers = [], disabled = false, filter }: Spec): LoggingRule {
  return {
    side: SIDES[match?.mode ?? 'CLIENT_AND_SERVER'],
    providers: providers.map(({ name }) => name),
    disabled,
    filter: filter?.expression ?? '',
  }
}
