/**
 * The ADS server on gRPC: envoy.service.discovery.v3.AggregatedDiscoveryService on TCP addresses and unix sockets.
 */

import { lstat, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import {
  logVerbosity,
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  type ServiceDefinition,
  setLogVerbosity,
  status,
} from '@grpc/grpc-js'
import { DeltaDiscoveryRequest, DiscoveryRequest } from '../gen/envoy/service/discovery/v3/discovery.ts'
import type { AdsServer } from './ads-server.ts'
import { delta } from './delta.ts'
import { type Dialect, ProtocolError } from './dialect.ts'
import type { Session } from './session.ts'
import { sotw } from './sotw.ts'

const SERVICE = '/envoy.service.discovery.v3.AggregatedDiscoveryService'

export type ListenAddress =
  /** A unix socket. A file left behind by a process that is gone is replaced. */
  | { readonly path: string }
  /** @property port 0 picks a free one */
  | { readonly host: string; readonly port: number }

export interface GrpcOptions {
  readonly ads: AdsServer
  readonly listen: readonly ListenAddress[]
  /** Largest request accepted, in bytes: names and versions of all that a proxy has. @default 16 MiB */
  readonly maxRequestBytes?: number
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
    <Request>(dialect: Dialect, deliver: (session: Session, request: Request) => void) =>
    (call: ServerDuplexStream<Request, Buffer>) => {
      streams.add(call)
      const peer = call.getPeer()
      const session = options.ads.connect({
        dialect,
        address: peer === 'unknown' ? unixPaths : peer,
        send: bytes => call.write(bytes),
      })
      serveStream(
        call,
        request => deliver(session, request),
        () => {
          options.ads.disconnect(session)
          streams.delete(call)
        },
      )
    }
  server.addService(SERVICE_DEFINITION, {
    StreamAggregatedResources: serve(sotw, (session, request: DiscoveryRequest) => session.onSotw(request)),
    DeltaAggregatedResources: serve(delta, (session, request: DeltaDiscoveryRequest) => session.onDelta(request)),
  })
  const addresses: ListenAddress[] = []
  try {
    for (const address of options.listen) addresses.push(await bind(server, address))
  } catch (error) {
    server.forceShutdown()
    throw error
  }
  return {
    addresses,
    async close(graceMs = 2000) {
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
      const code = error instanceof ProtocolError ? status.INVALID_ARGUMENT : status.INTERNAL
      call.emit('error', { code, details: error instanceof Error ? error.message : String(error) })
    }
  })
  call.on('end', () => {
    over()
    call.end()
  })
  call.on('cancelled', over)
  // Without a listener a stream that breaks would end the process.
  call.on('error', over)
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
