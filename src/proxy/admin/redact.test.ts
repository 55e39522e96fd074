import assert from 'node:assert/strict'
import { test } from 'node:test'
import { redact } from './redact.ts'

test('redact() hides keys and passwords, however deep, and nothing else', () => {
  const certificate = {
    certificate_chain: { inline_string: 'public' },
    private_key: { inline_string: 'secret' },
    password: { inline_bytes: 'c2VjcmV0' },
  }
  const file = { private_key: { filename: '/etc/key.pem' } }
  const json = {
    clusters: [{ tls: { certificates: [certificate, file] } }],
    session_ticket_keys: { keys: [{ inline_bytes: 'x' }] },
  }
  assert.deepEqual(redact(json), {
    clusters: [
      {
        tls: {
          certificates: [
            {
              certificate_chain: { inline_string: 'public' },
              private_key: { inline_string: '[redacted]' },
              password: { inline_bytes: '[redacted]' },
            },
            file,
          ],
        },
      },
    ],
    session_ticket_keys: { keys: [{ inline_bytes: '[redacted]' }] },
  })
})

test('redact() hides what is not public of keys of tokens, and the values of headers that callers are known by', () => {
  const jwks = JSON.stringify({
    keys: [
      { kty: 'oct', kid: 'shared', k: 'c2VjcmV0' },
      { kty: 'EC', x: 'eA', d: 'c2VjcmV0' },
    ],
  })
  const shown = JSON.stringify({
    keys: [
      { kty: 'oct', kid: 'shared', k: '[redacted]' },
      { kty: 'EC', x: 'eA', d: '[redacted]' },
    ],
  })
  assert.deepEqual(redact({ local_jwks: { inline_string: jwks } }), { local_jwks: { inline_string: shown } })
  assert.deepEqual(redact({ local_jwks: { inline_string: 'no keys' } }), { local_jwks: { inline_string: '[redacted]' } })
  const headers = (value: string) => [{ header: { key: 'Authorization', value } }, { key: 'x-team', value: 'blue' }]
  assert.deepEqual(redact(headers('Basic c2VjcmV0')), headers('[redacted]'))
})
