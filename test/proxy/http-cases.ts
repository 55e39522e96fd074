/**
 * Requests that mizzen's proxy and Envoy have to treat alike. The routes they meet are in `http-routes.ts`.
 */
import { request } from './exchange.ts'

export interface HttpCase {
  readonly name: string
  readonly send: string
  /** Part of the response that is left out of the comparison, and why. */
  readonly except?: { readonly [Field in 'headers' | 'body' | 'trailers' | 'informational' | 'end' | 'log']?: string }
  /** Expected besides equality, where equality alone would prove little. */
  readonly status?: number
}

const chunked = 'GET / HTTP/1.1\r\nhost: shop.test\r\ntransfer-encoding: chunked\r\n\r\n'

export const HTTP_CASES: readonly HttpCase[] = [
  { name: 'a plain GET', send: request('GET', '/echo'), status: 200 },
  {
    name: 'headers of the client',
    send: request('GET', '/echo', { 'X-One': 'a', cookie: 'b=c', te: 'trailers' }),
    status: 200,
    except: {
      body: 'we name TE in Connection, as RFC 9110 section 10.1.4 wants it; Envoy does not',
      headers: 'the length of that body',
      log: 'as above',
    },
  },
  { name: 'a request id of the client', send: request('GET', '/echo', { 'x-request-id': 'mine' }), status: 200 },
  {
    name: 'x-envoy headers of a client that is not internal',
    send: request('GET', '/echo', {
      'x-envoy-retry-on': '5xx',
      'x-envoy-max-retries': '3',
      'x-envoy-internal': 'true',
      'x-envoy-upstream-rq-timeout-ms': '1',
      'x-envoy-expected-rq-timeout-ms': '7',
      'x-envoy-decorator-operation': 'op',
    }),
    status: 200,
  },
  { name: 'x-forwarded-for of one address', send: request('GET', '/echo', { 'x-forwarded-for': '10.0.0.1' }) },
  { name: 'x-forwarded-proto', send: request('GET', '/echo', { 'x-forwarded-proto': 'https' }) },
  {
    name: 'hop-by-hop headers',
    send: request('GET', '/echo', {
      connection: 'x-hop, keep-alive',
      'x-hop': '1',
      'keep-alive': 'timeout=5',
      'proxy-connection': 'x',
    }),
  },
  { name: 'a body by length', send: request('POST', '/echo', {}, 'hello'), status: 200 },
  { name: 'a body in chunks', send: `${chunked.replace('GET /', 'POST /echo')}5\r\nhello\r\n0\r\n\r\n`, status: 200 },
  { name: 'HEAD', send: request('HEAD', '/echo'), status: 200 },
  {
    name: 'OPTIONS',
    send: request('OPTIONS', '/echo'),
    except: {
      body: 'Envoy adds content-length: 0 to requests with these methods',
      headers: 'the length of that body',
      log: 'as above',
    },
  },
  { name: 'OPTIONS *', send: request('OPTIONS', '*') },
  { name: 'an absolute target', send: request('GET', 'http://other.test/echo'), status: 200 },
  { name: 'HTTP/1.0', send: 'GET /echo HTTP/1.0\r\nhost: a\r\n\r\n', except: { log: 'the test format begins with the path' } },
  { name: 'Connection: close', send: request('GET', '/echo', { connection: 'close' }), status: 200 },
  {
    name: 'an unknown method',
    send: request('PURGE', '/echo'),
    except: {
      body: 'Envoy adds content-length: 0 to requests with these methods',
      headers: 'the length of that body',
      log: 'as above',
    },
  },

  { name: 'status 404 of the upstream', send: request('GET', '/status/404'), status: 404 },
  { name: 'status 503 of the upstream', send: request('GET', '/status/503'), status: 503 },
  { name: '204', send: request('GET', '/empty'), status: 204 },
  { name: 'a large body', send: request('GET', '/big/300000'), status: 200 },
  {
    name: 'trailers',
    send: request('GET', '/trailers', { te: 'trailers' }),
    status: 200,
    except: { trailers: 'Envoy drops trailers of HTTP/1.1 unless told otherwise' },
  },
  { name: 'early hints', send: request('GET', '/hints'), status: 200, except: { informational: 'Envoy passes on 100 only' } },

  { name: 'a path with dot segments', send: request('GET', '/a/../echo'), status: 200 },
  { name: 'a path with escapes', send: request('GET', '/%65cho?a=%41/../b'), status: 200 },
  { name: 'a path with double slashes', send: request('GET', '//echo'), status: 200 },
  { name: 'a path with a backslash', send: request('GET', '/a\\..\\echo') },
  { name: 'a path with NUL escaped', send: request('GET', '/a%00b') },
  { name: 'a path with a broken escape', send: request('GET', '/a%zz') },
  { name: 'a path with characters to escape', send: request('GET', '/echo/{a}|"b"^c') },
  { name: 'a path that leads out', send: request('GET', '/../../echo') },

  { name: 'a direct response', send: request('GET', '/direct'), status: 203 },
  { name: 'a direct response without body', send: request('GET', '/nobody') },
  { name: 'a direct response to HEAD', send: request('HEAD', '/direct') },
  { name: 'a redirect', send: request('GET', '/redirect/x?y=z'), status: 301 },
  { name: 'no route', send: request('GET', '/', { host: 'nobody.test' }), status: 404 },
  { name: 'no cluster, which a mapper of local replies answers otherwise', send: request('GET', '/none'), status: 555 },
  { name: 'no host', send: request('GET', '/empty-cluster'), status: 503 },
  { name: 'a refused connection', send: request('GET', '/dead'), status: 503 },
  { name: 'an upstream that resets', send: request('GET', '/reset'), status: 503 },
  {
    name: 'an upstream that breaks off',
    send: request('GET', '/half'),
    status: 200,
    except: { log: 'Envoy counts bytes of chunks it got later' },
  },
  { name: 'a timeout', send: request('GET', '/slow/2000'), status: 504 },
  { name: 'a timeout of a POST', send: request('POST', '/slow/2000', {}, 'body'), status: 504 },

  {
    name: 'gRPC: no route',
    send: request('POST', '/', { host: 'nobody.test', 'content-type': 'application/grpc' }),
    status: 200,
    except: { headers: 'we say why in grpc-message; Envoy gives only the code where there is no text' },
  },
  { name: 'gRPC: refused connection', send: request('POST', '/dead', { 'content-type': 'application/grpc+proto' }), status: 200 },
  { name: 'gRPC: no host', send: request('POST', '/empty-cluster', { 'content-type': 'application/grpc' }), status: 200 },
  { name: 'grpc-web is not gRPC', send: request('POST', '/dead', { 'content-type': 'application/grpc-web' }), status: 503 },

  { name: 'a retry of 503', send: request('GET', '/retry/flaky/1?key=a'), status: 200 },
  { name: 'a retry of a body', send: request('POST', '/retry/flaky/2?key=b', {}, 'again'), status: 200 },
  { name: 'retries that run out', send: request('GET', '/retry/flaky/9?key=c'), status: 503 },
  { name: 'a status that is not retried', send: request('GET', '/retry/flaky/9?key=d&status=404'), status: 404 },
  { name: 'a retry of a reset', send: request('GET', '/retry/reset'), status: 503 },
  { name: 'a retry of a refused connection', send: request('GET', '/retry-dead'), status: 503 },
  { name: 'a per-try timeout', send: request('GET', '/tight/slow/2000'), status: 504 },
  { name: 'a per-try idle timeout', send: request('GET', '/silent/slow/2000'), status: 504 },
  {
    name: 'retries that a header asks for are refused',
    send: request('GET', '/flaky/1?key=e', { 'x-envoy-retry-on': '5xx' }),
    status: 503,
  },

  { name: 'a rewritten prefix', send: request('GET', '/prefix/echo?q=1'), status: 200 },
  { name: 'a rewritten host', send: request('GET', '/host/echo'), status: 200 },
  { name: 'header changes', send: request('GET', '/headers/echo', { 'x-away': '1' }), status: 200 },
  {
    name: 'an upstream over HTTP/2',
    send: request('POST', '/h2/Echo', { 'content-type': 'application/grpc', te: 'trailers' }, 'abc'),
    status: 200,
    except: { trailers: 'Envoy drops trailers towards HTTP/1.1 unless told otherwise' },
  },
  {
    name: 'a gRPC error of the upstream',
    send: request('POST', '/h2/Fail', { 'content-type': 'application/grpc', te: 'trailers' }, 'abc'),
    status: 200,
  },

  { name: 'an injected error', send: request('GET', '/abort'), status: 555 },
  { name: 'an injected error for gRPC', send: request('POST', '/abort', { 'content-type': 'application/grpc' }), status: 200 },
  {
    name: 'an injected gRPC status',
    send: request('POST', '/grpc-abort', { 'content-type': 'application/grpc' }, 'x'),
    status: 200,
  },
  { name: 'an injected delay', send: request('POST', '/delay', {}, 'held'), status: 200 },
  { name: 'an injected delay and error', send: request('GET', '/both-faults'), status: 418 },
  { name: 'CORS: a request', send: request('GET', '/cors', { origin: 'http://page.test' }), status: 200 },
  { name: 'CORS: another origin', send: request('GET', '/cors', { origin: 'http://evil.test' }), status: 200 },
  {
    name: 'CORS: a preflight',
    send: request('OPTIONS', '/cors', { origin: 'http://page.test', 'access-control-request-method': 'POST' }),
    status: 200,
  },
  { name: 'a local limit: within it', send: request('GET', '/limited'), status: 200 },
  { name: 'a local limit: beyond it', send: request('GET', '/limited'), status: 503 },
  { name: 'a local limit for each user: one', send: request('GET', '/by-user', { 'x-user': 'ada' }), status: 200 },
  { name: 'a local limit for each user: the same one', send: request('GET', '/by-user', { 'x-user': 'ada' }), status: 429 },
  { name: 'a local limit for each user: another one', send: request('GET', '/by-user', { 'x-user': 'bob' }), status: 200 },
  {
    name: 'a local limit for each user: gRPC',
    send: request('POST', '/by-user', { 'x-user': 'ada', 'content-type': 'application/grpc' }),
    status: 200,
  },
  { name: 'a local limit for each user: nobody', send: request('GET', '/by-user'), status: 200 },
  { name: 'a local limit in the shadow: within it', send: request('GET', '/shadow-limit'), status: 200 },
  { name: 'a local limit in the shadow: beyond it', send: request('GET', '/shadow-limit'), status: 200 },
  { name: 'a shared limit whose service cannot be asked', send: request('GET', '/shared-limit'), status: 500 },
  { name: 'a mirrored request', send: request('POST', '/mirror/echo', {}, 'twice'), status: 200 },

  { name: 'Expect: 100-continue', send: request('POST', '/echo', { expect: '100-continue' }, 'hello'), status: 200 },
  { name: 'an early response', send: request('POST', '/early', { 'content-length': '100000' }), status: 413 },
  { name: 'an upgrade that is not configured', send: request('GET', '/echo', { connection: 'upgrade', upgrade: 'spdy' }) },
  {
    name: 'an upgrade that the upstream refuses',
    send: request('GET', '/no-upgrade', { connection: 'upgrade', upgrade: 'websocket' }),
  },
  { name: 'CONNECT where it is not configured', send: 'CONNECT shop.test:80 HTTP/1.1\r\nhost: shop.test:80\r\n\r\n' },

  {
    name: 'no Host',
    send: 'GET /echo HTTP/1.1\r\n\r\n',
    except: { headers: 'the codec answers by itself', body: 'as above', log: 'the code is ours' },
  },
  {
    name: 'both lengths',
    send: 'POST /echo HTTP/1.1\r\nhost: a\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
    except: { log: 'as above', headers: 'as above', body: 'as above' },
  },
]
