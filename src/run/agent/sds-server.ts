/** The secrets of this workload for the Envoy beside it (Envoy's SDS), on a unix socket that only its user can open. */
import { createHash } from 'node:crypto'
import { createServer, type Http2Server, type ServerHttp2Stream } from 'node:http2'
import { secretsOf } from '../../identity/workload/secrets.ts'
import type { WorkloadCertificate } from '../../identity/workload/workload-identity.ts'
import { frame, MessageReader } from '../../xds/client/message-reader.ts'
import { Secret } from '../../xds/gen/envoy/extensions/transport_sockets/tls/v3/secret.ts'
import { DeltaDiscoveryRequest, DiscoveryRequest } from '../../xds/gen/envoy/service/discovery/v3/discovery.ts'
import { AdsServer } from '../../xds/server/ads-server.ts'
import { delta } from '../../xds/server/delta.ts'
import { MapSource } from '../../xds/server/map-source.ts'
import { sotw } from '../../xds/server/sotw.ts'
import { SECRET } from '../../xds/wire/type-url.ts'
import { listenOnSocket } from './unix-socket.ts'

const SERVICE = '/envoy.service.secret.v3.SecretDiscoveryService'
/** Names and versions of two secrets. */
const MAX_REQUEST_BYTES = 64 * 1024
const OK = '0'
const INVALID_ARGUMENT = '3'
const UNIMPLEMENTED = '12'

export class SdsServer {
  readonly #source = new MapSource()
  readonly #ads = new AdsServer({ source: this.#source, quietMs: 0 })
  readonly #server: Http2Server

  constructor() {
    this.#server = createServer()
    this.#server.on('stream', (stream, headers) => this.#serve(stream, headers[':path'] ?? ''))
    this.#server.on('sessionError', () => {})
  }

  /** @throws (rejects) when the path can't be listened on */
  listen(path: string): Promise<void> {
    return listenOnSocket(this.#server, path)
  }

  /** Gives the certificate to all who ask, now and later. */
  put(certificate: WorkloadCertificate): void {
    const resources = secretsOf(certificate).map(secret => {
      const bytes = Secret.encode(secret).finish()
      return { name: secret.name, version: createHash('sha1').update(bytes).digest('base64url'), bytes }
    })
    this.#source.update(SECRET, resources)
  }

  close(): void {
    this.#ads.close()
    this.#server.close()
  }

  #serve(stream: ServerHttp2Stream, path: string): void {
    stream.on('error', () => {})
    const incremental = path === `${SERVICE}/DeltaSecrets`
    if (!incremental && path !== `${SERVICE}/StreamSecrets`) {
      end(stream, UNIMPLEMENTED, 'this socket serves secrets, expected StreamSecrets or DeltaSecrets')
      return
    }
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true })
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': OK }))
    const session = this.#ads.connect({
      dialect: incremental ? delta : sotw,
      address: 'the agent of this workload',
      send: bytes => stream.write(frame(bytes)),
    })
    const reader = new MessageReader(MAX_REQUEST_BYTES)
    stream.on('data', (chunk: Buffer) => {
      try {
        for (const message of reader.push(chunk)) {
          if (incremental) session.onDelta(DeltaDiscoveryRequest.decode(message))
          else session.onSotw(DiscoveryRequest.decode(message))
        }
      } catch {
        stream.close(Number(INVALID_ARGUMENT))
      }
    })
    stream.on('end', () => stream.end())
    stream.on('close', () => this.#ads.disconnect(session))
  }
}

function end(stream: ServerHttp2Stream, status: string, message: string): void {
  const headers = { ':status': 200, 'content-type': 'application/grpc', 'grpc-status': status, 'grpc-message': message }
  stream.respond(headers, { endStream: true })
}
