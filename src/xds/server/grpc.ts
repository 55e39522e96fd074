/**
 * The ADS server on gRPC: envoy.service.discovery.v3.AggregatedDiscoveryService on TCP addresses (with TLS or without) and unix sockets, and the
 * unary services that share them.
 */

import { lstat, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import {
  type handleUnaryCall,
  logVerbosity,
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  type ServerUnaryCall,
  type ServiceDefinition,
  setLogVerbosity,
  status,
} from '@grpc/grpc-js'
import type { Node } from '../gen/envoy/config/core/v3/base.ts'
import { DeltaDiscoveryRequest, DiscoveryRequest } from '../gen/envoy/service/discovery/v3/discovery.ts'
import { type Admit, type CallCredentials, Refusal, type UnaryService } from './access.ts'
import type { AdsServer } from './ads-server.ts'
import { delta } from './delta.ts'
import { type Dialect, ProtocolError } from './dialect.ts'
import type { Session } from './session.ts'
import { sotw } from './sotw.ts'
import { listenTls, type TlsListener, type TlsMaterial } from './tls-listener.ts'

const SERVICE = '/envoy.service.discovery.v3.AggregatedDiscoveryService'
const SECRETS = '/envoy.service.secret.v3.SecretDiscoveryService'

export type ListenAddress =
  /** A unix socket. A file left behind by a process that is gone is replaced. */
  | { readonly path: string }
  /** @property port 0 picks a free one @property tls none: plaintext */
  | { readonly host: string; readonly port: number; readonly tls?: TlsMaterial }

export interface GrpcOptions {
  readonly ads: AdsServer
  /** Envoy's SDS: what a client may ask for that wants nothing but secrets. @default it is not served */
  readonly secrets?: AdsServer
  readonly listen: readonly ListenAddress[]
  /** Largest request accepted, in bytes: names and versions of all that a proxy has. @default 16 MiB */
  readonly maxRequestBytes?: number
  /** Who may call. @default everybody */
  readonly admit?: Admit
  /** Beside ADS; they judge their callers themselves. */
  readonly services?: readonly UnaryService[]
}

export interface GrpcServer {
  /** As given, with the ports that were picked. */
  readonly addresses: readonly ListenAddress[]
  /** Ends all streams (GOAWAY), waits for connections to close up to `graceMs`, then cuts them. @param graceMs @default 2000 */
  close(graceMs?: number): Promise<void>
}

/** @throws when an address cannot be listened on */
export async function serveAds(options: GrpcOptions): Promise<GrpcServer> {
  // What it would print reaches us as an error or an event, which can be told better.
  setLogVerbosity(logVerbosity.NONE)
  const server = new Server({
    'grpc.max_receive_message_length': options.maxRequestBytes ?? 16 * 1024 * 1024,
    'grpc.max_send_message_length': -1,
    // A proxy whose machine vanished is noticed; Envoy and gRPC clients are asked no more often than they allow.
    'grpc.keepalive_time_ms': 30_000,
    'grpc.keepalive_timeout_ms': 20_000,
  })
  // A peer on a unix socket has no address of its own.
  const unixPaths = options.listen.flatMap(address => ('path' in address ? [address.path] : [])).join(', ')
  const streams = new Set<{ end(): void }>()
  const serve =
    <Request extends { readonly node: Node | undefined }>(
      ads: AdsServer,
      dialect: Dialect,
      deliver: (session: Session, request: Request) => void,
    ) =>
    (call: ServerDuplexStream<Request, Buffer>) => {
      // Without a listener a stream that breaks would end the process.
      call.on('error', () => {})
      const credentials = credentialsOf(call, unixPaths)
      const begin = (mayBe: (node: Node) => void) => {
        if (call.cancelled) return
        streams.add(call)
        const session = ads.connect({ dialect, address: credentials.peer, send: bytes => call.write(bytes) })
        serveStream(
          call,
          request => {
            if (session.node === undefined && request.node) mayBe(request.node)
            deliver(session, request)
          },
          () => {
            ads.disconnect(session)
            streams.delete(call)
          },
        )
      }
      if (options.admit === undefined) begin(() => {})
      else options.admit(credentials).then(begin, (error: unknown) => call.emit('error', statusOf(error)))
    }
  const onSotw = (session: Session, request: DiscoveryRequest) => session.onSotw(request)
  const onDelta = (session: Session, request: DeltaDiscoveryRequest) => session.onDelta(request)
  const { ads, secrets } = options
  server.addService(SERVICE_DEFINITION, {
    StreamAggregatedResources: serve(ads, sotw, onSotw),
    DeltaAggregatedResources: serve(ads, delta, onDelta),
  })
  if (secrets !== undefined)
    server.addService(SECRETS_DEFINITION, {
      StreamSecrets: serve(secrets, sotw, onSotw),
      DeltaSecrets: serve(secrets, delta, onDelta),
    })
  for (const service of options.services ?? []) addUnary(server, service, unixPaths)
  const addresses: ListenAddress[] = []
  const tlsListeners: TlsListener[] = []
  try {
    for (const address of options.listen) {
      if ('path' in address || address.tls === undefined) addresses.push(await bind(server, address))
      else {
        const injector = server.createConnectionInjector(ServerCredentials.createInsecure())
        const listener = await listenTls(address, address.tls, socket => injector.injectConnection(socket))
        tlsListeners.push(listener)
        addresses.push({ ...address, port: listener.port })
      }
    }
  } catch (error) {
    for (const listener of tlsListeners) listener.close()
    server.forceShutdown()
    throw error
  }
  return {
    addresses,
    async close(graceMs = 2000) {
      for (const listener of tlsListeners) listener.close()
      for (const stream of streams) stream.end()
      await new Promise<void>(resolve => {
        const timer = setTimeout(() => server.forceShutdown(), graceMs)
        server.tryShutdown(() => {
          clearTimeout(timer)
          resolve()
        })
      })
    },
  }
}

const SERVICE_DEFINITION: ServiceDefinition = {
  StreamAggregatedResources: method(`${SERVICE}/StreamAggregatedResources`, bytes => DiscoveryRequest.decode(bytes)),
  DeltaAggregatedResources: method(`${SERVICE}/DeltaAggregatedResources`, bytes => DeltaDiscoveryRequest.decode(bytes)),
}

const SECRETS_DEFINITION: ServiceDefinition = {
  StreamSecrets: method(`${SECRETS}/StreamSecrets`, bytes => DiscoveryRequest.decode(bytes)),
  DeltaSecrets: method(`${SECRETS}/DeltaSecrets`, bytes => DeltaDiscoveryRequest.decode(bytes)),
}

/** Responses come encoded. The two other directions belong to clients and are not used. */
function method<Request>(path: string, requestDeserialize: (bytes: Buffer) => Request) {
  const unused = () => {
    throw new Error(`Cannot call "${path}" with this definition: it is the server's`)
  }
  return {
    path,
    requestStream: true,
    responseStream: true,
    requestSerialize: unused,
    requestDeserialize,
    responseSerialize: (bytes: Buffer) => bytes,
    responseDeserialize: unused,
  }
}

/** @param over may be called more than once */
function serveStream<Request>(
  call: ServerDuplexStream<Request, Buffer>,
  deliver: (request: Request) => void,
  over: () => void,
): void {
  call.on('data', (request: Request) => {
    try {
      deliver(request)
    } catch (error) {
      over()
      call.emit('error', statusOf(error))
    }
  })
  call.on('end', () => {
    over()
    call.end()
  })
  call.on('cancelled', over)
  call.on('error', over)
}

function addUnary(server: Server, service: UnaryService, unixPaths: string): void {
  const handle: handleUnaryCall<Buffer, Buffer> = (call, callback) => {
    service
      .handle(call.request, credentialsOf(call, unixPaths))
      .then(bytes => callback(null, Buffer.from(bytes)))
      .catch((error: unknown) => callback(statusOf(error)))
  }
  const definition = { ...method(service.path, bytes => bytes), requestStream: false, responseStream: false }
  server.addService({ call: definition }, { call: handle })
}

function credentialsOf(
  call: ServerDuplexStream<unknown, unknown> | ServerUnaryCall<unknown, unknown>,
  unixPaths: string,
): CallCredentials {
  const [authorization] = call.metadata.get('authorization')
  const peer = call.getPeer()
  return {
    authorization: authorization?.toString(),
    // Only a certificate that verified is told.
    certificate: call.getAuthContext().sslPeerCertificate?.raw,
    peer: peer === 'unknown' ? unixPaths : peer,
  }
}

function statusOf(error: unknown): { code: status; details: string } {
  const details = error instanceof Error ? error.message : String(error)
  if (error instanceof Refusal) return { code: status[error.status], details }
  return { code: error instanceof ProtocolError ? status.INVALID_ARGUMENT : status.INTERNAL, details }
}

async function bind(server: Server, address: ListenAddress): Promise<ListenAddress> {
  if ('path' in address) {
    await removeStaleSocket(address.path)
    await bindTo(server, `unix:${address.path}`)
    return address
  }
  const host = address.host.includes(':') ? `[${address.host}]` : address.host
  return { host: address.host, port: await bindTo(server, `${host}:${address.port}`) }
}

function bindTo(server: Server, target: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.bindAsync(target, ServerCredentials.createInsecure(), (error, port) => {
      if (error) reject(new Error(`Cannot serve xDS on "${target}": ${error.message}`, { cause: error }))
      else resolve(port)
    })
  })
}

/** Only a socket that nobody answers on is removed; any other file is left for the bind to fail on. */
async function removeStaleSocket(path: string): Promise<void> {
  const found = await lstat(path).catch(() => undefined)
  if (found?.isSocket() && (await isAbandoned(path))) await rm(path)
}

function isAbandoned(path: string): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect(path)
    socket.on('connect', () => {
      socket.destroy()
      resolve(false)
    })
    socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'ECONNREFUSED'))
  })
}
