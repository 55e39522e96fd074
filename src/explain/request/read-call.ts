/** Calls as JSON, in the words of Istio's simulation: {mode, address, port, protocol, tls, sni, alpn, host, path, method, headers, mtlsSecret}. */
import type { Call } from './call.ts'

const MODES = ['direct', 'inbound', 'outbound'] as const
const PROTOCOLS = ['http', 'http2', 'tcp'] as const
const TLS = ['plaintext', 'tls', 'mtls'] as const

/** @param place for messages: "calls[0]" @throws on what is no call */
export function readCall(value: unknown, place: string): Call {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Error(`Cannot read ${place}: expected a map with mode, address and port, got ${JSON.stringify(value)}`)
  const fields: Readonly<Record<string, unknown>> = { ...value }
  const text = (name: string, otherwise = '') => textOf(fields[name], otherwise, `${place}.${name}`)
  const port = fields['port']
  if (typeof port !== 'number' || !Number.isInteger(port) || port < 0 || port > 65_535)
    throw new Error(`Cannot read ${place}.port: got ${JSON.stringify(port) ?? 'nothing'}, expected a port number`)
  const protocol = choice(fields['protocol'], PROTOCOLS, 'http', `${place}.protocol`)
  const headers = readHeaders(fields['headers'], `${place}.headers`)
  const hostHeader = headers.find(([name]) => name === 'host' || name === ':authority')?.[1]
  return {
    mode: choice(fields['mode'], MODES, 'outbound', `${place}.mode`),
    address: text('address') || '1.3.3.7',
    port,
    protocol,
    tls: choice(fields['tls'], TLS, 'plaintext', `${place}.tls`),
    sni: text('sni'),
    alpn: readAlpn(fields['alpn'], `${place}.alpn`),
    host: text('host') || hostHeader || text('address'),
    path: text('path') || '/',
    method: text('method', 'GET') || 'GET',
    headers: headers.filter(([name]) => name !== 'host' && !name.startsWith(':')),
    mtlsSecret: text('mtlsSecret') || 'default',
  }
}

function textOf(value: unknown, otherwise: string, place: string): string {
  if (value === undefined || value === null) return otherwise
  if (typeof value === 'string') return value
  throw new Error(`Cannot read ${place}: got ${JSON.stringify(value)}, expected text`)
}

function choice<const T extends string>(value: unknown, allowed: readonly T[], otherwise: T, place: string): T {
  if (value === undefined || value === null || value === '') return otherwise
  const found = allowed.find(word => word === value)
  if (found === undefined) throw new Error(`Cannot read ${place}: got ${JSON.stringify(value)}, expected ${allowed.join(', ')}`)
  return found
}

/** A list, or text with commas. */
function readAlpn(value: unknown, place: string): string[] {
  const list = Array.isArray(value) ? value.map(each => textOf(each, '', place)) : textOf(value, '', place).split(',')
  return list.map(each => each.trim()).filter(each => each !== '')
}

/** {name: value} or {name: [values]} */
function readHeaders(value: unknown, place: string): (readonly [string, string])[] {
  if (value === undefined || value === null) return []
  if (typeof value !== 'object' || Array.isArray(value))
    throw new Error(`Cannot read ${place}: got ${JSON.stringify(value)}, expected a map of names to values`)
  return Object.entries(value).flatMap(([name, given]) => {
    const values: readonly unknown[] = Array.isArray(given) ? given : [given]
    return values.map(each => [name.toLowerCase(), textOf(each, '', `${place}.${name}`)] as const)
  })
}
