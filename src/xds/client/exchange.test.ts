import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { cluster, endpoints } from '../../../test/xds/resources.ts'
import { Node } from '../gen/envoy/config/core/v3/base.ts'
import {
  DeltaDiscoveryRequest,
  DeltaDiscoveryResponse,
  DiscoveryRequest,
  DiscoveryResponse,
  Resource,
} from '../gen/envoy/service/discovery/v3/discovery.ts'
import { pack } from '../wire/any.ts'
import { CLUSTER, ENDPOINT, LISTENER } from '../wire/type-url.ts'
import type { Apply, Update } from './client.ts'
import { delta } from './delta.ts'
import { Exchange } from './exchange.ts'
import { sotw } from './sotw.ts'

/** A server's resource: name and version. */
type Content = readonly [name: string, version: string]

function setUp(variant: typeof delta, apply: Apply = () => undefined) {
  const applied: string[] = []
  const requests: Uint8Array[] = []
  const exchange = new Exchange(variant, Node.fromPartial({ id: 'n' }), (type, update) => {
    applied.push(describeUpdate(update))
    return apply(type, update)
  })
  return {
    exchange,
    applied,
    open: () => {
      exchange.open(message => requests.push(message))
    },
    /** The requests since the last call. */
    delta: () => requests.splice(0).map(bytes => DeltaDiscoveryRequest.decode(bytes)),
    sotw: () => requests.splice(0).map(bytes => DiscoveryRequest.decode(bytes)),
  }
}

function describeUpdate({ updated, removed }: Update): string {
  return [...updated.map(({ name }) => name), ...removed.map(name => `-${name}`)].join(' ')
}

function deltaResponse(
  typeUrl: string,
  nonce: string,
  contents: readonly Content[],
  removedResources: string[] = [],
): Uint8Array {
  const resources = contents.map(([name, version]) => ({ name, version, resource: { typeUrl, value: cluster(name).bytes } }))
  return DeltaDiscoveryResponse.encode(
    DeltaDiscoveryResponse.fromPartial({ typeUrl, nonce, resources, removedResources }),
  ).finish()
}

function sotwResponse(typeUrl: string, versionInfo: string, values: readonly Uint8Array[]): Uint8Array {
  const resources = values.map(value => ({ typeUrl, value }))
  return DiscoveryResponse.encode(
    DiscoveryResponse.fromPartial({ typeUrl, nonce: `n${versionInfo}`, versionInfo, resources }),
  ).finish()
}

describe('delta', () => {
  test('only the first message of a stream says who it is from, on each stream', () => {
    const { exchange, open, delta: requests } = setUp(delta)
    exchange.subscribe(LISTENER, ['*'])
    exchange.subscribe(CLUSTER, ['*'])
    open()
    assert.deepEqual(
      requests().map(({ typeUrl, node }) => [typeUrl, node?.id]),
      [
        [CLUSTER, 'n'],
        [LISTENER, undefined],
      ],
    )
    exchange.closed()
    open()
    assert.deepEqual(
      requests().map(({ node }) => node?.id),
      ['n', undefined],
    )
  })

  test('what a response makes necessary is asked for before it is acknowledged', () => {
    const {
      exchange,
      open,
      delta: requests,
    } = setUp(delta, (type, { updated }) => {
      if (type === CLUSTER) {
        exchange.subscribe(
          ENDPOINT,
          updated.map(({ name }) => name),
        )
      }
      return undefined
    })
    exchange.subscribe(CLUSTER, ['*'])
    open()
    requests()
    exchange.receive(deltaResponse(CLUSTER, '1', [['a', '1']]))
    assert.deepEqual(
      requests().map(({ typeUrl, resourceNamesSubscribe, responseNonce }) => [typeUrl, resourceNamesSubscribe, responseNonce]),
      [
        [ENDPOINT, ['a'], ''],
        [CLUSTER, [], '1'],
      ],
    )
  })

  test('versions that were applied are told at the next stream; refused ones and forgotten ones are not', () => {
    const {
      exchange,
      open,
      delta: requests,
    } = setUp(delta, (_type, { updated }) => (updated.some(({ name }) => name === 'bad') ? new Map([['bad', 'no']]) : undefined))
    exchange.subscribe(ENDPOINT, ['a', 'b', 'bad', 'c'])
    open()
    requests()
    exchange.receive(
      deltaResponse(ENDPOINT, '1', [
        ['a', '1'],
        ['b', '1'],
        ['bad', '1'],
      ]),
    )
    const [nack] = requests()
    assert.equal(nack?.errorDetail?.message, '"bad": no')
    exchange.receive(deltaResponse(ENDPOINT, '2', [['a', '2']], ['c']))
    exchange.unsubscribe(ENDPOINT, ['b'])
    exchange.closed()
    requests()
    open()
    const [request] = requests()
    assert.deepEqual(request?.resourceNamesSubscribe, ['a', 'bad', 'c'])
    assert.deepEqual({ ...request.initialResourceVersions }, { a: '2' })
  })

  test('a resource that is there in this version, or is not wanted any more, is not applied', () => {
    const { exchange, applied, open } = setUp(delta)
    exchange.subscribe(ENDPOINT, ['a', 'b'])
    open()
    exchange.receive(
      deltaResponse(ENDPOINT, '1', [
        ['a', '1'],
        ['b', '1'],
      ]),
    )
    exchange.unsubscribe(ENDPOINT, ['b'])
    exchange.receive(
      deltaResponse(
        ENDPOINT,
        '2',
        [
          ['a', '1'],
          ['b', '2'],
        ],
        ['d'],
      ),
    )
    exchange.receive(deltaResponse(ENDPOINT, '3', [['a', '3']]))
    assert.deepEqual(applied, ['a b', 'a'])
  })

  test('the first response of a type is reported even if it is empty, so that its owner knows that it was answered', () => {
    const { exchange, applied, open } = setUp(delta)
    exchange.subscribe(CLUSTER, ['*'])
    open()
    exchange.receive(deltaResponse(CLUSTER, '1', []))
    exchange.receive(deltaResponse(CLUSTER, '2', []))
    assert.deepEqual(applied, [''])
  })

  test('an owner that throws refuses the update, and is offered it again', () => {
    let broken = true
    const {
      exchange,
      applied,
      open,
      delta: requests,
    } = setUp(delta, () => {
      if (broken) throw new Error('defect')
      return undefined
    })
    exchange.subscribe(CLUSTER, ['*'])
    open()
    requests()
    exchange.receive(deltaResponse(CLUSTER, '1', [['a', '1']]))
    assert.equal(requests()[0]?.errorDetail?.message, 'defect')
    broken = false
    exchange.receive(deltaResponse(CLUSTER, '2', [['a', '1']]))
    assert.equal(requests()[0]?.errorDetail, undefined)
    assert.deepEqual(applied, ['a', 'a'])
  })

  test('names dropped and wanted again in one turn are asked for anew', () => {
    const { exchange, open, delta: requests } = setUp(delta)
    exchange.subscribe(ENDPOINT, ['a', 'b'])
    open()
    requests()
    exchange.unsubscribe(ENDPOINT, ['a', 'b'])
    exchange.subscribe(ENDPOINT, ['a'])
    exchange.flush()
    assert.deepEqual(
      requests().map(({ resourceNamesSubscribe, resourceNamesUnsubscribe }) => [
        resourceNamesSubscribe,
        resourceNamesUnsubscribe,
      ]),
      [
        [[], ['a', 'b']],
        [['a'], []],
      ],
    )
  })

  test('a wildcard is asked for as servers of all ages understand it', () => {
    const { exchange, open, delta: requests } = setUp(delta)
    exchange.subscribe(CLUSTER, ['*'])
    exchange.subscribe(LISTENER, ['*', 'a'])
    exchange.subscribe(ENDPOINT, ['*'])
    open()
    assert.deepEqual(
      requests().map(({ resourceNamesSubscribe }) => resourceNamesSubscribe),
      [[], ['*'], ['*', 'a']],
    )
  })
})

describe('state of the world', () => {
  test('only what differs from what is there is applied; of clusters also what is missing', () => {
    const { exchange, applied, open } = setUp(sotw)
    exchange.subscribe(CLUSTER, ['*'])
    exchange.subscribe(ENDPOINT, ['a', 'b'])
    open()
    exchange.receive(sotwResponse(CLUSTER, '1', [cluster('a').bytes, cluster('b').bytes]))
    exchange.receive(sotwResponse(CLUSTER, '2', [cluster('a', 2).bytes, cluster('c').bytes]))
    exchange.receive(sotwResponse(ENDPOINT, '1', [endpoints('a', [1]).bytes, endpoints('b', [1]).bytes]))
    exchange.receive(sotwResponse(ENDPOINT, '2', [endpoints('b', [2]).bytes]))
    assert.deepEqual(applied, ['a b', 'a c -b', 'a b', 'b'])
  })

  test('a request lists all names, the version accepted last and the nonce to answer', () => {
    const {
      exchange,
      open,
      sotw: requests,
    } = setUp(sotw, (_type, { updated }) => (updated.length > 1 ? new Map([['', 'too many']]) : undefined))
    exchange.subscribe(ENDPOINT, ['a'])
    open()
    exchange.receive(sotwResponse(ENDPOINT, '1', [endpoints('a', [1]).bytes]))
    exchange.subscribe(ENDPOINT, ['b'])
    exchange.receive(sotwResponse(ENDPOINT, '2', [endpoints('a', [2]).bytes, endpoints('b', [2]).bytes]))
    assert.deepEqual(
      requests().map(({ resourceNames, versionInfo, responseNonce, errorDetail }) => [
        resourceNames.join(),
        versionInfo,
        responseNonce,
        errorDetail?.message,
      ]),
      [
        ['a', '', '', undefined],
        ['a', '1', 'n1', undefined],
        ['a,b', '1', 'n2', 'too many'],
      ],
    )
  })

  test('the next stream begins with the version, unless something of it is missing', () => {
    const { exchange, open, sotw: requests } = setUp(sotw)
    exchange.subscribe(ENDPOINT, ['a'])
    open()
    exchange.receive(sotwResponse(ENDPOINT, '1', [endpoints('a', [1]).bytes]))
    exchange.closed()
    requests()
    open()
    assert.deepEqual(
      requests().map(({ versionInfo, responseNonce }) => [versionInfo, responseNonce]),
      [['1', '']],
    )
    exchange.closed()
    exchange.subscribe(ENDPOINT, ['b'])
    open()
    assert.equal(requests()[0]?.versionInfo, '')
  })

  test('a resource in a wrapper has the name that the wrapper says', () => {
    const { exchange, applied, open } = setUp(sotw)
    exchange.subscribe(ENDPOINT, ['alias'])
    open()
    const name = 'envoy.service.discovery.v3.Resource'
    const wrapped = pack(name, Resource, Resource.fromPartial({ name: 'alias', resource: { value: endpoints('a', [1]).bytes } }))
    const response = DiscoveryResponse.fromPartial({ typeUrl: ENDPOINT, nonce: '1', resources: [wrapped] })
    exchange.receive(DiscoveryResponse.encode(response).finish())
    assert.deepEqual(applied, ['alias'])
  })

  test('a name that a complete response lacks does not exist, which is said once', () => {
    const { exchange, applied, open } = setUp(sotw)
    exchange.subscribe(LISTENER, ['web'])
    open()
    exchange.receive(sotwResponse(LISTENER, '1', []))
    exchange.receive(sotwResponse(LISTENER, '2', []))
    assert.deepEqual(applied, ['-web'])
  })
})
