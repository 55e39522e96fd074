/**
 * Expressions in CEL on what became of a request, as Envoy's access log filter has them. Loaded when a configuration has one: the language takes
 * memory that other sidecars need not pay for.
 */
import { type CelInput, celEnv, isCelError, parse, plan } from '@bufbuild/cel'
import type { Headers } from '../http/headers.ts'
import type { DecisionRecord } from './decision-record.ts'
import { grpcStatusOf } from './grpc-status.ts'

type Fields = Readonly<Record<string, CelInput | undefined>>

/** @throws on what is no expression */
export function compileCel(expression: string): (record: DecisionRecord) => boolean {
  const evaluate = compile(expression)
  // An attribute that is not there makes the whole expression have no value, which is not true.
  return record => evaluate(record) === true
}

/** @returns gives the value as text; undefined: it has none @throws on what is no expression */
export function compileCelText(expression: string): (record: DecisionRecord) => string | undefined {
  const evaluate = compile(expression)
  return record => {
    const value = evaluate(record)
    switch (typeof value) {
      case 'string':
        return value
      case 'number':
      case 'bigint':
      case 'boolean':
        return String(value)
      default:
        return undefined
    }
  }
}

const ATTRIBUTES: Readonly<Record<string, (record: DecisionRecord) => Fields>> = {
  request: requestOf,
  response: responseOf,
  source: sourceOf,
  destination: destinationOf,
  connection: connectionOf,
  upstream: ({ host }) => ({ address: host?.address, port: host && BigInt(host.port) }),
  xds: ({ cluster, route }) => ({ cluster_name: cluster?.name, route_name: route || undefined }),
}

/** Only what the text names is made: maps of headers cost more than the rest of an expression. */
function compile(expression: string): (record: DecisionRecord) => unknown {
  const evaluate = plan(celEnv(), parse(expression))
  const named = Object.entries(ATTRIBUTES).filter(([name]) => expression.includes(name))
  return record => {
    const input: Record<string, CelInput> = {}
    for (const [name, read] of named) input[name] = known(read(record))
    const result = evaluate(input)
    return isCelError(result) ? undefined : result
  }
}

function requestOf({ request, originalPath, bytesReceived }: DecisionRecord): Fields {
  if (request === undefined) return {}
  const { headers, method, authority, scheme, protocol } = request
  return {
    path: originalPath,
    url_path: originalPath.replace(/[?#].*/s, ''),
    query: originalPath.split('?')[1] ?? '',
    host: authority,
    scheme,
    method,
    protocol,
    headers: mapOf(headers),
    id: headers.get('x-request-id'),
    useragent: headers.get('user-agent'),
    referer: headers.get('referer'),
    size: BigInt(bytesReceived),
    total_size: BigInt(bytesReceived + headers.byteLength),
  }
}

function responseOf(record: DecisionRecord): Fields {
  const { status, details, flags, responseHeaders, responseTrailers, bytesSent } = record
  const grpc = grpcStatusOf(record)
  return {
    code: BigInt(status),
    code_details: details || undefined,
    flags: flags === '' ? '-' : flags,
    grpc_status: grpc === undefined ? undefined : BigInt(grpc),
    headers: responseHeaders && mapOf(responseHeaders),
    trailers: responseTrailers && mapOf(responseTrailers),
    size: BigInt(bytesSent),
    total_size: BigInt(bytesSent + (responseHeaders?.byteLength ?? 0)),
  }
}

function sourceOf({ remoteAddress, connection }: DecisionRecord): Fields {
  const { remotePort } = connection.facts
  return { address: addressOf(remoteAddress, remotePort), port: BigInt(remotePort) }
}

function destinationOf({ connection: { facts } }: DecisionRecord): Fields {
  return { address: addressOf(facts.localAddress, facts.localPort), port: BigInt(facts.localPort) }
}

function connectionOf({ connection }: DecisionRecord): Fields {
  const { peer, facts } = connection
  return {
    mtls: peer !== undefined,
    requested_server_name: facts.serverName,
    uri_san_peer_certificate: peer?.uriSans[0],
    subject_peer_certificate: peer?.subject,
    uri_san_local_certificate: connection.ownUriSans[0],
  }
}

function known(fields: Fields): Map<string, CelInput> {
  const found = new Map<string, CelInput>()
  for (const [name, value] of Object.entries(fields)) if (value !== undefined) found.set(name, value)
  return found
}

function mapOf(headers: Headers): Map<string, string> {
  const map = new Map<string, string>()
  headers.forEach((name, value) => {
    const before = map.get(name)
    map.set(name, before === undefined ? value : `${before},${value}`)
  })
  return map
}

function addressOf(address: string, port: number): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`
}
