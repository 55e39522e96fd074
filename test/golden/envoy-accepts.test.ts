/** Stock Envoy takes everything that the golden cases make: none of it may be refused (NACKed) in the field. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'
import { findEnvoy, withoutEnvoy } from '../oracle/envoy.ts'
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
    const { resources } = await runCase(file, readFileSync(path.join(folder, file), 'utf8'))
    for (const [proxy, set] of resources) {
      const bootstrap = path.join(scratch, `${file}.${proxy}.json`)
      await writeFile(bootstrap, JSON.stringify(staticBootstrap(set)))
      await validate(bootstrap, `${file}, proxy ${proxy}`)
    }
  })
}

async function validate(bootstrap: string, what: string): Promise<void> {
  try {
    const { stderr } = await run(findEnvoy() ?? '', ['--mode', 'validate', '-c', bootstrap, '--log-level', 'warning'])
    assert.doesNotMatch(stderr, /deprecated/i, `Envoy warns of something deprecated in ${what}`)
  } catch (error) {
    const output = error instanceof Error && 'stderr' in error ? String(error.stderr) : String(error)
    assert.fail(`Envoy refuses the resources of ${what}:\n${output}`)
  }
}
