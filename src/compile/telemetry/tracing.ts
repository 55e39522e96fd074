/** The part of a Telemetry (telemetry.istio.io) that is about spans. */
import type { Tracing as Spec } from '../../api/istio/telemetry/schema.ts'
import type { Telemetry } from '../../api/registry.ts'
import type { SpanTag } from '../../model/proxy-settings.ts'
import type { TracingPolicy, TracingRule } from '../../model/tracing.ts'
import { originOf } from '../origin.ts'
import { compileTarget } from '../policy-target.ts'
import { compileTags } from '../proxy-config.ts'

export function compileTracingPolicy(object: Telemetry): TracingPolicy {
  return {
    ...compileTarget(object, object.spec),
    name: object.name,
    rules: (object.spec.tracing ?? []).map(compileRule),
    created: object.creationTimestamp ?? '',
    origin: originOf(object, ['spec', 'tracing']),
  }
}

const sides = { CLIENT_AND_SERVER: 'both', CLIENT: 'client', SERVER: 'server' } as const

function compileRule(spec: Spec): TracingRule {
  const tags: Readonly<Record<string, SpanTag>> = compileTags(spec.customTags)
  return {
    side: sides[spec.match?.mode ?? 'CLIENT_AND_SERVER'],
    provider: spec.providers?.[0]?.name,
    samplingPercent: spec.randomSamplingPercentage,
    disabled: spec.disableSpanReporting,
    tags: Object.keys(tags).length > 0 ? tags : undefined,
    requestIdDecides: spec.useRequestIdForTraceSampling,
    meshTags: spec.enableIstioTags,
    keepsContext: spec.disableContextPropagation,
  }
}
