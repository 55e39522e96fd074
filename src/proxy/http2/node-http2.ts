/**
 * Loads node:http2 at its first use: it costs a process 13 MB, and a proxy that forwards HTTP/1.1 only never needs it.
 */
export type Http2Module = typeof import('node:http2')

export function nodeHttp2(): Http2Module {
  return process.getBuiltinModule('node:http2')
}
