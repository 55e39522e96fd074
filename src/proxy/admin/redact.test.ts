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
