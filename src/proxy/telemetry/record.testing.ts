/** Decision records for tests. */
import { Socket } from 'node:net'
import { HeaderList } from '../http/headers.ts'
import { Connection } from '../listener/connection.ts'
import { Drain } from '../listener/drain.ts'
import type { Peer } from '../tls/peer.ts'
import { DecisionRecord, type Side } from './decision-record.ts'

export interface RecordOptions {
  readonly side?: Side
  readonly status?: number
  readonly path?: string
  readonly headers?: readonly string[]
  readonly peer?: Partial<Peer>
}

const NO_CERTIFICATE: Peer = {
  uriSans: [],
  dnsSans: [],
  subject: '',
  issuer: '',
  sha256: '',
  serial: '',
  validFrom: 0,
  validUntil: 0,
  pem: '',
}

/** A GET for http://cart/items that took 12 ms and was answered by the upstream. */
export function testRecord({
  side = 'outbound',
  status = 200,
  path = '/items?q=1',
  headers = [],
  peer,
}: RecordOptions = {}): DecisionRecord {
  const facts = {
    remoteAddress: '10.0.0.9',
    remotePort: 4000,
    directAddress: '10.0.0.9',
    directPort: 4000,
    localAddress: '10.96.0.4',
    localPort: 80,
    restored: false,
    transportProtocol: '',
    serverName: '',
    applicationProtocols: [],
  } as const
  const tls = peer && { alpn: '', peer: { ...NO_CERTIFICATE, ...peer } }
  const record = new DecisionRecord(new Connection({ ...facts }, new Socket(), new Drain(), tls), side)
  record.request = {
    protocol: 'HTTP/1.1',
    method: 'GET',
    scheme: 'http',
    authority: 'cart',
    path,
    headers: new HeaderList(['x-request-id', 'id-1', ...headers]),
    upgrade: undefined,
  }
  record.originalPath = path
  record.responseHeaders = new HeaderList()
  record.status = status
  record.details = 'via_upstream'
  record.requestEndedAt = record.startedAt
  record.endedAt = record.startedAt + 12
  return record
}
