/** Discovery against a real issuer's server, up to what proxies are told. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import http from 'node:http'
import { type TestContext, test } from 'node:test'
import { ManualClock } from '../../lib/clock.ts'
import { objectsOf, readContents } from '../../source/files/contents.ts'
import { Store } from '../../source/store.ts'
import { JwtAuthentication } from '../../xds/gen/envoy/extensions/filters/http/jwt_authn/v3/config.ts'
import { jwtFilter } from '../../xds/resources/jwt.ts'
import { proxyOf } from '../../xds/resources/node.ts'
import { securityOf } from '../../xds/resources/security.ts'
import { ControlPlane } from '../control-plane.ts'
import { followIssuers } from './follow.ts'

type Respond = (response: http.ServerResponse, issuer: string) => void

class Issuer {
  url = ''
  asked = 0
  respond: Respond = (response, issuer) => {
    response.end(JSON.stringify({ issuer, jwks_uri: `${issuer}/keys` }))
  }

  static async start(t: TestContext): Promise<Issuer> {
    const issuer = new Issuer()
    const server = http.createServer((request, response) => {
      assert.equal(request.url, '/.well-known/openid-configuration')
      issuer.asked++
      issuer.respond(response, issuer.url)
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    t.after(() => {
      server.closeAllConnections()
      server.close()
    })
    const address = server.address()
    assert(address && typeof address === 'object')
    issuer.url = `http://127.0.0.1:${address.port}`
    return issuer
  }
}

const POD = `
apiVersion: v1
kind: Pod
metadata: {name: shop-0}
spec: {containers: [{name: app, image: app}]}
---`
const rule = (issuer: string) => `${POD}
apiVersion: security.istio.io/v1
kind: RequestAuthentication
metadata: {name: users}
spec: {jwtRules: [{issuer: "${issuer}"}]}
`

async function follow(t: TestContext, yaml: string) {
  const store = new Store()
  const source = store.source()
  const publish = async (text: string) => source.publish(objectsOf(await readContents('tokens.yaml', text, false)))
  await publish(yaml)
  const controlPlane = new ControlPlane(store)
  const clock = new ManualClock()
  const warnings: string[] = []
  t.after(() => controlPlane.close())
  t.after(followIssuers(controlPlane, clock, line => warnings.push(line)))
  /** Where a proxy is told to fetch keys; undefined: nowhere. */
  const told = () => {
    const { mesh } = controlPlane
    const proxy = proxyOf(mesh, { id: 'sidecar~10.0.0.1~shop-0.default~default.svc.cluster.local' })
    assert(proxy)
    const config = jwtFilter(securityOf(mesh, proxy))?.configType
    if (config?.$case !== 'typedConfig') return undefined
    const source = JwtAuthentication.decode(config.value.value).providers['origins-0']?.jwksSourceSpecifier
    return source?.$case === 'remoteJwks' ? source.value.httpUri?.uri : undefined
  }
  /** When the next question is due. */
  const pass = async (ms: number) => {
    await until(t, () => clock.waiting > 0)
    clock.advance(ms)
  }
  return { publish, clock, pass, warnings, told }
}

async function until(t: TestContext, isSo: () => boolean): Promise<void> {
  const end = performance.now() + 5000
  while (!isSo()) {
    t.signal.throwIfAborted()
    assert.ok(performance.now() < end, 'not within 5 s')
    await new Promise(resolve => setTimeout(resolve, 5))
  }
}

test('followIssuers() finds the keys of a rule that names an issuer and no more, and follows where they move', async t => {
  const issuer = await Issuer.start(t)
  const mesh = await follow(t, rule(issuer.url))
  assert.equal(mesh.told(), undefined)
  await until(t, () => mesh.told() === `${issuer.url}/keys`)
  issuer.respond = (response, url) => response.end(JSON.stringify({ issuer: url, jwks_uri: `${url}/moved` }))
  await mesh.pass(3_600_000)
  await until(t, () => mesh.told() === `${issuer.url}/moved`)
  assert.deepEqual(mesh.warnings, [])
})

test('followIssuers() goes on with what it knows while an issuer is away', async t => {
  const issuer = await Issuer.start(t)
  const mesh = await follow(t, rule(issuer.url))
  await until(t, () => mesh.told() !== undefined)
  issuer.respond = response => response.writeHead(503).end()
  await mesh.pass(3_600_000)
  await until(t, () => mesh.warnings.length > 0)
  assert.match(mesh.warnings[0] ?? '', /openid-configuration answers 503; the place of before holds, and it is asked again$/)
  assert.equal(mesh.told(), `${issuer.url}/keys`)
})

const BAD: readonly (readonly [name: string, Respond, RegExp])[] = [
  ['garbage', response => response.end('<html>'), /is no JSON; its tokens are refused/],
  [
    'another issuer',
    response => response.end('{"issuer": "https://evil", "jwks_uri": "https://evil/keys"}'),
    /says it is issuer "https:\/\/evil"/,
  ],
  ['no place', (response, issuer) => response.end(JSON.stringify({ issuer })), /has the jwks_uri null, expected a URL/],
  ['a file', (response, issuer) => response.end(JSON.stringify({ issuer, jwks_uri: 'file:///etc/passwd' })), /expected a URL/],
  ['too much', response => response.end(`"${'x'.repeat(2_000_000)}"`), /is longer than 1048576 bytes/],
  ['a way elsewhere', response => response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end(), /does not answer/],
  ['a closed connection', response => response.destroy(), /does not answer/],
]

for (const [name, respond, warning] of BAD)
  test(`followIssuers() warns once when the answer is ${name}, and tries again`, async t => {
    const issuer = await Issuer.start(t)
    const good = issuer.respond
    issuer.respond = respond
    const mesh = await follow(t, rule(issuer.url))
    await until(t, () => mesh.warnings.length === 1)
    assert.match(mesh.warnings[0] ?? '', warning)
    assert.equal(mesh.told(), undefined)
    issuer.respond = good
    await mesh.pass(1000)
    await until(t, () => mesh.told() === `${issuer.url}/keys`)
    assert.equal(mesh.warnings.length, 1)
  })

test('followIssuers() asks nobody whose rule is gone, or has its keys', async t => {
  const issuer = await Issuer.start(t)
  const mesh = await follow(t, rule(issuer.url))
  await until(t, () => mesh.told() !== undefined)
  await mesh.publish(rule(issuer.url).replace('"}]}', `", jwksUri: "${issuer.url}/own"}]}`))
  await until(t, () => mesh.told() === `${issuer.url}/own`)
  await until(t, () => mesh.clock.waiting === 0)
  assert.equal(issuer.asked, 1)
})

test('followIssuers() says what an issuer has to be', async t => {
  const mesh = await follow(t, rule('accounts.example'))
  await until(t, () => mesh.warnings.length > 0)
  assert.match(mesh.warnings[0] ?? '', /^Cannot find the keys of issuer "accounts.example": it is no URL, expected https/)
})
