import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { test } from 'node:test'
import {
  HttpConnectionManager_ForwardClientCertDetails as Forward,
  HttpConnectionManager,
} from '../../xds/gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager.ts'
import { CERTIFICATE } from '../cluster/certificates.testing.ts'
import { HeaderList } from '../http/headers.ts'
import { PeerCertificate } from '../tls/peer.ts'
import { ClientCertificateRule } from './client-certificate.ts'

const certificate = new X509Certificate(CERTIFICATE)
const peer = new PeerCertificate(certificate)
const connection = { peer, ownUriSans: ['spiffe://mesh/server'] }
const HASH = `By=spiffe://mesh/server;Hash=${peer.sha256}`

function rule(forward: Forward, parts = {}): ClientCertificateRule {
  return ClientCertificateRule.read(
    HttpConnectionManager.fromPartial({ forwardClientCertDetails: forward, setCurrentClientCertDetails: parts }),
  )
}

/** @returns the header after the rule, of a client that sent "before" itself */
function after(forward: Forward, from: Parameters<ClientCertificateRule['apply']>[1], parts = {}): string | undefined {
  const headers = new HeaderList()
  headers.set('x-forwarded-client-cert', 'before')
  rule(forward, parts).apply(headers, from)
  return headers.get('x-forwarded-client-cert')
}

test('ClientCertificateRule removes what a client without a certificate says, unless it is always to be kept', () => {
  const stranger = { peer: undefined, ownUriSans: [] }
  for (const forward of [Forward.SANITIZE, Forward.FORWARD_ONLY, Forward.APPEND_FORWARD, Forward.SANITIZE_SET])
    assert.equal(after(forward, stranger), undefined)
  assert.equal(after(Forward.ALWAYS_FORWARD_ONLY, stranger), 'before')
})

test('ClientCertificateRule keeps, adds to or replaces what a client with a certificate says', () => {
  assert.equal(after(Forward.SANITIZE, connection), undefined)
  assert.equal(after(Forward.FORWARD_ONLY, connection), 'before')
  assert.equal(after(Forward.APPEND_FORWARD, connection), `before,${HASH}`)
  assert.equal(after(Forward.SANITIZE_SET, connection), HASH)
})

test('ClientCertificateRule tells the parts that are asked for, in the order of Envoy', () => {
  const parts = { subject: true, uri: true, dns: true, cert: true }
  const found = after(Forward.SANITIZE_SET, connection, parts) ?? ''
  assert.deepEqual(
    found.split(';').map(part => part.split('=', 1)[0]),
    ['By', 'Hash', 'Cert', 'Subject', ...peer.uriSans.map(() => 'URI'), ...peer.dnsSans.map(() => 'DNS')],
  )
  assert(found.includes(`Cert="-----BEGIN%20CERTIFICATE-----%0A`))
  assert(found.includes(`Subject="${peer.subject}"`))
})

test('ClientCertificateRule.read() throws for the chain, which it cannot tell', () => {
  assert.throws(() => rule(Forward.SANITIZE_SET, { chain: true }), /set_current_client_cert_details\.chain is not supported/)
})
