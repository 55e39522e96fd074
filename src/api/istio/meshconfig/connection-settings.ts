/** How a proxy treats those who connect to it: buffers, timeouts, HTTP/2, odd paths and headers. For gateways there is a profile. */
import { type Static, Type } from 'typebox'
import { duration, message, uint32 } from '../../schema/message.ts'

/** @param edge what the profile EDGE says */
const number = (description: string, edge?: number) =>
  uint32({ description: edge === undefined ? description : `${description}; EDGE: ${edge}` })
const time = (description: string, edge: string) => duration({ description: `${description}; EDGE: ${edge}` })

export const ConnectionSettings = message({
  profile: Type.Enum(['SIDECAR', 'EDGE'], {
    default: 'SIDECAR',
    description: "EDGE: a gateway that strangers reach gets Envoy's advice for it",
  }),
  listenerPerConnectionBufferLimitBytes: number('buffer of a connection from a client, bytes', 32768),
  clusterPerConnectionBufferLimitBytes: number('buffer of a connection to an endpoint, bytes', 32768),
  httpIdleTimeout: time('time until a connection without requests is closed', '3600s'),
  httpRequestTimeout: time('time for a client to send its whole request', '300s'),
  httpRequestHeadersTimeout: time('time for a client to send the headers', '60s'),
  httpStreamIdleTimeout: time('time until a silent request is given up', '300s'),
  httpMaxConcurrentStreams: number('requests at a time on a connection', 100),
  http2InitialStreamWindowSize: number('first window of a request, bytes', 65536),
  http2InitialConnectionWindowSize: number('first window of a connection, bytes', 1048576),
  httpHeadersWithUnderscoresAction: Type.Enum(['ALLOW', 'REJECT_REQUEST', 'DROP_HEADER'], {
    description: 'what is done with headers that have a "_" in their names; EDGE: REJECT_REQUEST',
  }),
  httpMergeSlashes: Type.Boolean({ description: 'take several slashes for one; goes before pathNormalization; EDGE: true' }),
  httpPathWithEscapedSlashesAction: Type.Enum(
    ['IMPLEMENTATION_SPECIFIC_DEFAULT', 'KEEP_UNCHANGED', 'REJECT_REQUEST', 'UNESCAPE_AND_REDIRECT', 'UNESCAPE_AND_FORWARD'],
    { description: 'what is done with %2F and %5C in paths; EDGE: UNESCAPE_AND_REDIRECT' },
  ),
  globalDownstreamConnectionLimit: number('clients that may be connected at a time'),
})
export type ConnectionSettings = Static<typeof ConnectionSettings>
