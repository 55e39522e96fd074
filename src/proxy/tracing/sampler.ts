/** Samplers of Envoy's OpenTelemetry tracer: who decides in place of x-request-id. */
import type { TraceContext } from '../../lib/trace/context.ts'
import type { TypedExtensionConfig } from '../../xds/gen/envoy/config/core/v3/extension.ts'
import { ParentBasedSamplerConfig } from '../../xds/gen/envoy/extensions/tracers/opentelemetry/samplers/v3/parent_based_sampler.ts'
import { TraceIdRatioBasedSamplerConfig } from '../../xds/gen/envoy/extensions/tracers/opentelemetry/samplers/v3/trace_id_ratio_based_sampler.ts'
import { messageName } from '../../xds/wire/type-url.ts'
import { fractionOf } from '../route/fraction.ts'

export type Sampler = (parent: TraceContext | undefined, traceId: string) => boolean

const PREFIX = 'envoy.extensions.tracers.opentelemetry.samplers.v3.'

/** @param warn told of a sampler that only Envoy has: then x-request-id decides @throws when the settings can't be used */
export function compileSampler(config: TypedExtensionConfig | undefined, warn: (text: string) => void): Sampler | undefined {
  const typed = config?.typedConfig
  if (typed === undefined) return undefined
  switch (messageName(typed.typeUrl)) {
    case `${PREFIX}AlwaysOnSamplerConfig`:
      return () => true
    case `${PREFIX}TraceIdRatioBasedSamplerConfig`:
      return byTraceId(fractionOf(TraceIdRatioBasedSamplerConfig.decode(typed.value).samplingPercentage))
    case `${PREFIX}ParentBasedSamplerConfig`: {
      const root = compileSampler(ParentBasedSamplerConfig.decode(typed.value).wrappedSampler, warn)
      if (root === undefined) throw new Error(`sampler "${config?.name}" has no wrapped_sampler`)
      return (parent, traceId) => parent?.sampled ?? root(parent, traceId)
    }
    default:
      warn(`sampler "${config?.name}" (${messageName(typed.typeUrl)}) is one that only Envoy has: x-request-id and chance decide`)
      return undefined
  }
}

/** The last eight octets are what ids of every length have. */
function byTraceId(share: number): Sampler {
  const limit = Math.round(share * 0x1_0000_0000)
  return (_, traceId) => Number.parseInt(traceId.slice(-8), 16) < limit
}
