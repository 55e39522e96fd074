/** Filters in TypeScript (docs/typescript-filters.md): the documented examples, and what an Envoy does in their place. */
import { createHmac } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { http, type Scenario } from '../scenario.ts'

const page = readFileSync(new URL('../../../docs/typescript-filters.md', import.meta.url), 'utf8')
const examples = [...page.matchAll(/^```yaml\n(.*?)^```$/gms)].map(([, text = '']) => text)

/** Connections that a client has from the row before are still under the old filters. */
const newConnections = `
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: solo}
spec: {host: solo, trafficPolicy: {connectionPool: {http: {maxRequestsPerConnection: 1}}}}
`
const example = (metadata: string) => (examples.find(text => text.includes(metadata)) ?? '') + newConnections
const skip = { envoy: "Envoy runs no TypeScript: these are mizzen's own" }
const signed = (body: string) => ({ body, method: 'POST', headers: { 'x-signature': sum(body) } })
const sum = (body: string) => createHmac('sha256', 's3cret').update(body).digest('hex')

export const typescriptFilters: readonly Scenario[] = [
  {
    name: 'TypeScriptFilter: the documented example asks for an API key, and names the caller',
    config: example('name: api-keys'),
    skip,
    calls: [
      http('http://solo/', { status: 401, body: 'an API key is needed\n' }),
      http(
        'http://solo/',
        { served: 'solo v1', seen: { 'x-caller': 'partner', 'x-api-key': null } },
        { headers: { 'x-api-key': 'abc123' } },
      ),
      http('http://other/', { served: 'other v1' }),
    ],
  },
  {
    name: 'TypeScriptFilter: the documented example takes a field out of answers',
    config: example('name: redact'),
    skip,
    calls: [http('http://solo/', { status: 200, body: /"headers":"\*\*\*"/ })],
  },
  {
    name: 'TypeScriptFilter: the documented example checks signatures of bodies',
    config: example('name: signatures'),
    skip,
    calls: [
      http('http://solo/', { served: 'solo v1' }, signed('{"paid":true}')),
      http('http://solo/', { status: 403 }, { ...signed('{"paid":true}'), body: '{"paid":false}' }),
    ],
  },
  {
    name: 'TypeScriptFilter: where it cannot run, nothing gets by one that denies, and one that allows is left out',
    config: `${['Deny', 'Allow']
      .map(
        failureMode => `
apiVersion: mizzen.dev/v1alpha1
kind: TypeScriptFilter
metadata: {name: ${failureMode.toLowerCase()}}
spec:
  workloadSelector: {matchLabels: {app: ${failureMode === 'Deny' ? 'solo' : 'other'}}}
  failureMode: ${failureMode}
  source: |
    export default {
      onRequest() {
        throw new Error('no')
      },
    }
`,
      )
      .join('---')}${newConnections}`,
    calls: [http('http://solo/', { status: 500 }), http('http://other/', { served: 'other v1' })],
  },
]
