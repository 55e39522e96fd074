/** Which traces requests join: what Telemetry and the mesh configuration ask for, seen by the application behind both sidecars. */
import { type HttpExpectation, http, type Scenario } from '../scenario.ts'

/**
 * A collector that nobody is: spans get lost, and requests do not notice. A connection keeps what it began with until it ends: none is used
 * twice here.
 */
const mesh = (defaults = '') => `
apiVersion: v1
kind: ConfigMap
metadata: {name: istio, namespace: istio-system}
data:
  mesh: |
    extensionProviders:
    - {name: otlp, opentelemetry: {service: collector.default.svc.cluster.local, port: 4317}}
    - {name: b3, zipkin: {service: collector.default.svc.cluster.local, port: 9411}}
    - {name: both, zipkin: {service: collector.default.svc.cluster.local, port: 9411, traceContextOption: USE_B3_WITH_W3C_PROPAGATION}}
    ${defaults}
---
apiVersion: v1
kind: Service
metadata: {name: collector, namespace: default}
spec: {selector: {app: collector}, ports: [{name: grpc-otlp, port: 4317}, {name: http-zipkin, port: 9411}]}
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: echo}
spec: {host: echo, trafficPolicy: {connectionPool: {http: {maxRequestsPerConnection: 1}}}}
---`

const telemetry = (tracing: string, metadata = '{name: mesh, namespace: istio-system}', rest = '') => `
apiVersion: telemetry.istio.io/v1
kind: Telemetry
metadata: ${metadata}
spec: {${rest} tracing: [${tracing}]}
---`

const TRACE = '0af7651916cd43dd8448eb211c80319c'
const parent = (flags: string) => ({ traceparent: `00-${TRACE}-b7ad6b7169203331-${flags}` })
const decided = (digit: string) => ({ 'x-request-id': `11111111-2222-${digit}333-8444-555555555555` })

const sampled = /^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/
const unsampled = /^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/
const ask = (seen: HttpExpectation['seen'], headers = {}) => http('http://echo/', { ...(seen && { seen }) }, { headers })

const untraced = { traceparent: null, 'x-b3-traceid': null }

export const tracing: readonly Scenario[] = [
  {
    name: 'a provider of the mesh and a percentage: the application is handed the context of its trace',
    mixed: true,
    config: mesh() + telemetry('{providers: [{name: otlp}], randomSamplingPercentage: 100}'),
    calls: [
      ask({ traceparent: sampled, 'x-b3-traceid': null, 'x-request-id': /^.{14}9/ }),
      ask(
        { traceparent: new RegExp(`^00-${TRACE}-(?!b7ad6b71)[0-9a-f]{16}-01$`), tracestate: 'a=b' },
        { ...parent('01'), tracestate: 'a=b' },
      ),
      ask({ traceparent: new RegExp(`^00-${TRACE}-(?!b7ad6b71)[0-9a-f]{16}-00$`) }, parent('00')),
    ],
  },
  {
    name: 'the default provider of the mesh, with the percentage of the proxies',
    config: mesh('defaultProviders: {tracing: [otlp]}\n    defaultConfig: {tracing: {sampling: 100}}'),
    calls: [ask({ traceparent: sampled })],
  },
  {
    name: 'nobody is chosen, but who is forced, or was chosen before',
    config: mesh() + telemetry('{providers: [{name: otlp}], randomSamplingPercentage: 0}'),
    calls: [
      ask({ traceparent: unsampled, 'x-request-id': /^.{14}4/ }),
      ask({ traceparent: sampled, 'x-request-id': /^.{14}9/ }, decided('9')),
      ask({ traceparent: sampled, 'x-request-id': /^.{14}b/ }, { 'x-client-trace-id': 'mine' }),
    ],
  },
  {
    name: 'request ids that do not decide leave it to the caller',
    config: mesh() + telemetry('{providers: [{name: otlp}], randomSamplingPercentage: 0, useRequestIdForTraceSampling: false}'),
    calls: [ask({ traceparent: sampled }, parent('01')), ask({ traceparent: unsampled }, parent('00'))],
  },
  {
    name: 'Zipkin hands on B3, in the form of the caller',
    mixed: true,
    config: mesh() + telemetry('{providers: [{name: b3}], randomSamplingPercentage: 100}'),
    calls: [
      ask({ traceparent: null, 'x-b3-traceid': /^[0-9a-f]{32}$/, 'x-b3-spanid': /^[0-9a-f]{16}$/, 'x-b3-sampled': '1' }),
      ask(
        { b3: new RegExp(`^${TRACE}-(?!b7ad6b71)[0-9a-f]{16}-0-`), 'x-b3-traceid': null },
        { b3: `${TRACE}-b7ad6b7169203331-0` },
      ),
      ask(
        { 'x-b3-traceid': TRACE, 'x-b3-parentspanid': /^(?!b7ad6b71)/ },
        { 'x-b3-traceid': TRACE, 'x-b3-spanid': 'b7ad6b7169203331' },
      ),
    ],
  },
  {
    name: 'Zipkin hands on the headers of W3C too, where it is told to',
    config: mesh() + telemetry('{providers: [{name: both}], randomSamplingPercentage: 100}'),
    calls: [ask({ traceparent: new RegExp(`^00-${TRACE}-`), 'x-b3-traceid': TRACE }, parent('01'))],
  },
  {
    name: 'a workload of its own mind goes before its namespace, and that before the mesh',
    config:
      mesh() +
      telemetry('{providers: [{name: otlp}], randomSamplingPercentage: 0}') +
      telemetry('{randomSamplingPercentage: 0, providers: [{name: b3}]}', '{name: all}') +
      telemetry('{randomSamplingPercentage: 100}', '{name: caller}', 'selector: {matchLabels: {app: client}},'),
    calls: [ask({ 'x-b3-sampled': '1', traceparent: null })],
  },
  {
    name: 'spans are not reported, and no context is handed on, where that is switched off',
    config: mesh() + telemetry('{providers: [{name: otlp}], randomSamplingPercentage: 100, disableSpanReporting: true}'),
    calls: [ask(untraced)],
  },
  {
    name: 'only the side that is meant traces',
    config:
      mesh() +
      telemetry(
        '{match: {mode: SERVER}, providers: [{name: b3}], randomSamplingPercentage: 100}, {match: {mode: CLIENT}, disableSpanReporting: true}',
      ),
    calls: [ask({ 'x-b3-sampled': '1', 'x-b3-parentspanid': null })],
  },
  {
    name: 'a context that is not to be handed on stays where it is',
    config: mesh() + telemetry('{providers: [{name: otlp}], randomSamplingPercentage: 100, disableContextPropagation: true}'),
    calls: [ask(untraced), ask(parent('01'), parent('01'))],
  },
  {
    name: 'a provider that nobody knows changes nothing',
    config: mesh() + telemetry('{providers: [{name: nobody}], randomSamplingPercentage: 100}'),
    calls: [ask(untraced)],
  },
]
