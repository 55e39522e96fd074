/** Stock Envoy takes everything that the golden cases make: none of it may be refused (NACKed) in the field. */
import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { withoutEnvoy } from '../oracle/envoy.ts'
import { askEnvoy } from './ask-envoy.ts'
import { runCase } from './golden-case.ts'

const folder = path.join(import.meta.dirname, 'cases')

for (const file of globSync('*.in.yaml', { cwd: folder }).sort()) {
  test(`Envoy accepts the resources of ${file}`, { skip: withoutEnvoy }, async () => {
    const { head, resources } = await runCase(file, readFileSync(path.join(folder, file), 'utf8'))
    for (const [proxy, set] of resources) {
      if (isGrpc(head.proxies[proxy])) continue // not for Envoy, and Envoy would not take it
      const { refusal, remarks } = await askEnvoy(set)
      assert.equal(refusal, undefined, `Envoy refuses the resources of ${file}, proxy ${proxy}:\n${refusal}`)
      const deprecated = remarks.filter(line => /deprecated/i.test(line) && !KNOWN.test(line))
      assert.deepEqual(deprecated, [], `Envoy warns of something deprecated in ${file}, proxy ${proxy}`)
    }
  })
}

function isGrpc(node: unknown): boolean {
  return JSON.stringify(node).includes('"GENERATOR":"grpc"')
}

/** What Envoy calls deprecated and Istio sends all the same: DNS clusters other than as an extension, and where OpenTelemetry's logs go. */
const KNOWN = /\.Cluster\.(dns_refresh_rate|dns_lookup_family|respect_dns_ttl)'|\.OpenTelemetryAccessLogConfig\.common_config'/
