import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { decode, encode, streamDecode, streamEncode } from 'dns-packet'
import { NameTable } from '../../xds/gen/istio/networking/nds/v1/nds.ts'
import { answerDns, type PodDns } from './dns.ts'

function named(name: string, ips: string[]) {
  const bytes = NameTable.encode(
    NameTable.fromPartial({ table: { [name]: { ips, registry: 'External', shortname: '', namespace: '' } } }),
  ).finish()
  return { name, version: '1', bytes }
}

function question(name: string, type: 'A' | 'AAAA'): Buffer {
  return encode({ id: 5, type: 'query', questions: [{ type, name }] })
}

const dataOf = (reply: Buffer) => decode(reply).answers?.map(answer => ('data' in answer ? answer.data : ''))

describe('answerDns()', () => {
  const upstream = createSocket('udp4')
  let dns: PodDns

  before(async () => {
    upstream.on('message', (message, { port, address }) => {
      const { id = 0, questions = [] } = decode(message)
      const answers = questions.map(({ name }) => ({ type: 'A', name, ttl: 9, data: '192.0.2.7' }) as const)
      upstream.send(encode({ id, type: 'response', questions, answers }), port, address)
    })
    upstream.bind(0, '127.0.0.1')
    await once(upstream, 'listening')
    const servers = [`127.0.0.1:${upstream.address().port}`]
    dns = await answerDns(0, { servers, searchDomains: ['shop.svc.cluster.local', 'cluster.local'] }, () => {})
    dns.onNames({
      updated: [named('api.exchange.example', ['240.240.7.7']), named('*.wild.example', ['240.240.7.8', '2001:2::8'])],
      removed: [],
    })
  })
  after(() => {
    dns.close()
    upstream.close()
  })

  async function ask(name: string, type: 'A' | 'AAAA' = 'A') {
    const client = createSocket('udp4')
    client.send(question(name, type), dns.port, '127.0.0.1')
    const [reply]: Buffer[] = await once(client, 'message')
    client.close()
    assert.ok(reply)
    return dataOf(reply)
  }

  it('gives the address that the control plane said, also behind a search domain and for wildcards', async () => {
    assert.deepEqual(await ask('api.exchange.example'), ['240.240.7.7'])
    assert.deepEqual(await ask('Api.Exchange.Example.shop.svc.cluster.local'), ['240.240.7.7'])
    assert.deepEqual(await ask('one.wild.example'), ['240.240.7.8'])
    assert.deepEqual(await ask('one.wild.example', 'AAAA'), ['2001:2::8'])
  })

  it('says that a known name has no address of another family', async () => {
    assert.deepEqual(await ask('api.exchange.example', 'AAAA'), [])
  })

  it('hands other questions to the server of the pod, and its answer back', async () => {
    assert.deepEqual(await ask('example.com'), ['192.0.2.7'])
  })

  it('forgets names that the control plane takes away', async () => {
    dns.onNames({ updated: [named('gone.example', ['240.240.7.9'])], removed: [] })
    assert.deepEqual(await ask('gone.example'), ['240.240.7.9'])
    dns.onNames({ updated: [], removed: ['gone.example'] })
    assert.deepEqual(await ask('gone.example'), ['192.0.2.7'])
  })

  it('answers by TCP', async () => {
    const client = connect(dns.port, '127.0.0.1')
    client.write(streamEncode({ id: 5, type: 'query', questions: [{ type: 'A', name: 'api.exchange.example' }] }))
    const [reply]: Buffer[] = await once(client, 'data')
    assert.ok(reply)
    assert.deepEqual(
      streamDecode(reply).answers?.map(answer => ('data' in answer ? answer.data : '')),
      ['240.240.7.7'],
    )
    client.destroy()
  })
})
