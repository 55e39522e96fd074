/** Responses as bytes, and what the codec makes of them. A fault is a `protocol-error` reset with its code. */
import type { ProtocolErrorCode } from './protocol-error.ts'

export interface ResponseCase {
  readonly name: string
  /** The request's method; GET if left out. */
  readonly method?: string
  readonly bytes: string
  readonly refused?: ProtocolErrorCode
  /** Status, body, trailers as in "200 hello{x-sum:1}"; "..." at the end: not complete before the connection ends. */
  readonly response?: string
  /** The connection can be used again. */
  readonly reusable?: boolean
}

function response(line: string, fields: readonly string[], body = ''): string {
  return `${[line, ...fields].join('\r\n')}\r\n\r\n${body}`
}

function ok(fields: readonly string[], body = ''): string {
  return response('HTTP/1.1 200 OK', fields, body)
}

const CHUNKED = 'Transfer-Encoding: chunked'

export const RESPONSE_CORPUS: readonly ResponseCase[] = [
  // ---- status line
  { name: 'empty response', bytes: ok(['Content-Length: 0']), response: '200 ', reusable: true },
  {
    name: 'reason with any text',
    bytes: response('HTTP/1.1 404 Not: Fo\xfcnd\t!', ['Content-Length: 0']),
    response: '404 ',
    reusable: true,
  },
  { name: 'empty reason', bytes: response('HTTP/1.1 200 ', ['Content-Length: 0']), response: '200 ', reusable: true },
  { name: 'no reason, no space', bytes: response('HTTP/1.1 200', ['Content-Length: 0']), response: '200 ', reusable: true },
  { name: 'status of no class', bytes: response('HTTP/1.1 999 X', ['Content-Length: 0']), response: '999 ', reusable: true },
  { name: 'status 099', bytes: response('HTTP/1.1 099 X', []), refused: 'http1.bad_status_line' },
  { name: 'status of two digits', bytes: response('HTTP/1.1 20 OK', []), refused: 'http1.bad_status_line' },
  { name: 'status of four digits', bytes: response('HTTP/1.1 2000 OK', []), refused: 'http1.bad_status_line' },
  { name: 'status with a letter', bytes: response('HTTP/1.1 2x0 OK', []), refused: 'http1.bad_status_line' },
  { name: 'two spaces before the status', bytes: response('HTTP/1.1  200 OK', []), refused: 'http1.bad_status_line' },
  { name: 'no version', bytes: '<html>this is no response at all', refused: 'http1.bad_status_line' },
  { name: 'another protocol', bytes: response('ICY 200 OK', []), refused: 'http1.bad_status_line' },
  { name: 'empty line before the response', bytes: `\r\n${ok(['Content-Length: 0'])}`, refused: 'http1.bad_status_line' },
  { name: 'version HTTP/2.0', bytes: response('HTTP/2.0 200 OK', []), refused: 'http1.unsupported_version' },
  { name: 'version HTTP/1.2', bytes: response('HTTP/1.2 200 OK', []), refused: 'http1.unsupported_version' },
  { name: 'reason with a NUL', bytes: response('HTTP/1.1 200 O\0K', []), refused: 'http1.bad_status_line' },
  { name: 'status line ended by LF', bytes: 'HTTP/1.1 200 OK\nContent-Length: 0\r\n\r\n', refused: 'http1.bare_lf' },
  { name: 'status line ended by CR', bytes: 'HTTP/1.1 200 OK\rContent-Length: 0\r\n\r\n', refused: 'http1.bare_cr' },

  // ---- fields
  { name: 'folded field', bytes: ok(['X: a', ' b', 'Content-Length: 0']), refused: 'http1.obs_fold' },
  { name: 'space before the colon', bytes: ok(['Content-Length : 0']), refused: 'http1.bad_field_name' },
  { name: 'field without a colon', bytes: ok(['nothing']), refused: 'http1.bad_field_name' },
  { name: 'field value with a NUL', bytes: ok(['X: \0']), refused: 'http1.bad_field_value' },
  { name: 'field ended by LF', bytes: 'HTTP/1.1 200 OK\r\nX: a\nContent-Length: 0\r\n\r\n', refused: 'http1.bare_lf' },
  { name: '101 fields', bytes: ok(Array.from({ length: 101 }, (_, i) => `X: ${i}`)), refused: 'http1.too_many_fields' },
  { name: 'head of 61 KB', bytes: ok([`X: ${'y'.repeat(61 * 1024)}`]), refused: 'http1.head_too_large' },

  // ---- framing
  { name: 'Content-Length', bytes: ok(['Content-Length: 5'], 'hello'), response: '200 hello', reusable: true },
  { name: 'chunked', bytes: ok([CHUNKED], '5\r\nhello\r\n0\r\n\r\n'), response: '200 hello', reusable: true },
  {
    name: 'trailers',
    bytes: ok([CHUNKED], '5\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n'),
    response: '200 hello{x-sum:1}',
    reusable: true,
  },
  { name: 'to the end of the connection', bytes: ok([], 'hello'), response: '200 hello...' },
  { name: 'Content-Length that is not reached', bytes: ok(['Content-Length: 6'], 'hello'), response: '200 hello...' },
  { name: 'chunked without an end', bytes: ok([CHUNKED], '5\r\nhello\r\n'), response: '200 hello...' },
  { name: 'Connection: close', bytes: ok(['Content-Length: 5', 'Connection: close'], 'hello'), response: '200 hello' },
  { name: 'HTTP/1.0', bytes: response('HTTP/1.0 200 OK', ['Content-Length: 5'], 'hello'), response: '200 hello' },
  {
    name: 'HTTP/1.0 that stays',
    bytes: response('HTTP/1.0 200 OK', ['Content-Length: 5', 'Connection: keep-alive'], 'hello'),
    response: '200 hello',
    reusable: true,
  },
  {
    name: 'two Content-Lengths that differ',
    bytes: ok(['Content-Length: 5', 'Content-Length: 6'], 'hello'),
    refused: 'http1.several_content_lengths',
  },
  {
    name: 'two equal Content-Lengths',
    bytes: ok(['Content-Length: 5', 'Content-Length: 5'], 'hello'),
    refused: 'http1.several_content_lengths',
  },
  { name: 'Content-Length list', bytes: ok(['Content-Length: 5,5'], 'hello'), refused: 'http1.bad_content_length' },
  { name: 'Content-Length with +', bytes: ok(['Content-Length: +5'], 'hello'), refused: 'http1.bad_content_length' },
  { name: 'Content-Length of 2^64', bytes: ok(['Content-Length: 18446744073709551616']), refused: 'http1.bad_content_length' },
  {
    name: 'Content-Length and chunked',
    bytes: ok(['Content-Length: 5', CHUNKED], '0\r\n\r\n'),
    refused: 'http1.content_length_with_transfer_encoding',
  },
  { name: 'gzip', bytes: ok(['Transfer-Encoding: gzip']), refused: 'http1.unsupported_transfer_encoding' },
  { name: 'gzip, chunked', bytes: ok(['Transfer-Encoding: gzip, chunked'], '0\r\n\r\n'), refused: 'http1.bad_transfer_encoding' },
  { name: 'chunked twice', bytes: ok([CHUNKED, CHUNKED], '0\r\n\r\n'), refused: 'http1.bad_transfer_encoding' },
  {
    name: 'chunked in HTTP/1.0',
    bytes: response('HTTP/1.0 200 OK', [CHUNKED], '0\r\n\r\n'),
    refused: 'http1.transfer_encoding_in_http_1_0',
  },
  { name: 'chunk size with 0x', bytes: ok([CHUNKED], '0x5\r\nhello\r\n0\r\n\r\n'), refused: 'http1.bad_chunk_size' },
  { name: 'chunk size of 2^64', bytes: ok([CHUNKED], '10000000000000000\r\n'), refused: 'http1.chunk_too_large' },
  { name: 'chunk data without an end', bytes: ok([CHUNKED], '5\r\nhello0\r\n\r\n'), refused: 'http1.bad_chunk_end' },
  {
    name: 'Content-Length in the trailers',
    bytes: ok([CHUNKED], '0\r\nContent-Length: 5\r\n\r\n'),
    refused: 'http1.forbidden_trailer',
  },

  // ---- responses without a body, whatever they say
  { name: 'HEAD with a length', method: 'HEAD', bytes: ok(['Content-Length: 5']), response: '200 ', reusable: true },
  { name: 'HEAD with chunked', method: 'HEAD', bytes: ok([CHUNKED]), response: '200 ', reusable: true },
  {
    name: 'HEAD with a body all the same',
    method: 'HEAD',
    bytes: ok(['Content-Length: 5'], 'hello'),
    refused: 'http1.unexpected_bytes',
    response: '200 ',
  },
  { name: '204', bytes: response('HTTP/1.1 204 No Content', []), response: '204 ', reusable: true },
  {
    name: '304 with a length',
    bytes: response('HTTP/1.1 304 Not Modified', ['Content-Length: 5']),
    response: '304 ',
    reusable: true,
  },

  // ---- more than one
  {
    name: '100, then the response',
    bytes: `HTTP/1.1 100 Continue\r\n\r\n${ok(['Content-Length: 2'], 'hi')}`,
    response: '200 hi',
    reusable: true,
  },
  {
    name: '103, 103, then the response',
    bytes: `${'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n'.repeat(2)}${ok(['Content-Length: 2'], 'hi')}`,
    response: '200 hi',
    reusable: true,
  },
  {
    name: '101 that nobody asked for',
    bytes: response('HTTP/1.1 101 Switching Protocols', ['Upgrade: x', 'Connection: upgrade']),
    refused: 'http1.unexpected_upgrade',
  },
  {
    name: 'a second response',
    bytes: ok(['Content-Length: 2'], 'hi') + ok(['Content-Length: 2'], 'no'),
    refused: 'http1.unexpected_bytes',
    response: '200 hi',
  },
  {
    name: 'bytes after the body',
    bytes: ok(['Content-Length: 2'], 'hi\r\n'),
    refused: 'http1.unexpected_bytes',
    response: '200 hi',
  },
  {
    name: 'bytes after the last chunk',
    bytes: ok([CHUNKED], '2\r\nhi\r\n0\r\n\r\n!'),
    refused: 'http1.unexpected_bytes',
    response: '200 hi',
  },
]
