/** Tracing as the proxy's start configuration has it, from before there was Telemetry. */
import { type Static, Type } from 'typebox'
import { described, exclusive, mapOf, message, uint32 } from '../../schema/message.ts'
import { ClientTLSSettings } from '../destinationrule/schema.ts'
import { CustomTag } from '../telemetry/schema.ts'

const text = (description: string) => Type.String({ description })
const address = { address: text('host:port; $(HOST_IP) stands for the machine') }

export const ProxyTracing = message(
  {
    zipkin: message(address, {}, { description: 'Zipkin' }),
    lightstep: message({ ...address, accessToken: text('access token') }, {}, { deprecated: true, description: 'Lightstep' }),
    datadog: message(address, {}, { description: 'the agent of Datadog' }),
    stackdriver: message(
      {
        debug: Type.Boolean({ description: 'print spans' }),
        maxNumberOfAttributes: uint32({ description: 'attributes of a span' }),
        maxNumberOfAnnotations: uint32({ description: 'annotations of a span' }),
        maxNumberOfMessageEvents: uint32({ description: 'events of a span' }),
      },
      {},
      { deprecated: true, description: 'Stackdriver' },
    ),
    openCensusAgent: message(
      { ...address, context: Type.Array(Type.String(), { description: 'headers that hand on the context' }) },
      {},
      {
        deprecated: true,
        description: 'OpenCensus, which Envoy no longer knows',
      },
    ),
    customTags: mapOf(CustomTag, { description: 'further tags of the spans, by name' }),
    maxPathTagLength: uint32({ default: 256, description: 'longest path in a span' }),
    sampling: Type.Number({ default: 1, description: 'percentage of the requests that are traced' }),
    tlsSettings: described('how to reach the collector', ClientTLSSettings),
    enableIstioTags: Type.Boolean({ default: true, description: 'give spans the tags istio.canonical_service and the like' }),
  },
  {},
  exclusive(['zipkin', 'lightstep', 'datadog', 'stackdriver', 'openCensusAgent']),
)
export type ProxyTracing = Static<typeof ProxyTracing>
