/** Stock Envoy takes everything that the golden cases make: none of it may be refused (NACKed) in the field. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'
import { findEnvoy } from '../../src/run/engine.ts'
import { withoutEnvoy } from '../oracle/envoy.ts'
import { runCase } from './golden-case.ts'
import { staticBootstrap } from './static-bootstrap.ts'

const run = promisify(execFile)
const folder = path.join(import.meta.dirname, 'cases')
let scratch = ''

before(async () => {
  scratch = await mkdtemp(path.join(tmpdir(), 'mizzen-golden-'))
})
after(() => rm(scratch, { recursive: true }))

for (const file of globSync('*.in.yaml', { cwd: folder }).sort()) {
  test(`Envoy accepts the resources of ${file}`, { skip: withoutEnvoy }, async () => {
    const { head, resources } = await runCase(file, readFileSync(path.join(folder, file), 'utf8'))
    for (const [proxy, set] of resources) {
      if (isGrpc(head.proxies[proxy])) continue // not for Envoy, and Envoy would not take it
      const bootstrap = path.join(scratch, `${file}.${proxy}.json`)
      await writeFile(bootstrap, withCertificates(JSON.stringify(staticBootstrap(set))))
      await validate(bootstrap, `${file}, proxy ${proxy}`)
    }
  })
}

function isGrpc(node: unknown): boolean {
  return JSON.stringify(node).includes('"GENERATOR":"grpc"')
}

/** The files and secrets that the cases name do not exist; Envoy reads certificates when it takes a configuration. */
function withCertificates(bootstrap: string): string {
  const file = (name: string) => path.join(import.meta.dirname, 'certificates', name)
  const base64 = (name: string) => readFileSync(file(name)).toString('base64')
  return bootstrap
    .replaceAll('/dev/stdout', '/dev/null') // a pipe cannot be opened
    .replaceAll('/etc/certs/key.pem', file('key.pem'))
    .replaceAll(/\/etc\/certs\/(cert|ca)\.pem|\/etc\/ssl\/certs\/ca-certificates\.crt/g, file('cert.pem'))
    .replaceAll(`"${Buffer.from('CERTIFICATE').toString('base64')}"`, `"${base64('cert.pem')}"`)
    .replaceAll(`"${Buffer.from('KEY').toString('base64')}"`, `"${base64('key.pem')}"`)
}

/** What Envoy calls deprecated and Istio sends all the same: DNS clusters other than as an extension. */
const KNOWN = /\.Cluster\.(dns_refresh_rate|dns_lookup_family|respect_dns_ttl)'/

async function validate(bootstrap: string, what: string): Promise<void> {
  const { stderr } = await run(findEnvoy(process.env), ['--mode', 'validate', '-c', bootstrap, '--log-level', 'warning']).catch(
    error => {
      assert.fail(
        `Envoy refuses the resources of ${what}:\n${error instanceof Error && 'stderr' in error ? error.stderr : error}`,
      )
    },
  )
  const deprecated = stderr.split('\n').filter(line => /deprecated/i.test(line) && !KNOWN.test(line))
  assert.deepEqual(deprecated, [], `Envoy warns of something deprecated in ${what}`)
}
