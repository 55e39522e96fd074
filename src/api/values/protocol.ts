/** Names of port protocols in Istio's resources, in any case. */

const HTTP = new Set(['HTTP', 'HTTP2', 'GRPC', 'GRPC-WEB', 'HTTP_PROXY'])
const TLS = new Set(['HTTPS', 'TLS'])
const OTHER = new Set(['TCP', 'UDP', 'MONGO', 'REDIS', 'MYSQL'])

export function isHttpProtocol(name: string): boolean {
  return HTTP.has(name.toUpperCase())
}

export function isTlsProtocol(name: string): boolean {
  return TLS.has(name.toUpperCase())
}

/** @returns what is wrong, or undefined */
export function checkProtocol(name: string): string | undefined {
  if (isHttpProtocol(name) || isTlsProtocol(name) || OTHER.has(name.toUpperCase())) return undefined
  return `${JSON.stringify(name)} is not a protocol: expected HTTP, HTTPS, GRPC, GRPC-WEB, HTTP2, TCP, TLS, MONGO, REDIS or MYSQL`
}
