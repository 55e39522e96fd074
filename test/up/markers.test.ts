/**
 * Nothing that shows what a mesh does shows a secret: markers are put wherever secrets may stand (keys, tokens, Secrets, headers, cookies, queries), requests
 * carry them through both engines, some are denied and some fail, and then everything that tells of it is searched.
 */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { CA, CERTIFICATE, PRIVATE_KEY } from '../../src/proxy/cluster/certificates.testing.ts'
import { Bootstrap } from '../../src/xds/gen/envoy/config/bootstrap/v3/bootstrap.ts'
import { ENVOY_MISSING, envoyBinary } from '../scenarios/engines.ts'
import { deployment, documents, service } from './manifests.ts'
import { get, type Ps, Sandbox } from './mizzen.ts'

const skip = envoyBinary() ? false : ENVOY_MISSING
const base64 = (text: string) => Buffer.from(text).toString('base64')
const mark = (what: string) => `MARKER-${what}-9f2c`
const lines = (pem: string) => pem.trim().split('\n').join('\n    ')

const certificate = `
apiVersion: v1
kind: Secret
metadata: {name: edge, namespace: istio-system}
type: kubernetes.io/tls
stringData:
  tls.crt: |
    ${lines(CERTIFICATE)}
  tls.key: |
    ${lines(PRIVATE_KEY)}
  ca.crt: |
    ${lines(CA)}
`

/** Two that cannot be used. */
const secrets = `
apiVersion: v1
kind: Secret
metadata: {name: password}
data: {password: ${base64(mark('secret-data'))}, broken: "${mark('broken')}~"}
---
apiVersion: v1
kind: Secret
metadata: {name: unfinished}
stringData: {password: "${mark('unfinished')}
`

const policies = `
apiVersion: security.istio.io/v1
kind: RequestAuthentication
metadata: {name: users}
spec:
  selector: {matchLabels: {app: front}}
  jwtRules:
    - issuer: https://login.example
      fromHeaders: [{name: authorization, prefix: "Bearer "}]
      fromParams: [access_token]
      fromCookies: [session]
      jwks: '{"keys": [{"kty": "oct", "kid": "shared", "alg": "HS256", "k": "${mark('jwks')}"}]}'
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: readers}
spec:
  selector: {matchLabels: {app: back}}
  rules: [{to: [{operation: {paths: [/items]}}], when: [{key: "request.headers[x-team]", values: [blue]}]}]
---
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: entrance}
spec:
  selector: {istio: ingressgateway}
  servers:
    - {port: {number: 80, name: http, protocol: HTTP}, hosts: ['*']}
    - {port: {number: 443, name: https, protocol: HTTPS}, hosts: ['*'], tls: {mode: MUTUAL, credentialName: edge}}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: front}
spec:
  hosts: ['*']
  gateways: [entrance]
  http:
    - match: [{uri: {prefix: /back}}]
      headers: {request: {set: {authorization: "Basic ${mark('set-header')}"}}}
      route: [{destination: {host: back}}]
    - route: [{destination: {host: front}}]
`

let sandbox: Sandbox
let running: Ps
const output: (() => string)[] = []

before(async () => {
  if (skip !== false) return
  sandbox = new Sandbox(
    {
      'front.yaml': documents(service('front', 80), deployment('front', 'front', { env: { PASSWORD: mark('env') } })),
      'back.yaml': documents(
        service('back', 80),
        deployment('back', 'back', { engine: 'envoy', version: 'v1' }),
        deployment('back-2', 'back', { version: 'v2' }),
      ),
      'policies.yaml': policies,
      'edge.yaml': certificate,
    },
    { MIZZEN_LOG_LEVEL: 'debug' },
  )
  running = await sandbox.up('.')
  // What cannot be used is told, and is not shown.
  sandbox.write('secrets.yaml', secrets)
})
after(async () => {
  await sandbox?.close()
})

/** Each call carries markers where clients carry secrets. */
async function makeRequests(): Promise<void> {
  const url = running.ingress[0]?.url
  const carried = {
    authorization: `Bearer ${mark('bearer')}`,
    cookie: `session=${mark('cookie')}; other=${mark('cookie-2')}`,
    'x-api-key': mark('api-key'),
    'x-team': mark('header'),
  }
  for (let i = 0; i < 3; i++) {
    await get(`${url}/items?access_token=${mark('query')}&q=${mark('query-2')}`, carried)
    await get(`${url}/back/items?q=${mark('query-3')}`, { cookie: carried.cookie, 'x-team': carried['x-team'] })
    await get(`${url}/get?url=${encodeURIComponent('http://back/items')}`, { 'x-api-key': carried['x-api-key'] })
    await get(`${url}/get?url=${encodeURIComponent('http://back/items')}`, { 'x-team': 'blue' })
  }
}

/** Admin endpoints that show; those that change something are not asked. */
const PAGES = [
  ...[
    '/certs',
    '/clusters',
    '/clusters?format=json',
    '/config_dump?include_eds',
    '/config_dump',
    '/denials',
    '/listeners',
    '/listeners?format=json',
  ],
  ...['/requests', '/server_info', '/stats', '/stats/prometheus', '/init_dump', '/memory', '/help'],
]
const DASHBOARD = [
  'about',
  'topology',
  'proxies',
  'config',
  'requests',
  'problems',
  'alerts',
  'last-error',
  'service?host=back.default.svc.cluster.local',
]

test('no dump, log, endpoint or report shows a secret that was put somewhere', { skip }, async () => {
  const taps = [sandbox.start('tap', '--output', 'json'), sandbox.start('logs', '--follow')]
  output.push(...taps.map(tap => tap.output))
  await makeRequests()
  const shown = new Map<string, string>()
  for (const file of globSync('../**/bootstrap/*.pb', { cwd: sandbox.directory })) {
    const admin = Bootstrap.decode(readFileSync(path.join(sandbox.directory, file))).admin?.address?.address
    if (admin?.$case !== 'socketAddress' || admin.value.portSpecifier?.$case !== 'portValue') continue
    for (const page of PAGES)
      shown.set(`${path.basename(file)} ${page}`, (await get(`http://127.0.0.1:${admin.value.portSpecifier.value}${page}`)).body)
  }
  const dashboard = (page: string) => get(new URL(page, running.dashboard).href).then(({ body }) => body)
  for (const page of DASHBOARD) shown.set(`dashboard ${page}`, await dashboard(`/api/${page}`))
  // The editor shows files that hold no Secret as they are.
  for (const file of ['secrets.yaml', 'edge.yaml'])
    shown.set(`dashboard ${file}`, await dashboard(`/api/config/file?file=${file}`))
  for (const { body } of [await get(new URL('/debug/syncz', running.dashboard).href)]) shown.set('syncz', body)
  for (const args of [
    ['logs'],
    ['ps', '-o', 'json'],
    ['explain', 'deny', '--last'],
    ['request', '--last'],
    ['proxy-config', 'all', 'front-0', '-o', 'json'],
    ['proxy-config', 'secret', 'back-0', '-o', 'json'],
    ['proxy-status'],
    ['analyze', '.'],
    ['validate', '.'],
  ]) {
    const { stdout, stderr } = await sandbox.mizzen(...args)
    shown.set(`mizzen ${args.join(' ')}`, stdout + stderr)
  }
  for (const [i, text] of output.entries()) shown.set(`stream ${i}`, text())
  // Processes: what another user of this machine sees of them.
  const pids = running.workloads.flatMap(({ proxyPid }) => (proxyPid === null ? [] : [String(proxyPid)]))
  shown.set('ps', execFileSync('ps', ['-ww', '-o', 'args=', '-p', pids.join()], { encoding: 'utf8' }))

  const searched = [...secretsOfTheMesh(), ...planted()]
  const found = [...shown].flatMap(([place, text]) =>
    searched.flatMap(([what, secret]) => (text.includes(secret) ? [`${place}: ${what}`] : [])),
  )
  assert.deepEqual(found, [])
  // The search itself works, and the pages are what they are thought to be.
  const places = [...shown]
  assert(places.filter(([place, text]) => place.includes('/config_dump') && text.includes('"dynamic')).length >= 4, 'dumps')
  assert(
    places.some(([place, text]) => place.endsWith('/denials') && text.includes('readers')),
    'denials',
  )
  assert(
    places.some(([place, text]) => place === 'mizzen logs' && /denied|401|403/.test(text)),
    'logs',
  )
  assert(
    places.some(([place, text]) => place === 'dashboard requests' && text.includes('/items')),
    'stories',
  )
})

/** What stands in this file, or was sent; each also as base64 shows it. */
function* planted(): Generator<readonly [what: string, secret: string]> {
  yield ['a marker', 'MARKER-']
  yield ['a marker in base64', base64('MARKER-').slice(0, 9)]
  yield ['a private key', 'PRIVATE KEY-----\nM']
  const [, body = ''] = PRIVATE_KEY.split('\n')
  yield ["the gateway's private key", body.slice(0, 40)]
  yield ["the gateway's private key, in base64", base64(PRIVATE_KEY).slice(40, 80)]
}

/** Keys and tokens that the mesh made for itself. */
function* secretsOfTheMesh(): Generator<readonly [what: string, secret: string]> {
  const files = globSync('../**/{*.token,root.*.json,token-key.*.json}', { cwd: sandbox.directory })
  assert(files.length >= 4, `${files.length} files with secrets`)
  for (const file of files) {
    const text = readFileSync(path.join(sandbox.directory, file), 'utf8').trim()
    if (file.endsWith('.token')) yield [`the token ${path.basename(file)}`, text.split('.').at(-1) ?? text]
    for (const [, key = ''] of text.matchAll(/PRIVATE KEY-----\\n([A-Za-z0-9+/]{40})/g))
      yield [`the key in ${path.basename(file)}`, key]
  }
}

test('the files of secrets are for their owner alone', { skip }, async () => {
  const readable = globSync('../**/{*.token,root.*.json,token-key.*.json,used-tokens.*.json}', { cwd: sandbox.directory }).filter(
    file => execFileSync('stat', ['-c', '%a', path.join(sandbox.directory, file)], { encoding: 'utf8' }).trim() !== '600',
  )
  assert.deepEqual(readable, [])
})
