import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  HealthCheck_CustomHealthCheck as Custom,
  HealthCheck_GrpcHealthCheck as Grpc,
  HealthCheck,
  HealthCheck_HttpHealthCheck as Http,
  HealthCheck_TcpHealthCheck as Tcp,
} from '../../xds/gen/envoy/config/core/v3/health_check.ts'
import { readHealthChecks } from './settings.ts'

const seconds = (seconds: number) => ({ seconds, nanos: 0 })

const basis: HealthCheck = {
  ...HealthCheck.fromPartial({ interval: seconds(1), timeout: seconds(1), healthyThreshold: 1, unhealthyThreshold: 1 }),
  healthChecker: { $case: 'httpHealthCheck', value: Http.fromPartial({ path: '/ready' }) },
}

function read(more: Partial<HealthCheck> = {}, http2 = false) {
  return readHealthChecks([{ ...basis, ...more }], 'shop', http2)
}

test('readHealthChecks() takes the name of the cluster for the host, and 200 for the status', () => {
  const checker = read()?.checker
  assert(checker?.kind === 'http')
  assert.deepEqual([checker.host, checker.method, checker.bodyLimit], ['shop', 'GET', 1024])
  assert.deepEqual([200, 201, 503].map(checker.expected), [true, false, false])
})

test('readHealthChecks() refuses what it cannot honour, with the reason', () => {
  const upsideDown = Http.fromPartial({ path: '/', expectedStatuses: [{ start: 300, end: 200 }] })
  const notHex = Tcp.fromPartial({ send: { payload: { $case: 'text', value: 'xyz' } } })
  const refused: [Partial<HealthCheck>, RegExp][] = [
    [{ healthChecker: { $case: 'httpHealthCheck', value: Http.fromPartial({ path: 'ready' }) } }, /path "ready"/],
    [{ healthChecker: { $case: 'grpcHealthCheck', value: Grpc.fromPartial({}) } }, /HTTP\/2/],
    [{ healthChecker: { $case: 'customHealthCheck', value: Custom.fromPartial({ name: 'redis' }) } }, /"redis"/],
    [{ healthChecker: { $case: 'httpHealthCheck', value: upsideDown } }, /expected_statuses "300 to 200"/],
    [{ healthChecker: { $case: 'tcpHealthCheck', value: notHex } }, /payload "xyz"/],
    [{ eventLogPath: '/dev/null' }, /event_log_path/],
    [{ interval: seconds(0) }, /interval is 0/],
    [{ healthyThreshold: undefined }, /healthy_threshold/],
  ]
  for (const [more, reason] of refused) assert.throws(() => read(more), reason)
  assert.throws(() => readHealthChecks([basis, basis], 'shop', false), /2 entries/)
})
