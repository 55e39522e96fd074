/** The transport socket of connections without TLS, where one has to be named. */
import { TransportSocket } from '../gen/envoy/config/core/v3/base.ts'
import { RawBuffer } from '../gen/envoy/extensions/transport_sockets/raw_buffer/v3/raw_buffer.ts'
import { pack } from '../wire/any.ts'

export const PLAINTEXT = TransportSocket.fromPartial({
  name: 'envoy.transport_sockets.raw_buffer',
  configType: {
    $case: 'typedConfig',
    value: pack('envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer', RawBuffer, {}),
  },
})
