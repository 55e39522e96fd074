/** What becomes of good and bad tokens, with keys that are written down and keys of a real issuer's server. */
import assert from 'node:assert/strict'
import http from 'node:http'
import { before, describe, it, type TestContext } from 'node:test'
import { type CryptoKey, exportJWK, exportSPKI, generateKeyPair, type JWK, type JWTPayload, SignJWT, UnsecuredJWT } from 'jose'
import { JwtProvider } from '../../../xds/gen/envoy/extensions/filters/http/jwt_authn/v3/config.ts'
import { clusterSet, eventually, listen, requestHead, staticCluster } from '../../cluster/cluster-set.testing.ts'
import { HeaderList } from '../../http/headers.ts'
import { TokenProvider, type Verified } from './provider.ts'
import { RemoteKeySets } from './remote-keys.ts'

const ISSUER = 'https://login.example'
const NOBODY = new RemoteKeySets({ clusters: { get: () => undefined }, log: () => {} })

interface Pair {
  readonly privateKey: CryptoKey
  readonly publicKey: CryptoKey
  readonly jwk: JWK
}

async function pair(alg: string, kid: string): Promise<Pair> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true })
  return { privateKey, publicKey, jwk: { ...(await exportJWK(publicKey)), kid, alg } }
}

const inline = (keys: readonly JWK[], more: Partial<JwtProvider> = {}) => {
  const message = JwtProvider.fromPartial({
    issuer: ISSUER,
    jwksSourceSpecifier: {
      $case: 'localJwks',
      value: { specifier: { $case: 'inlineString', value: JSON.stringify({ keys }) } },
    },
  })
  return new TokenProvider({ ...message, ...more }, NOBODY)
}

const sign = (claims: JWTPayload, { privateKey, jwk }: Pair, header: object = {}) =>
  new SignJWT({ iss: ISSUER, exp: Math.floor(Date.now() / 1000) + 3600, ...claims })
    .setProtectedHeader({ alg: jwk.alg ?? '', ...(jwk.kid !== undefined && { kid: jwk.kid }), ...header })
    .sign(privateKey)

const ask = (provider: TokenProvider, token: string): Promise<Verified> =>
  provider.verify(requestHead('/', { headers: new HeaderList(['authorization', `Bearer ${token}`]) }))

const result = async (provider: TokenProvider, token: string) => {
  const verified = await ask(provider, token)
  return verified.ok ? 'good' : `${verified.status} ${verified.error}`
}

const seconds = (offset: number) => Math.floor(Date.now() / 1000) + offset

describe('TokenProvider', () => {
  let rsa: Pair
  let ec: Pair
  let foreign: Pair

  before(async () => {
    rsa = await pair('RS256', 'rsa')
    ec = await pair('ES256', 'ec')
    foreign = await pair('RS256', 'rsa')
  })

  it('verify() takes a token that is signed with one of the keys, whichever kind it is', async () => {
    const provider = inline([rsa.jwk, ec.jwk])
    assert.equal(await result(provider, await sign({}, rsa)), 'good')
    assert.equal(await result(provider, await sign({}, ec)), 'good')
  })

  it('verify() refuses a key of the right name that is another one', async () => {
    assert.equal(await result(inline([rsa.jwk]), await sign({}, foreign)), '401 Jwt verification fails')
  })

  it('verify() tries all keys when the token names none', async () => {
    const { kid: _1, ...first } = foreign.jwk
    const { kid: _2, ...second } = rsa.jwk
    const nameless = { ...rsa, jwk: { alg: 'RS256' } }
    assert.equal(await result(inline([first, second]), await sign({}, nameless)), 'good')
    assert.equal(await result(inline([first, first]), await sign({}, nameless)), '401 Jwt verification fails')
  })

  it('verify() refuses alg none', async () => {
    const token = new UnsecuredJWT({ iss: ISSUER }).encode()
    assert.match(await result(inline([rsa.jwk]), token), /^401 /)
  })

  it('verify() refuses a public key used as a shared secret, in each form it is published in', async () => {
    const forms = [await exportSPKI(rsa.publicKey), JSON.stringify(rsa.jwk), String(rsa.jwk.n)]
    for (const form of forms) {
      const token = await new SignJWT({ iss: ISSUER }).setProtectedHeader({ alg: 'HS256', kid: 'rsa' }).sign(Buffer.from(form))
      assert.match(await result(inline([rsa.jwk]), token), /^401 /)
    }
  })

  it('verify() refuses a key that the token brings along, and one it points to', async () => {
    const token = await sign({}, foreign, { jwk: foreign.jwk, jku: 'https://evil.example/keys' })
    assert.equal(await result(inline([rsa.jwk]), token), '401 Jwt verification fails')
  })

  it('verify() refuses a token that asks for an extension nobody knows', async () => {
    const token = await sign({}, rsa)
    const [, payload = '', signature = ''] = token.split('.')
    const header = Buffer.from(JSON.stringify({ alg: 'RS256', kid: 'rsa', crit: ['x'], x: 1 })).toString('base64url')
    assert.equal(await result(inline([rsa.jwk]), [header, payload, signature].join('.')), '401 Jwt verification fails')
  })

  it('verify() allows for clocks that differ by a minute, and no more', async () => {
    const provider = inline([rsa.jwk])
    assert.equal(await result(provider, await sign({ exp: seconds(-50) }, rsa)), 'good')
    assert.equal(await result(provider, await sign({ exp: seconds(-70) }, rsa)), '401 Jwt is expired')
    assert.equal(await result(provider, await sign({ nbf: seconds(50) }, rsa)), 'good')
    assert.equal(await result(provider, await sign({ nbf: seconds(70) }, rsa)), '401 Jwt not yet valid')
  })

  it('verify() refuses a token for another audience, and one for none', async () => {
    const provider = inline([rsa.jwk], { audiences: ['shop'] })
    assert.equal(await result(provider, await sign({ aud: ['bank', 'shop'] }, rsa)), 'good')
    assert.equal(await result(provider, await sign({ aud: 'bank' }, rsa)), '403 Audiences in Jwt are not allowed')
    assert.equal(await result(provider, await sign({}, rsa)), '403 Audiences in Jwt are not allowed')
  })

  it('verify() says to the operator what it found, and to the client nothing of it', async () => {
    const refused = await ask(inline([rsa.jwk], { audiences: ['shop'] }), await sign({ aud: 'bank' }, rsa))
    assert(!refused.ok)
    assert.equal(refused.detail, 'Audiences in Jwt are not allowed: it is for "bank", expected one of ["shop"]')
    assert.doesNotMatch(refused.error, /bank/)
  })

  it('verify() refuses what is no token, and a huge one, without reading it', async () => {
    const provider = inline([rsa.jwk])
    const form = '401 Jwt is not in the form of Header.Payload.Signature with two dots and 3 sections'
    for (const text of ['rubbish', 'a.b', '..', `${'e30'}.${'e30'}`, 'e30.e30.'])
      assert.equal(await result(provider, text), form, text)
    for (const [text, problem] of [
      ['a.b.c', 'header is an invalid Base64url encoded'],
      ['{}.{}.{}', 'header is an invalid Base64url encoded'],
      ['bm8.e30.x', 'header is an invalid JSON'],
      ['e30.b.x', 'payload is an invalid Base64url encoded'],
      ['e30.bm8.x', 'payload is an invalid JSON'],
    ] as const)
      assert.equal(await result(provider, text), `401 Jwt ${problem}`, text)
    assert.equal(await result(provider, `${'x'.repeat(70_000)}.y.z`), '401 Jwt is too long')
  })

  it('verify() finds the one among a thousand keys, and past one that cannot be read', async () => {
    const others = Array.from({ length: 1000 }, (_, i) => ({ ...foreign.jwk, kid: `other-${i}` }))
    const broken = [
      { kty: 'RSA', kid: 'broken', n: '!', e: '!' },
      { kty: 'unheard-of', kid: 'odd' },
    ]
    const provider = inline([...broken, ...others, rsa.jwk])
    const token = await sign({}, rsa)
    assert.equal(await result(provider, token), 'good')
    const begun = performance.now()
    for (let i = 0; i < 20; i++) assert.equal(await result(provider, token), 'good')
    assert.ok(performance.now() - begun < 1000, 'keys are read once, not for each token')
  })

  it('constructor throws on settings that would refuse tokens and are not followed', () => {
    assert.throws(() => inline([], { requireExpiration: true }), /require_expiration is not supported/)
  })
})

describe('TokenProvider with an issuer', () => {
  /** An issuer whose answer the test chooses; '' is none at all. */
  async function issuer(t: TestContext, respond: (response: http.ServerResponse) => void) {
    let asked = 0
    let answer = respond
    const port = await listen(
      t,
      http.createServer((_request, response) => {
        asked++
        answer(response)
      }),
    )
    const clusters = clusterSet(t)
    clusters.put(staticCluster('issuer', [port]))
    const log: string[] = []
    let now = 0
    const sets = new RemoteKeySets({ clusters, log: message => log.push(message), now: () => now })
    const make = () =>
      new TokenProvider(
        JwtProvider.fromPartial({
          issuer: ISSUER,
          jwksSourceSpecifier: {
            $case: 'remoteJwks',
            value: {
              httpUri: {
                uri: 'http://issuer/keys',
                httpUpstreamType: { $case: 'cluster', value: 'issuer' },
                timeout: { seconds: 0, nanos: 200_000_000 },
              },
              cacheDuration: { seconds: 300 },
            },
          },
        }),
        sets,
      )
    return {
      make,
      log,
      asked: () => asked,
      pass: (ms: number) => {
        now += ms
      },
      becomes: (next: typeof respond) => {
        answer = next
      },
    }
  }

  const serving =
    (...keys: readonly JWK[]) =>
    (response: http.ServerResponse) =>
      void response.end(JSON.stringify({ keys }))
  const failing = (response: http.ServerResponse) => void response.writeHead(503).end()
  const HOUR = 3_600_000

  it('fetches the keys once, and again before they get old', async t => {
    const key = await pair('ES256', 'one')
    const server = await issuer(t, serving(key.jwk))
    const provider = server.make()
    const token = await sign({}, key)
    const all = await Promise.all(Array.from({ length: 20 }, () => result(provider, token)))
    assert.deepEqual(new Set(all), new Set(['good']))
    assert.equal(server.asked(), 1)
    server.pass(301_000)
    assert.equal(await result(provider, token), 'good')
    await eventually(t, () => server.asked() === 2)
  })

  it('goes on with the keys it has while the issuer fails, for a day, also after a change of the configuration', async t => {
    const key = await pair('ES256', 'one')
    const server = await issuer(t, serving(key.jwk))
    const token = await sign({}, key)
    assert.equal(await result(server.make(), token), 'good')
    server.becomes(failing)
    server.pass(HOUR)
    assert.equal(await result(server.make(), token), 'good')
    await eventually(t, () => server.log.length > 0)
    assert.match(server.log[0] ?? '', /^Cannot fetch keys from "http:\/\/issuer\/keys": status 503; the last ones hold$/)
    server.pass(24 * HOUR)
    assert.equal(await result(server.make(), token), '401 Jwks remote fetch is failed')
  })

  it('refuses tokens, and says why, while there are no keys: nobody answers, slowly, rubbish, too much', async t => {
    const key = await pair('ES256', 'one')
    const token = await sign({}, key)
    const cases: readonly (readonly [(response: http.ServerResponse) => void, RegExp])[] = [
      [response => void response.destroy(), /tokens are refused$/],
      [() => {}, /no answer within 200 ms; tokens are refused$/],
      [response => void response.end('<html>not found</html>'), /tokens are refused$/],
      [response => void response.end('{"keys": "none"}'), /the key set has no list of keys; tokens are refused$/],
      [response => void response.end('{"keys": [1, {}]}'), /the key set has no key with a "kty"; tokens are refused$/],
      [response => void response.end(`"${'x'.repeat(2_000_000)}"`), /longer than 1048576 bytes; tokens are refused$/],
    ]
    for (const [respond, log] of cases) {
      const server = await issuer(t, respond)
      assert.equal(await result(server.make(), token), '401 Jwks remote fetch is failed')
      assert.match(server.log.at(-1) ?? '', log)
      // It is not asked again for each token.
      await result(server.make(), token)
      assert.ok(server.asked() <= 1)
      server.becomes(serving(key.jwk))
      server.pass(1000)
      assert.equal(await result(server.make(), token), 'good')
    }
  })

  it('asks for newer keys when a token names one that is not there, but not for each such token', async t => {
    const [old, next, never] = [await pair('ES256', 'old'), await pair('ES256', 'next'), await pair('ES256', 'never')]
    const server = await issuer(t, serving(old.jwk))
    const provider = server.make()
    assert.equal(await result(provider, await sign({}, old)), 'good')
    server.becomes(serving(old.jwk, next.jwk))
    server.pass(10_000)
    assert.equal(await result(provider, await sign({}, next)), 'good')
    for (let i = 0; i < 5; i++)
      assert.equal(await result(provider, await sign({}, never)), "401 Jwks doesn't have key to match kid or alg from Jwt")
    assert.equal(server.asked(), 2)
  })
})
