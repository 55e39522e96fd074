/**
 * Requests as bytes, with the verdict on each: what the codec must accept and what it must refuse, under which code. The same table is
 * given to node:http and to Envoy (request-oracle.test.ts), and oracle-differences.testing.ts says where their verdict is another.
 */
import type { RequestCase } from './request-case.testing.ts'
import { BYTE_CORPUS } from './request-corpus-bytes.testing.ts'

/** A request with `Host: a`, as bytes. */
function get(...fields: string[]): string {
  return request('GET / HTTP/1.1', 'Host: a', ...fields)
}

function post(body: string, ...fields: string[]): string {
  return request('POST /p HTTP/1.1', 'Host: a', ...fields) + body
}

function request(line: string, ...fields: string[]): string {
  return `${[line, ...fields].join('\r\n')}\r\n\r\n`
}

function chunked(body: string, ...fields: string[]): string {
  return post(body, 'Transfer-Encoding: chunked', ...fields)
}

export const REQUEST_CORPUS: readonly RequestCase[] = [
  // ---- request line
  { name: 'plain GET', bytes: get(), requests: ['GET a / '] },
  { name: 'method that nobody registered', bytes: request('PURGE /x HTTP/1.1', 'Host: a'), requests: ['PURGE a /x '] },
  { name: 'method with every character we take', bytes: request('M-_9 / HTTP/1.1', 'Host: a'), requests: ['M-_9 a / '] },
  { name: 'method in lower case', bytes: request('get / HTTP/1.1', 'Host: a'), refused: 'http1.bad_method' },
  {
    name: 'method with other token characters',
    bytes: request("M!#$%&'*+.^`|~ / HTTP/1.1", 'Host: a'),
    refused: 'http1.bad_method',
  },
  { name: 'method with a bracket', bytes: request('GE[T / HTTP/1.1', 'Host: a'), refused: 'http1.bad_method' },
  { name: 'method with a colon', bytes: request('GET: / HTTP/1.1', 'Host: a'), refused: 'http1.bad_method' },
  { name: 'method with a NUL', bytes: request('GE\0T / HTTP/1.1', 'Host: a'), refused: 'http1.bad_method' },
  { name: 'no method', bytes: request(' / HTTP/1.1', 'Host: a'), refused: 'http1.bad_method' },
  { name: 'space before the method', bytes: request(' GET / HTTP/1.1', 'Host: a'), refused: 'http1.bad_method' },
  { name: 'a TLS ClientHello', bytes: '\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03', refused: 'http1.bad_method' },
  { name: 'one empty line before the request', bytes: `\r\n${get()}`, requests: ['GET a / '] },
  { name: 'two empty lines before the request', bytes: `\r\n\r\n${get()}`, refused: 'http1.bad_method' },
  { name: 'a bare LF before the request', bytes: `\n${get()}`, refused: 'http1.bad_method' },
  { name: 'two spaces after the method', bytes: request('GET  / HTTP/1.1', 'Host: a'), refused: 'http1.bad_target' },
  { name: 'tab after the method', bytes: request('GET\t/ HTTP/1.1', 'Host: a'), refused: 'http1.bad_method' },
  { name: 'two spaces before the version', bytes: request('GET /  HTTP/1.1', 'Host: a'), refused: 'http1.bad_request_line' },
  { name: 'space after the version', bytes: request('GET / HTTP/1.1 ', 'Host: a'), refused: 'http1.bad_request_line' },
  { name: 'no target', bytes: request('GET HTTP/1.1', 'Host: a'), refused: 'http1.bad_request_line' },
  { name: 'HTTP/0.9', bytes: 'GET /\r\n', refused: 'http1.bad_request_line' },
  { name: 'version HTTP/0.9 written out', bytes: request('GET / HTTP/0.9', 'Host: a'), refused: 'http1.unsupported_version' },
  { name: 'version HTTP/1.2', bytes: request('GET / HTTP/1.2', 'Host: a'), refused: 'http1.unsupported_version' },
  { name: 'version HTTP/1.9', bytes: request('GET / HTTP/1.9', 'Host: a'), refused: 'http1.unsupported_version' },
  { name: 'version HTTP/2.0', bytes: request('GET / HTTP/2.0', 'Host: a'), refused: 'http1.unsupported_version' },
  { name: 'the HTTP/2 preface', bytes: 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', refused: 'http1.unsupported_version' },
  { name: 'version with a leading zero', bytes: request('GET / HTTP/01.1', 'Host: a'), refused: 'http1.bad_request_line' },
  { name: 'version HTTP/1.10', bytes: request('GET / HTTP/1.10', 'Host: a'), refused: 'http1.bad_request_line' },
  { name: 'version in lower case', bytes: request('GET / http/1.1', 'Host: a'), refused: 'http1.bad_request_line' },
  { name: 'version of another protocol', bytes: request('GET / ICAP/1.0', 'Host: a'), refused: 'http1.bad_request_line' },
  { name: 'version without a minor', bytes: request('GET / HTTP/1', 'Host: a'), refused: 'http1.bad_request_line' },
  { name: 'request line ended by LF', bytes: 'GET / HTTP/1.1\nHost: a\r\n\r\n', refused: 'http1.bare_lf' },
  { name: 'request line ended by CR', bytes: 'GET / HTTP/1.1\rHost: a\r\n\r\n', refused: 'http1.bare_cr' },
  { name: 'request line ended by CR CR LF', bytes: 'GET / HTTP/1.1\r\r\nHost: a\r\n\r\n', refused: 'http1.bare_cr' },

  // ---- target
  { name: 'target with a query', bytes: request('GET /a/b?c=d&e HTTP/1.1', 'Host: a'), requests: ['GET a /a/b?c=d&e '] },
  {
    name: 'target with percent-encoding',
    bytes: request('GET /%2e%2E/%00 HTTP/1.1', 'Host: a'),
    requests: ['GET a /%2e%2E/%00 '],
  },
  { name: 'target with dot segments', bytes: request('GET /a/../b HTTP/1.1', 'Host: a'), requests: ['GET a /a/../b '] },
  {
    name: 'target with characters of no URI',
    bytes: request('GET /{a}|b"<> HTTP/1.1', 'Host: a'),
    requests: ['GET a /{a}|b"<> '],
  },
  { name: 'target with a fragment', bytes: request('GET /a#b HTTP/1.1', 'Host: a'), refused: 'http1.target_with_fragment' },
  { name: 'target with a byte above ASCII', bytes: request('GET /caf\xe9 HTTP/1.1', 'Host: a'), refused: 'http1.bad_target' },
  { name: 'target with a NUL', bytes: request('GET /a\0b HTTP/1.1', 'Host: a'), refused: 'http1.bad_target' },
  { name: 'target with DEL', bytes: request('GET /a\x7fb HTTP/1.1', 'Host: a'), refused: 'http1.bad_target' },
  { name: 'target with a tab', bytes: request('GET /a\tb HTTP/1.1', 'Host: a'), refused: 'http1.bad_target' },
  { name: 'target that is a relative path', bytes: request('GET a/b HTTP/1.1', 'Host: a'), refused: 'http1.bad_target' },
  { name: 'target that is a query only', bytes: request('GET ?a HTTP/1.1', 'Host: a'), refused: 'http1.bad_target' },
  { name: 'asterisk with OPTIONS', bytes: request('OPTIONS * HTTP/1.1', 'Host: a'), requests: ['OPTIONS a * '] },
  { name: 'asterisk with GET', bytes: request('GET * HTTP/1.1', 'Host: a'), refused: 'http1.bad_target' },
  { name: 'absolute form', bytes: request('GET http://b:80/x?y HTTP/1.1', 'Host: b:80'), requests: ['GET b:80 /x?y '] },
  { name: 'absolute form wins over Host', bytes: request('GET http://b/x HTTP/1.1', 'Host: a'), requests: ['GET b /x '] },
  { name: 'absolute form in upper case', bytes: request('GET HTTP://b/ HTTP/1.1', 'Host: b'), requests: ['GET b / '] },
  { name: 'absolute form without a path', bytes: request('GET http://b HTTP/1.1', 'Host: b'), requests: ['GET b / '] },
  { name: 'absolute form with only a query', bytes: request('GET http://b?x HTTP/1.1', 'Host: b'), requests: ['GET b /?x '] },
  { name: 'absolute form of OPTIONS *', bytes: request('OPTIONS http://b HTTP/1.1', 'Host: b'), requests: ['OPTIONS b * '] },
  { name: 'absolute form, still without Host', bytes: request('GET http://b/ HTTP/1.1'), refused: 'http1.missing_host' },
  { name: 'absolute form of another scheme', bytes: request('GET ftp://b/ HTTP/1.1', 'Host: b'), refused: 'http1.bad_target' },
  {
    name: 'absolute form with user information',
    bytes: request('GET http://u:p@b/ HTTP/1.1', 'Host: b'),
    refused: 'http1.bad_target',
  },
  {
    name: 'absolute form without an authority',
    bytes: request('GET http:///x HTTP/1.1', 'Host: b'),
    refused: 'http1.bad_target',
  },
  { name: 'absolute form with a backslash', bytes: request('GET http://b\\c/ HTTP/1.1', 'Host: b'), refused: 'http1.bad_target' },
  {
    name: 'absolute form with a port that is none',
    bytes: request('GET http://b:x/ HTTP/1.1', 'Host: b'),
    refused: 'http1.bad_target',
  },
  { name: 'CONNECT without a port', bytes: request('CONNECT b HTTP/1.1', 'Host: b'), refused: 'http1.bad_target' },
  { name: 'CONNECT with an empty port', bytes: request('CONNECT b: HTTP/1.1', 'Host: b'), refused: 'http1.bad_target' },
  { name: 'CONNECT with a path', bytes: request('CONNECT /x HTTP/1.1', 'Host: b'), refused: 'http1.bad_target' },
  {
    name: 'CONNECT with a body',
    bytes: `${request('CONNECT b:1 HTTP/1.1', 'Host: b', 'Content-Length: 3')}abc`,
    refused: 'http1.body_in_connect',
  },

  // ---- Host
  { name: 'Host with a port', bytes: request('GET / HTTP/1.1', 'Host: a.b-c_d:8080'), requests: ['GET a.b-c_d:8080 / '] },
  { name: 'Host that is an IPv6 address', bytes: request('GET / HTTP/1.1', 'Host: [::1]:80'), requests: ['GET [::1]:80 / '] },
  { name: 'Host in another case', bytes: request('GET / HTTP/1.1', 'hOST: a'), requests: ['GET a / '] },
  { name: 'no Host', bytes: request('GET / HTTP/1.1', 'Accept: */*'), refused: 'http1.missing_host' },
  { name: 'two Hosts', bytes: get('Host: b'), refused: 'http1.several_hosts' },
  { name: 'two equal Hosts', bytes: get('Host: a'), refused: 'http1.several_hosts' },
  { name: 'empty Host', bytes: request('GET / HTTP/1.1', 'Host:'), refused: 'http1.bad_host' },
  { name: 'Host with a space', bytes: request('GET / HTTP/1.1', 'Host: a b'), refused: 'http1.bad_host' },
  { name: 'Host with a path', bytes: request('GET / HTTP/1.1', 'Host: a/b'), refused: 'http1.bad_host' },
  { name: 'Host with user information', bytes: request('GET / HTTP/1.1', 'Host: u@a'), refused: 'http1.bad_host' },
  { name: 'Host that is a list', bytes: request('GET / HTTP/1.1', 'Host: a,b'), refused: 'http1.bad_host' },
  { name: 'Host with a port that is none', bytes: request('GET / HTTP/1.1', 'Host: a:8x'), refused: 'http1.bad_host' },
  { name: 'Host with two ports', bytes: request('GET / HTTP/1.1', 'Host: a:1:2'), refused: 'http1.bad_host' },
  { name: 'Host with an open bracket', bytes: request('GET / HTTP/1.1', 'Host: [::1'), refused: 'http1.bad_host' },
  { name: 'Host above ASCII', bytes: request('GET / HTTP/1.1', 'Host: \xe4'), refused: 'http1.bad_host' },
  { name: 'Host named in Connection stays', bytes: get('Connection: Host'), requests: ['GET a / '] },

  // ---- field lines
  { name: 'field without a value', bytes: get('X-Empty:') },
  { name: 'field with only blanks', bytes: get('X-Blank: \t ') },
  { name: 'field value with bytes above ASCII', bytes: get('X-Text: caf\xe9') },
  { name: 'field value with a tab', bytes: get('X-Tab: a\tb') },
  { name: 'field with every token character in its name', bytes: get("x!#$%&'*+-.^_`|~9: v") },
  { name: 'field value with a NUL', bytes: get('X: a\0b'), refused: 'http1.bad_field_value' },
  { name: 'field value with a control byte', bytes: get('X: a\x01b'), refused: 'http1.bad_field_value' },
  { name: 'field value with an escape', bytes: get('X: \x1b[31m'), refused: 'http1.bad_field_value' },
  { name: 'field value with DEL', bytes: get('X: a\x7f'), refused: 'http1.bad_field_value' },
  { name: 'field value with a bare CR', bytes: get('X: a\rb'), refused: 'http1.bare_cr' },
  { name: 'field value with a bare CR before a field', bytes: get('X: a\rContent-Length: 5'), refused: 'http1.bare_cr' },
  { name: 'field line ended by LF', bytes: 'GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n', refused: 'http1.bare_lf' },
  { name: 'head ended by LF', bytes: 'GET / HTTP/1.1\r\nHost: a\r\n\n', refused: 'http1.bare_lf' },
  { name: 'head with LF only', bytes: 'GET / HTTP/1.1\nHost: a\n\n', refused: 'http1.bare_lf' },
  { name: 'head ended by CR', bytes: 'GET / HTTP/1.1\r\nHost: a\r\n\rX', refused: 'http1.bare_cr' },
  { name: 'folded field (space)', bytes: get('X: a', ' b'), refused: 'http1.obs_fold' },
  { name: 'folded field (tab)', bytes: get('X: a', '\tb'), refused: 'http1.obs_fold' },
  { name: 'folded first field', bytes: request('GET / HTTP/1.1', ' Host: a'), refused: 'http1.obs_fold' },
  { name: 'folded Content-Length', bytes: post('x', 'Content-Length:', ' 1'), refused: 'http1.bad_content_length' },
  { name: 'space before the colon', bytes: get('X : a'), refused: 'http1.bad_field_name' },
  { name: 'tab before the colon', bytes: get('X\t: a'), refused: 'http1.bad_field_name' },
  { name: 'space before the colon of Content-Length', bytes: post('x', 'Content-Length : 1'), refused: 'http1.bad_field_name' },
  {
    name: 'space before the colon of Transfer-Encoding',
    bytes: post('0\r\n\r\n', 'Transfer-Encoding : chunked'),
    refused: 'http1.bad_field_name',
  },
  { name: 'line without a colon', bytes: get('nothing'), refused: 'http1.bad_field_name' },
  { name: 'empty field name', bytes: get(': a'), refused: 'http1.bad_field_name' },
  { name: 'field name with a space', bytes: get('X Y: a'), refused: 'http1.bad_field_name' },
  { name: 'field name with a NUL', bytes: get('X\0Y: a'), refused: 'http1.bad_field_name' },
  { name: 'field name above ASCII', bytes: get('X\xe4: a'), refused: 'http1.bad_field_name' },
  { name: 'field name with parentheses', bytes: get('X(): a'), refused: 'http1.bad_field_name' },
  { name: 'field name with a slash', bytes: get('X/Y: a'), refused: 'http1.bad_field_name' },
  { name: 'field name in quotes', bytes: get('"X": a'), refused: 'http1.bad_field_name' },
  { name: 'field name that is a pseudo-header', bytes: get(':path: /admin'), refused: 'http1.bad_field_name' },
  { name: '100 fields', bytes: get(...Array.from({ length: 99 }, (_, i) => `X-${i}: ${i}`)) },
  { name: '101 fields', bytes: get(...Array.from({ length: 100 }, (_, i) => `X-${i}: ${i}`)), refused: 'http1.too_many_fields' },
  { name: 'head of 59 KB', bytes: get(`X: ${'y'.repeat(59 * 1024)}`) },
  { name: 'head of 61 KB', bytes: get(`X: ${'y'.repeat(61 * 1024)}`), refused: 'http1.head_too_large' },
  {
    name: 'target of 61 KB',
    bytes: request(`GET /${'y'.repeat(61 * 1024)} HTTP/1.1`, 'Host: a'),
    refused: 'http1.head_too_large',
  },

  // ---- Content-Length
  { name: 'Content-Length', bytes: post('hello', 'Content-Length: 5'), requests: ['POST a /p hello'] },
  { name: 'Content-Length 0', bytes: post('', 'Content-Length: 0'), requests: ['POST a /p '] },
  { name: 'Content-Length with leading zeros', bytes: post('hello', 'Content-Length: 0005'), requests: ['POST a /p hello'] },
  { name: 'Content-Length in a GET', bytes: `${get('Content-Length: 2')}hi`, requests: ['GET a / hi'] },
  {
    name: 'two Content-Lengths that differ',
    bytes: post('hello', 'Content-Length: 5', 'Content-Length: 6'),
    refused: 'http1.several_content_lengths',
  },
  {
    name: 'two equal Content-Lengths',
    bytes: post('hello', 'Content-Length: 5', 'Content-Length: 5'),
    refused: 'http1.several_content_lengths',
  },
  { name: 'Content-Length list', bytes: post('hello', 'Content-Length: 5, 5'), refused: 'http1.bad_content_length' },
  { name: 'Content-Length list that differs', bytes: post('hello', 'Content-Length: 5,6'), refused: 'http1.bad_content_length' },
  { name: 'Content-Length with +', bytes: post('hello', 'Content-Length: +5'), refused: 'http1.bad_content_length' },
  { name: 'Content-Length with -', bytes: post('', 'Content-Length: -1'), refused: 'http1.bad_content_length' },
  { name: 'Content-Length in hexadecimal', bytes: post('hello', 'Content-Length: 0x5'), refused: 'http1.bad_content_length' },
  {
    name: 'Content-Length with a space inside',
    bytes: post('hello', 'Content-Length: 0 5'),
    refused: 'http1.bad_content_length',
  },
  { name: 'Content-Length with a fraction', bytes: post('hello', 'Content-Length: 5.0'), refused: 'http1.bad_content_length' },
  { name: 'Content-Length with an exponent', bytes: post('hello', 'Content-Length: 5e0'), refused: 'http1.bad_content_length' },
  { name: 'Content-Length with an underscore', bytes: post('hello', 'Content-Length: 0_5'), refused: 'http1.bad_content_length' },
  { name: 'Content-Length in quotes', bytes: post('hello', 'Content-Length: "5"'), refused: 'http1.bad_content_length' },
  { name: 'Content-Length above ASCII', bytes: post('hello', 'Content-Length: \xb5'), refused: 'http1.bad_content_length' },
  { name: 'empty Content-Length', bytes: post('', 'Content-Length:'), refused: 'http1.bad_content_length' },
  {
    name: 'Content-Length of 2^64',
    bytes: post('', 'Content-Length: 18446744073709551616'),
    refused: 'http1.bad_content_length',
  },
  {
    name: 'Content-Length of 2^64 + 5',
    bytes: post('hello', 'Content-Length: 18446744073709551621'),
    refused: 'http1.bad_content_length',
  },
  {
    name: 'Content-Length named in Connection stays',
    bytes: post('hello', 'Connection: Content-Length', 'Content-Length: 5'),
    requests: ['POST a /p hello'],
  },

  // ---- Transfer-Encoding
  { name: 'chunked', bytes: chunked('5\r\nhello\r\n0\r\n\r\n'), requests: ['POST a /p hello'] },
  { name: 'chunked in another case', bytes: post('0\r\n\r\n', 'transfer-ENCODING: ChunKed'), requests: ['POST a /p '] },
  {
    name: 'chunked and Content-Length',
    bytes: chunked('0\r\n\r\n', 'Content-Length: 5'),
    refused: 'http1.content_length_with_transfer_encoding',
  },
  {
    name: 'Content-Length and chunked',
    bytes: post('0\r\n\r\n', 'Content-Length: 5', 'Transfer-Encoding: chunked'),
    refused: 'http1.content_length_with_transfer_encoding',
  },
  {
    name: 'chunked and Content-Length 0',
    bytes: chunked('0\r\n\r\n', 'Content-Length: 0'),
    refused: 'http1.content_length_with_transfer_encoding',
  },
  { name: 'chunked twice', bytes: chunked('0\r\n\r\n', 'Transfer-Encoding: chunked'), refused: 'http1.bad_transfer_encoding' },
  {
    name: 'chunked twice in a list',
    bytes: post('0\r\n\r\n', 'Transfer-Encoding: chunked, chunked'),
    refused: 'http1.bad_transfer_encoding',
  },
  { name: 'gzip, chunked', bytes: post('0\r\n\r\n', 'Transfer-Encoding: gzip, chunked'), refused: 'http1.bad_transfer_encoding' },
  { name: 'chunked, gzip', bytes: post('0\r\n\r\n', 'Transfer-Encoding: chunked, gzip'), refused: 'http1.bad_transfer_encoding' },
  { name: 'gzip', bytes: post('0\r\n\r\n', 'Transfer-Encoding: gzip'), refused: 'http1.unsupported_transfer_encoding' },
  { name: 'identity', bytes: post('', 'Transfer-Encoding: identity'), refused: 'http1.unsupported_transfer_encoding' },
  {
    name: 'chunked, then identity',
    bytes: chunked('0\r\n\r\n', 'Transfer-Encoding: identity'),
    refused: 'http1.bad_transfer_encoding',
  },
  { name: 'xchunked', bytes: post('0\r\n\r\n', 'Transfer-Encoding: xchunked'), refused: 'http1.bad_transfer_encoding' },
  {
    name: 'chunked with a parameter',
    bytes: post('0\r\n\r\n', 'Transfer-Encoding: chunked;q=1'),
    refused: 'http1.bad_transfer_encoding',
  },
  { name: 'chunked in quotes', bytes: post('0\r\n\r\n', 'Transfer-Encoding: "chunked"'), refused: 'http1.bad_transfer_encoding' },
  {
    name: 'chunked with a trailing comma',
    bytes: post('0\r\n\r\n', 'Transfer-Encoding: chunked,'),
    refused: 'http1.bad_transfer_encoding',
  },
  {
    name: 'chunked behind a vertical tab',
    bytes: post('0\r\n\r\n', 'Transfer-Encoding: \x0bchunked'),
    refused: 'http1.bad_field_value',
  },
  {
    name: 'chunked behind a byte above ASCII',
    bytes: post('0\r\n\r\n', 'Transfer-Encoding: \xa0chunked'),
    refused: 'http1.bad_transfer_encoding',
  },
  { name: 'empty Transfer-Encoding', bytes: post('0\r\n\r\n', 'Transfer-Encoding:'), refused: 'http1.bad_transfer_encoding' },
  {
    name: 'Transfer-Encoding named in Connection stays',
    bytes: chunked('5\r\nhello\r\n0\r\n\r\n', 'Connection: Transfer-Encoding'),
    requests: ['POST a /p hello'],
  },
  {
    name: 'chunked in HTTP/1.0',
    bytes: `${request('POST /p HTTP/1.0', 'Host: a', 'Transfer-Encoding: chunked')}0\r\n\r\n`,
    refused: 'http1.transfer_encoding_in_http_1_0',
  },

  // ---- chunks
  { name: 'several chunks', bytes: chunked('5\r\nhello\r\n1\r\n!\r\n0\r\n\r\n'), requests: ['POST a /p hello!'] },
  { name: 'chunk size in upper and lower case', bytes: chunked(`A\r\n${'x'.repeat(10)}\r\na\r\n${'y'.repeat(10)}\r\n0\r\n\r\n`) },
  { name: 'chunk size with leading zeros', bytes: chunked('0005\r\nhello\r\n000\r\n\r\n'), requests: ['POST a /p hello'] },
  { name: 'chunk extension', bytes: chunked('5;a=b;c="d e"\r\nhello\r\n0;x\r\n\r\n'), requests: ['POST a /p hello'] },
  { name: 'no chunk size', bytes: chunked('\r\nhello\r\n0\r\n\r\n'), refused: 'http1.bad_chunk_size' },
  { name: 'chunk size with 0x', bytes: chunked('0x5\r\nhello\r\n0\r\n\r\n'), refused: 'http1.bad_chunk_size' },
  { name: 'chunk size with +', bytes: chunked('+5\r\nhello\r\n0\r\n\r\n'), refused: 'http1.bad_chunk_size' },
  { name: 'chunk size with -', bytes: chunked('-5\r\nhello\r\n0\r\n\r\n'), refused: 'http1.bad_chunk_size' },
  { name: 'chunk size that is no number', bytes: chunked('g\r\nhello\r\n0\r\n\r\n'), refused: 'http1.bad_chunk_size' },
  { name: 'chunk size with an underscore', bytes: chunked('0_5\r\nhello\r\n0\r\n\r\n'), refused: 'http1.bad_chunk_size' },
  { name: 'chunk size behind a space', bytes: chunked(' 5\r\nhello\r\n0\r\n\r\n'), refused: 'http1.bad_chunk_size' },
  { name: 'chunk size before a space', bytes: chunked('5 \r\nhello\r\n0\r\n\r\n'), refused: 'http1.bad_chunk_size' },
  { name: 'chunk size before a tab', bytes: chunked('5\t\r\nhello\r\n0\r\n\r\n'), refused: 'http1.bad_chunk_size' },
  {
    name: 'chunk size of 17 digits',
    bytes: chunked('10000000000000005\r\nhello\r\n0\r\n\r\n'),
    refused: 'http1.chunk_too_large',
  },
  { name: 'chunk size of 2^64 - 1', bytes: chunked('ffffffffffffffff\r\nhello\r\n0\r\n\r\n'), refused: 'http1.chunk_too_large' },
  {
    name: 'chunk size with very many zeros',
    bytes: chunked('000000000000000000005\r\nhello\r\n0\r\n\r\n'),
    refused: 'http1.chunk_too_large',
  },
  { name: 'chunk size ended by LF', bytes: chunked('5\nhello\r\n0\r\n\r\n'), refused: 'http1.bad_chunk_size' },
  { name: 'chunk size ended by CR', bytes: chunked('5\rhello\r\n0\r\n\r\n'), refused: 'http1.bare_cr' },
  { name: 'last chunk ended by LF', bytes: chunked('5\r\nhello\r\n0\n\r\n'), refused: 'http1.bad_chunk_size' },
  { name: 'chunk data longer than its size', bytes: chunked('4\r\nhello\r\n0\r\n\r\n'), refused: 'http1.bad_chunk_end' },
  { name: 'chunk data shorter than its size', bytes: chunked('6\r\nhello\r\n0\r\n\r\n'), refused: 'http1.bad_chunk_end' },
  { name: 'chunk data ended by LF', bytes: chunked('5\r\nhello\n0\r\n\r\n'), refused: 'http1.bad_chunk_end' },
  { name: 'chunk data ended by CR', bytes: chunked('5\r\nhello\r0\r\n\r\n'), refused: 'http1.bad_chunk_end' },
  { name: 'chunk data without an end', bytes: chunked('5\r\nhello0\r\n\r\n'), refused: 'http1.bad_chunk_end' },
  { name: 'chunk extension with a bare LF', bytes: chunked('5;a\nb\r\nhello\r\n0\r\n\r\n'), refused: 'http1.bad_chunk_size' },
  { name: 'chunk extension with a bare CR', bytes: chunked('5;a\rb\r\nhello\r\n0\r\n\r\n'), refused: 'http1.bare_cr' },
  { name: 'chunk extension with a NUL', bytes: chunked('5;a\0\r\nhello\r\n0\r\n\r\n'), refused: 'http1.bad_chunk_size' },
  {
    name: 'chunk extension of 17 KB',
    bytes: chunked(`5;${'a'.repeat(17 * 1024)}\r\nhello\r\n0\r\n\r\n`),
    refused: 'http1.chunk_extensions_too_large',
  },
  {
    name: 'chunk extensions of 17 KB together',
    bytes: chunked(`${`1;${'a'.repeat(1024)}\r\nx\r\n`.repeat(17)}0\r\n\r\n`),
    refused: 'http1.chunk_extensions_too_large',
  },

  // ---- trailers
  {
    name: 'trailers',
    bytes: chunked('5\r\nhello\r\n0\r\nX-Sum: 1\r\nX-Two: 2\r\n\r\n'),
    requests: ['POST a /p hello{x-sum:1,x-two:2}'],
  },
  { name: 'folded trailer', bytes: chunked('0\r\nX: a\r\n b\r\n\r\n'), refused: 'http1.obs_fold' },
  { name: 'trailer with a space before the colon', bytes: chunked('0\r\nX : a\r\n\r\n'), refused: 'http1.bad_field_name' },
  { name: 'trailer with a NUL', bytes: chunked('0\r\nX: \0\r\n\r\n'), refused: 'http1.bad_field_value' },
  { name: 'trailer section ended by LF', bytes: chunked('0\r\nX: a\r\n\n'), refused: 'http1.bare_lf' },
  { name: 'trailers of 61 KB', bytes: chunked(`0\r\nX: ${'y'.repeat(61 * 1024)}\r\n\r\n`), refused: 'http1.head_too_large' },
  {
    name: 'Content-Length in the trailers',
    bytes: chunked('0\r\nContent-Length: 5\r\n\r\n'),
    refused: 'http1.forbidden_trailer',
  },
  {
    name: 'Transfer-Encoding in the trailers',
    bytes: chunked('0\r\nTransfer-Encoding: chunked\r\n\r\n'),
    refused: 'http1.forbidden_trailer',
  },
  { name: 'Host in the trailers', bytes: chunked('0\r\nHost: b\r\n\r\n'), refused: 'http1.forbidden_trailer' },

  // ---- one after the other
  {
    name: 'three in a pipeline',
    bytes: get() + post('hi', 'Content-Length: 2') + get(),
    requests: ['GET a / ', 'POST a /p hi', 'GET a / '],
  },
  { name: 'chunked, then another', bytes: chunked('2\r\nhi\r\n0\r\n\r\n') + get(), requests: ['POST a /p hi', 'GET a / '] },
  {
    name: 'an empty line between two',
    bytes: `${post('hi', 'Content-Length: 2')}\r\n${get()}`,
    requests: ['POST a /p hi', 'GET a / '],
  },
  {
    name: 'bytes between two',
    bytes: `${post('hi', 'Content-Length: 2')}!!${get()}`,
    refused: 'http1.bad_method',
    requests: ['POST a /p hi'],
  },
  {
    name: 'space between two',
    bytes: `${post('hi', 'Content-Length: 2')} ${get()}`,
    refused: 'http1.bad_method',
    requests: ['POST a /p hi'],
  },
  { name: 'body without a length', bytes: `${post('{"a":1}')}${get()}`, refused: 'http1.bad_method', requests: ['POST a /p '] },
  {
    name: 'smuggled by Content-Length, then Transfer-Encoding',
    bytes: post(`0\r\n\r\n${request('GET /admin HTTP/1.1', 'Host: a')}`, 'Content-Length: 35', 'Transfer-Encoding: chunked'),
    refused: 'http1.content_length_with_transfer_encoding',
  },
  {
    name: 'smuggled by an obscured Transfer-Encoding',
    bytes: post('0\r\n\r\nX', 'Content-Length: 6', 'Transfer-Encoding: xchunked'),
    refused: 'http1.bad_transfer_encoding',
  },
  {
    name: 'smuggled by a newline in a target',
    bytes: 'GET /a\nX HTTP/1.1\r\nHost: a\r\n\r\n',
    refused: 'http1.bad_request_line',
  },
  {
    name: 'upgrade to cleartext HTTP/2 is not taken',
    bytes: get('Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AAMAAABkAAQAAP__'),
    requests: ['GET a / '],
  },
  { name: 'Upgrade without Connection', bytes: get('Upgrade: websocket'), requests: ['GET a / '] },
  ...BYTE_CORPUS,
]
