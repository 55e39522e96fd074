/**
 * Why a connection could not be made, in the words Envoy's logs have for it and operators search for.
 */
const WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'delayed connect error: Connection refused',
  ECONNRESET: 'delayed connect error: Connection reset by peer',
  EHOSTUNREACH: 'immediate connect error: No route to host',
  ENETUNREACH: 'immediate connect error: Network is unreachable',
  ENOENT: 'immediate connect error: No such file or directory',
}

export function describeConnectError(error: Error | undefined, timedOut: boolean): string {
  if (timedOut) return 'connection timeout'
  if (error === undefined) return ''
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  return WORDS[code] ?? error.message
}
