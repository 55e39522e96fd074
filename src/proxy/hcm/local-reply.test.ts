import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HeaderList } from '../http/headers.ts'
import type { RequestHead, ResetReason } from '../http/stream.ts'
import { FAILURES, upstreamReset } from './failure.ts'
import { isGrpc, localReply, replyHasBody } from './local-reply.ts'

function head(method: string, contentType?: string): RequestHead {
  const headers = new HeaderList(contentType === undefined ? [] : ['content-type', contentType])
  return { protocol: 'HTTP/2', method, scheme: 'http', authority: 'a', path: '/', headers, upgrade: undefined }
}

test('localReply() is plain text for HTTP, and has no body for HEAD', () => {
  const reply = localReply(head('GET'), 503, Buffer.from('gone'), 'text/plain')
  assert.deepEqual(
    [reply.status, reply.headers.get('content-length'), reply.headers.get('content-type')],
    [503, '4', 'text/plain'],
  )
  assert.equal(replyHasBody(head('GET'), Buffer.from('gone')), true)
  assert.equal(replyHasBody(head('HEAD'), Buffer.from('gone')), false)
  assert.equal(localReply(head('GET'), 404, Buffer.alloc(0), 'text/plain').headers.has('content-type'), false)
})

test('localReply() tells gRPC clients a status, and the text percent-encoded', () => {
  const grpc = head('POST', 'application/grpc')
  const reply = localReply(grpc, 503, Buffer.from('100% ä\n'), 'text/plain')
  assert.deepEqual(
    [reply.status, reply.headers.get('grpc-status'), reply.headers.get('grpc-message')],
    [200, '14', '100%25 %C3%A4%0A'],
  )
  assert.equal(replyHasBody(grpc, Buffer.from('x')), false)
  const statusOf = (status: number) => localReply(grpc, status, Buffer.alloc(0), 'text/plain').headers.get('grpc-status')
  assert.deepEqual([400, 401, 403, 404, 429, 502, 504, 500].map(statusOf), ['13', '16', '7', '12', '14', '14', '14', '2'])
  assert.equal(localReply(grpc, 200, Buffer.alloc(0), 'text/plain', 7).headers.get('grpc-status'), '7')
})

test('localReply() gives a gRPC client a status and a message for every failure of the proxy itself', () => {
  const reasons: readonly ResetReason[] = [
    'connect-failure',
    'connect-timeout',
    'connection-closed',
    'remote-reset',
    'refused-stream',
    'protocol-error',
    'local-reset',
    'overflow',
    'idle-timeout',
  ]
  const failures = [...Object.values(FAILURES), ...reasons.map(reason => upstreamReset(reason, false, 'Connection refused'))]
  for (const { status, body, details } of failures) {
    const reply = localReply(head('POST', 'application/grpc'), status, Buffer.from(body), 'text/plain', undefined, details)
    assert.equal(reply.status, 200, details)
    assert.notEqual(reply.headers.get('grpc-status'), '0', details)
    assert.match(reply.headers.get('grpc-message') ?? '', /^[\w ,.:/]{5,}$/, details)
  }
  const denied = localReply(head('POST', 'application/grpc'), 403, Buffer.alloc(0), 'text/plain', 7, 'ext_authz_denied')
  assert.equal(denied.headers.get('grpc-message'), 'ext authz denied')
  // What is no failure needs no words.
  const fine = localReply(head('POST', 'application/grpc'), 200, Buffer.alloc(0), 'text/plain', undefined, 'cors_response')
  assert.equal(fine.headers.has('grpc-message'), false)
})

test('isGrpc() knows gRPC by its content type', () => {
  const grpc = (type?: string) => isGrpc(head('POST', type))
  assert.deepEqual(
    ['application/grpc', 'application/grpc+proto', 'application/grpc;x=y', 'application/grpc-web', 'text/plain', undefined].map(
      grpc,
    ),
    [true, true, true, false, false, false],
  )
})
