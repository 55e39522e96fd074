/** Callers: real ones, and the ways in which others pretend to be them. */
import assert from 'node:assert/strict'
import { createSecretKey, generateKeyPairSync } from 'node:crypto'
import { describe, test } from 'node:test'
import { exportJWK, SignJWT, UnsecuredJWT } from 'jose'
import { ManualClock } from '../../lib/clock.ts'
import { MemoryGenerations } from '../authority/memory-generations.testing.ts'
import { spiffeId } from '../spiffe.ts'
import { Authenticator } from './authenticator.ts'
import { JoinTokens } from './join-tokens.ts'
import { ServiceAccountTokens } from './service-account-tokens.ts'
import { SingleUse } from './single-use.ts'
import { Unauthenticated } from './unauthenticated.ts'

const CART = { trustDomain: 'cluster.local', namespace: 'shop', serviceAccount: 'cart' }
const KUBERNETES = 'https://kubernetes.default.svc'
const HOUR_MS = 3_600_000

async function setUp() {
  const clock = new ManualClock(Date.UTC(2026, 0, 1))
  const tokens = await JoinTokens.open(new MemoryGenerations(), clock)
  const cluster = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const jwk = { ...(await exportJWK(cluster.publicKey)), kid: 'k1', alg: 'RS256' }
  const accounts = new ServiceAccountTokens({ issuer: KUBERNETES, keys: { keys: [jwk] }, trustDomain: 'cluster.local', clock })
  const authenticator = new Authenticator({ verifiers: [tokens, accounts], trustDomains: ['cluster.local', 'old.local'] })
  const show = (token: string) => authenticator.authenticate({ authorization: `Bearer ${token}`, certificate: undefined })
  const account = (claims: Record<string, unknown> = {}, alg = 'RS256') =>
    new SignJWT({
      sub: 'system:serviceaccount:shop:cart',
      aud: ['istio-ca'],
      'kubernetes.io': { pod: { name: 'cart-0' } },
      ...claims,
    })
      .setProtectedHeader({ alg, kid: 'k1' })
      .setIssuer(KUBERNETES)
      .setExpirationTime(clock.now() / 1000 + 3600)
  return { clock, tokens, cluster, jwk, authenticator, show, account }
}

const refused = (reason: RegExp) => (error: unknown) => error instanceof Unauthenticated && reason.test(error.message)

describe('Authenticator.authenticate()', () => {
  test('knows the bearer of a join token, and the pod that it is for', async () => {
    const { tokens, show } = await setUp()
    const { identity, by, pod, single } = await show(await tokens.issue(CART, { lifetimeMs: HOUR_MS, pod: 'cart-0' }))
    assert.deepEqual(
      [spiffeId(identity), by, pod, single],
      ['spiffe://cluster.local/ns/shop/sa/cart', 'join token', 'cart-0', undefined],
    )
  })

  test("knows the bearer of a cluster's token, and the pod that it is bound to", async () => {
    const { show, account, cluster } = await setUp()
    const { identity, by, pod } = await show(await account().sign(cluster.privateKey))
    assert.deepEqual([spiffeId(identity), by, pod], ['spiffe://cluster.local/ns/shop/sa/cart', KUBERNETES, 'cart-0'])
  })

  test('refuses an expired token, once the tolerance for clocks is over', async () => {
    const { tokens, show, clock } = await setUp()
    const token = await tokens.issue(CART, { lifetimeMs: HOUR_MS })
    clock.advance(HOUR_MS + 30_000)
    await show(token)
    clock.advance(60_000)
    await assert.rejects(show(token), refused(/the token is refused: it has expired/))
  })

  test('refuses a token for another audience, such as the one for the API server', async () => {
    const { show, account, cluster } = await setUp()
    const token = await account({ aud: ['https://kubernetes.default.svc'] }).sign(cluster.privateKey)
    await assert.rejects(show(token), refused(/its claim "aud" is not what is expected/))
  })

  test('refuses alg none', async () => {
    const { show } = await setUp()
    const claims = { iss: KUBERNETES, sub: 'system:serviceaccount:shop:cart', aud: 'istio-ca' }
    const token = new UnsecuredJWT(claims).setExpirationTime(4_000_000_000).encode()
    await assert.rejects(show(token), refused(/the token is refused/))
    await assert.rejects(show(new UnsecuredJWT({ ...claims, iss: 'mizzen' }).encode()), refused(/the token is refused/))
  })

  test('refuses a public key used as a shared secret', async () => {
    const { show, account, cluster } = await setUp()
    const secret = createSecretKey(Buffer.from(cluster.publicKey.export({ type: 'spki', format: 'pem' })))
    const token = await account({}, 'HS256').sign(secret)
    await assert.rejects(show(token), refused(/its algorithm is not allowed/))
  })

  test('refuses the right claims by the wrong key, of the same issuer and of the other', async () => {
    const { show, account, tokens } = await setUp()
    const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 })
    await assert.rejects(show(await account().sign(stranger.privateKey)), refused(/its signature does not verify/))
    const otherMesh = await JoinTokens.open(new MemoryGenerations(), new ManualClock(Date.UTC(2026, 0, 1)))
    await assert.rejects(show(await otherMesh.issue(CART, { lifetimeMs: HOUR_MS })), refused(/its signature does not verify/))
    const [head, , signature] = (await tokens.issue(CART, { lifetimeMs: HOUR_MS })).split('.')
    const claims = { iss: 'mizzen', sub: 'spiffe://cluster.local/ns/shop/sa/payment', aud: 'istio-ca', exp: 4e9, jti: 'x' }
    const body = Buffer.from(JSON.stringify(claims)).toString('base64url')
    await assert.rejects(show(`${head}.${body}.${signature}`), refused(/its signature does not verify/))
  })

  test('refuses tokens of unknown issuers, tokens of users, tokens of other trust domains, and what is no token', async () => {
    const { show, account, cluster, tokens } = await setUp()
    await assert.rejects(
      show(await account().setIssuer('https://evil').sign(cluster.privateKey)),
      refused(/issuer that is not trusted/),
    )
    await assert.rejects(
      show(await account({ sub: 'alice' }).sign(cluster.privateKey)),
      refused(/its subject is no service account/),
    )
    const path = await account({ sub: 'system:serviceaccount:shop:..' }).sign(cluster.privateKey)
    await assert.rejects(show(path), refused(/its subject is no service account/))
    const foreign = await tokens.issue({ ...CART, trustDomain: 'evil.local' }, { lifetimeMs: HOUR_MS })
    await assert.rejects(show(foreign), refused(/trust domain is not trusted here/))
    await show(await tokens.issue({ ...CART, trustDomain: 'old.local' }, { lifetimeMs: HOUR_MS }))
    for (const text of ['', 'a', 'a.b.c', 'x'.repeat(20_000)]) await assert.rejects(show(text), Unauthenticated)
  })

  test('refuses a caller who shows nothing', async () => {
    const { authenticator } = await setUp()
    await assert.rejects(
      authenticator.authenticate({ authorization: undefined, certificate: undefined }),
      refused(/expected a client certificate of this mesh, or a bearer token/),
    )
  })
})

describe('SingleUse.use()', () => {
  test('binds a token to the first key, also for another control plane', async () => {
    const clock = new ManualClock(1000)
    const store = new MemoryGenerations()
    const [one, other] = [new SingleUse(store, clock), new SingleUse(store, clock)]
    await one.use('t', 'key', 5000)
    await other.use('t', 'key', 5000)
    await assert.rejects(other.use('t', 'stolen', 5000), refused(/used by another workload already/))
    clock.advance(5000)
    await other.use('u', 'key', 9000)
    assert.deepEqual(JSON.parse(store.newest?.text ?? ''), { u: { key: 'key', until: 9000 } })
  })
})
