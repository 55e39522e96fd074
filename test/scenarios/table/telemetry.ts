/** Standard metrics and access logs, read from the proxies of both sides after the calls. */
import type { Scenario } from '../scenario.ts'

export const telemetry: readonly Scenario[] = [
  // At least the three: proxies count as long as they run, also for rows before this one.
  {
    name: 'both sides count a request, with the labels of both',
    mixed: true,
    calls: [
      { kind: 'http', from: 'client', url: 'http://solo/metrics', times: 3, expect: { served: 'solo v1' } },
      {
        kind: 'metrics',
        from: 'client',
        lines: [
          /^istio_requests_total\{reporter="source",source_workload="client",.*source_workload_namespace="default",source_principal="spiffe:\/\/cluster.local\/ns\/default\/sa\/client".*destination_workload_namespace="default",destination_principal="spiffe:\/\/cluster.local\/ns\/default\/sa\/solo",destination_app="solo",destination_version="v1",destination_service="solo.default.svc.cluster.local",destination_canonical_service="solo",destination_canonical_revision="v1",destination_service_name="solo",destination_service_namespace="default",destination_cluster="Kubernetes",request_protocol="http",connection_security_policy="unknown",response_code="200",grpc_response_status="",response_flags="-"\} (?:[3-9]|\d\d+)$/,
          /^istio_request_duration_milliseconds_bucket\{reporter="source",.*destination_service_name="solo".*,le="3600000"\} (?:[3-9]|\d\d+)$/,
          /^istio_request_bytes_sum\{reporter="source",.*destination_service_name="solo"/,
          /^istio_response_bytes_count\{reporter="source",.*destination_service_name="solo"/,
        ],
      },
      {
        kind: 'metrics',
        from: 'solo-v1',
        lines: [
          /^istio_requests_total\{reporter="destination",source_workload="client",source_canonical_service="client".*source_workload_namespace="default",source_principal="spiffe:\/\/cluster.local\/ns\/default\/sa\/client",.*destination_app="solo",destination_version="v1",destination_service="solo.default.svc.cluster.local".*connection_security_policy="mutual_tls",response_code="200",grpc_response_status="",response_flags="-"\} (?:[3-9]|\d\d+)$/,
        ],
      },
    ],
  },
  {
    name: 'a connection of bytes is counted with its bytes',
    calls: [
      { kind: 'tcp', from: 'client', to: 'tcp:9000', send: 'ping', expect: {} },
      {
        kind: 'metrics',
        from: 'client',
        lines: [
          /^istio_tcp_connections_opened_total\{reporter="source",source_workload="client".*destination_service="tcp.default.svc.cluster.local".*request_protocol="tcp",connection_security_policy="unknown",response_flags="-"\} \d+$/,
          /^istio_tcp_connections_closed_total\{reporter="source".*destination_service_name="tcp"/,
          /^istio_tcp_received_bytes_total\{reporter="source".*destination_service_name="tcp".*\} [1-9]\d*$/,
          /^istio_tcp_sent_bytes_total\{reporter="source".*destination_service_name="tcp".*\} [1-9]\d*$/,
        ],
      },
    ],
  },
  {
    name: 'gRPC is counted by its status',
    calls: [
      { kind: 'grpc', from: 'client', to: 'grpc:7000', rpc: 'Unary', message: 'hello', expect: {} },
      {
        kind: 'metrics',
        from: 'client',
        lines: [
          /^istio_requests_total\{reporter="source".*destination_service_name="grpc".*request_protocol="grpc",connection_security_policy="unknown",response_code="200",grpc_response_status="0",response_flags="-"\} \d+$/,
        ],
      },
    ],
  },
  {
    name: 'gRPC messages are counted, of streams too',
    mixed: true,
    calls: [
      { kind: 'grpc', from: 'client', to: 'grpc:7000', rpc: 'Unary', message: 'hello', times: 3, expect: {} },
      {
        kind: 'metrics',
        from: 'client',
        lines: [
          /^istio_request_messages_total\{reporter="source".*destination_service_name="grpc".*request_protocol="grpc".*grpc_response_status="0",response_flags="-"\} [1-9]\d*$/,
          /^istio_response_messages_total\{reporter="source".*destination_service_name="grpc".*\} [1-9]\d*$/,
        ],
      },
    ],
  },
  {
    name: 'Telemetry sets and removes tags, and disables a metric, of one side',
    mixed: true,
    config: `
      apiVersion: telemetry.istio.io/v1
      kind: Telemetry
      metadata: {name: tags}
      spec:
        metrics:
          - overrides:
              - match: {mode: CLIENT}
                tagOverrides:
                  row: {value: "'overrides'"}
                  method: {value: request.method}
                  tenant: {value: "request.headers['x-tenant']"}
                  destination_version: {operation: REMOVE}
              - match: {metric: REQUEST_DURATION, mode: CLIENT}
                disabled: true
              - match: {metric: REQUEST_SIZE, mode: CLIENT}
                tagOverrides: {row: {operation: REMOVE}, only_size: {value: string(response.code)}}`,
    calls: [
      { kind: 'http', from: 'client', url: 'http://solo/tags', headers: { 'x-tenant': 'acme' }, expect: { served: 'solo v1' } },
      { kind: 'http', from: 'client', url: 'http://solo/tags', method: 'POST', expect: { served: 'solo v1' } },
      {
        kind: 'metrics',
        from: 'client',
        lines: [
          /^istio_requests_total\{reporter="source".*destination_app="solo",destination_service="solo.*method="GET".*row="overrides",tenant="acme"\} \d+$/,
          /^istio_requests_total\{reporter="source".*method="POST".*row="overrides",tenant="unknown"\} \d+$/,
          /^istio_response_bytes_count\{reporter="source".*row="overrides",tenant="acme"\}/,
          /^istio_request_bytes_count\{reporter="source".*method="GET",only_size="200",tenant="acme"\}/,
        ],
        absent: [/^istio_request_duration.*tenant=/, /destination_version=.*tenant=/, /mizzen_(set|removed)/],
      },
      { kind: 'metrics', from: 'solo-v1', lines: [/^istio_requests_total\{reporter="destination"/], absent: [/row="overrides"/] },
    ],
  },
]
