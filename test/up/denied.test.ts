/** "Why was I denied?": the decision has an id, which the caller sees only where somebody lets it, and `mizzen explain deny` names file and line. */
import assert from 'node:assert/strict'
import http from 'node:http'
import { after, before, describe, test } from 'node:test'
import { gateway, smallMesh } from './manifests.ts'
import { get, Sandbox, until } from './mizzen.ts'

const policies = `# Who may call whom.
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: back-readers}
spec:
  selector: {matchLabels: {app: back}}
  rules:
    - from: [{source: {namespaces: [default]}}]
      to:
        - operation:
            paths: [/items]
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: no-echo}
spec:
  selector: {matchLabels: {app: echo}}
  action: DENY
  rules:
    - from: [{source: {namespaces: ["*"]}}]
---
apiVersion: security.istio.io/v1
kind: RequestAuthentication
metadata: {name: users}
spec:
  selector: {matchLabels: {app: front}}
  jwtRules:
    - issuer: https://login.example
      jwks: '{"keys": []}'
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: no-admin, namespace: istio-system}
spec:
  selector: {matchLabels: {istio: ingressgateway}}
  action: DENY
  rules: [{to: [{operation: {paths: [/admin]}}]}]
`

const tell = `
apiVersion: v1
kind: ConfigMap
metadata: {name: istio, namespace: istio-system}
data:
  mesh: |
    defaultConfig:
      proxyMetadata: {MIZZEN_TELL_DECISIONS: "*"}
`

interface Told {
  readonly found: readonly { readonly at: string; readonly denial: { readonly id: string; readonly reason: string } }[]
}

describe('mizzen explain deny', () => {
  let sandbox: Sandbox
  let url = ''

  before(async () => {
    sandbox = new Sandbox({ ...smallMesh(), 'gateway.yaml': gateway, 'policies.yaml': policies })
    const { ingress } = await sandbox.up('.')
    url = ingress[0]?.url ?? ''
  })
  after(() => sandbox?.close())

  const lastOf = async (): Promise<Told['found'][number] | undefined> => {
    const { stdout } = await sandbox.mizzen('explain', 'deny', '--last', '-o', 'json')
    const told: Told = stdout === '' ? { found: [] } : JSON.parse(stdout)
    return told.found[0]
  }
  const headersOf = (path: string) =>
    new Promise<http.IncomingHttpHeaders>((resolve, reject) =>
      http.get(`${url}${path}`, { agent: false }, response => resolve(response.resume().headers)).on('error', reject),
    )

  test('names the rule that came nearest and the field that failed, with file and line; the log has the same by itself', async () => {
    await until(
      () => get(`${url}/get?url=http://back/other`),
      ({ status, body }) => status === 403 && body === 'RBAC: access denied',
    )
    const id = (await lastOf())?.denial.id ?? ''
    const { code, stdout } = await sandbox.mizzen('explain', 'deny', id)
    assert.equal(code, 0)
    assert.match(stdout, /what +GET back\/other/)
    assert.match(stdout, /caller +spiffe:\/\/cluster\.local\/ns\/default\/sa\/default, from /)
    assert.match(
      stdout,
      /no policy allows it\n +nearest: AuthorizationPolicy default\/back-readers rules\[0\]\n +policies\.yaml:8\n/,
    )
    assert.match(stdout, /paths wants \/items; the request has "\/other" +policies\.yaml:11/)
    assert.match(
      await sandbox.logs(),
      new RegExp(`denied\\] ${id}: GET back/other .*back-readers rules\\[0\\] \\(policies\\.yaml:8\\)`),
    )
  })

  test('finds a connection of bytes, and the rule that denied it', async () => {
    await get(`${url}/tcp`)
    const { at, denial } = await until(lastOf, found => found?.at.startsWith('default/echo') === true).then(
      found => found ?? assert.fail(),
    )
    assert.match(at, /^default\/echo/)
    const { stdout } = await sandbox.mizzen('explain', 'deny', denial.id)
    assert.match(stdout, /a connection to port/)
    assert.match(stdout, /a policy denies it\n +AuthorizationPolicy default\/no-echo rules\[0\]\n +policies\.yaml:20/)
  })

  test('says of a token what is wrong with it, and which rule asks for it', async () => {
    const token = ['{"alg":"ES256"}', '{"iss":"https://evil"}', 'sig']
      .map(part => Buffer.from(part).toString('base64url'))
      .join('.')
    const { status, body } = await get(`${url}/`, { authorization: `Bearer ${token}` })
    assert.deepEqual([status, body], [401, 'Jwt issuer is not configured'])
    const { stdout } = await sandbox.mizzen('explain', 'deny', '--last')
    assert.match(stdout, /Jwt issuer is not configured: it is from "https:\/\/evil", expected "https:\/\/login\.example"/)
    assert.match(stdout, /RequestAuthentication default\/users jwtRules\[0\]\n +policies\.yaml:28/)
  })

  test('tells the caller the id of the decision where somebody lets it, and not before', async () => {
    assert.equal((await headersOf('/admin'))['x-mizzen-decision'], undefined)
    sandbox.write('mesh.yaml', tell)
    const headers = await until(
      () => headersOf('/admin'),
      found => found['x-mizzen-decision'] !== undefined,
    )
    const { stdout } = await sandbox.mizzen('explain', 'deny', String(headers['x-mizzen-decision']))
    assert.match(stdout, /AuthorizationPolicy istio-system\/no-admin rules\[0\]/)
  })

  test('a line that moves in the file closes no connection', async () => {
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 })
    const ask = () =>
      new Promise<boolean>((resolve, reject) => {
        const request = http.get(`${url}/`, { agent }, response =>
          response.resume().on('end', () => resolve(request.reusedSocket)),
        )
        request.on('error', reject)
      })
    await ask()
    sandbox.edit('policies.yaml', text => `# A line more.\n${text}`)
    await until(
      async () => {
        await get(`${url}/admin`)
        return (await sandbox.mizzen('explain', 'deny', '--last')).stdout
      },
      text => text.includes('policies.yaml:38'),
    )
    assert.equal(await ask(), true, 'the connection is still the same')
    agent.destroy()
  })

  test('says so when nobody knows of it', async () => {
    const { code, stderr } = await sandbox.mizzen('explain', 'deny', 'nothing-1')
    assert.equal(code, 1)
    assert.match(stderr, /^Cannot find denial "nothing-1": no proxy remembers it; each keeps its last 256/)
  })
})
