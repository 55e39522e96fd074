/** What mizzen is made of: every part is pinned and named in the bill of materials, and what is known against one fails the build. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { verdict } from '../scripts/audit.ts'

const repository = path.resolve(import.meta.dirname, '..')
const json = (file: string) => JSON.parse(readFileSync(path.join(repository, file), 'utf8'))

test('npm sbom names every dependency that ships, with its version and the hash of its content', () => {
  const text = execFileSync('npm', ['run', '--silent', 'sbom'], {
    cwd: repository,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  })
  const bill: { readonly bomFormat: string; readonly components: readonly Component[] } = JSON.parse(text)
  assert.equal(bill.bomFormat, 'CycloneDX')
  const named = new Map(bill.components.map(component => [component.name, component]))
  const { dependencies, optionalDependencies } = json('package.json')
  for (const name of Object.keys({ ...dependencies, ...optionalDependencies })) {
    const component = named.get(name)
    assert.match(component?.version ?? '', /^\d+\.\d+\.\d+/, name)
    assert(
      component?.hashes?.some(({ alg }) => alg === 'SHA-512'),
      `${name} has a hash`,
    )
  }
})

interface Component {
  readonly name: string
  readonly version: string
  readonly hashes?: readonly { readonly alg: string }[]
}

test('package-lock.json pins every package to its content', () => {
  const packages: Record<string, { integrity?: string; inBundle?: boolean }> = json('package-lock.json').packages
  const loose = Object.entries(packages).flatMap(([name, { integrity = '', inBundle }]) =>
    name === '' || inBundle || integrity.startsWith('sha512-') ? [] : [name],
  )
  assert.deepEqual(loose, [])
})

test('npm run audit fails for what is known, and tells a registry that does not answer from one that knows nothing', () => {
  const found = (total: number) => JSON.stringify({ metadata: { vulnerabilities: { total } } })
  assert.equal(verdict(found(0), true).code, 0)
  assert.deepEqual(verdict(found(2), false).code, 1)
  const refused = JSON.stringify({
    message: '405 Method Not Allowed - POST https://registry.example/-/npm/v1/security/advisories/bulk',
  })
  assert.deepEqual(verdict(refused, false), {
    code: 0,
    text: 'npm audit: not to be had here: 405 Method Not Allowed - POST https://registry.example/-/npm/v1/security/advisories/bulk',
  })
  assert.equal(verdict(refused, true).code, 1)
  assert.deepEqual(verdict('', false), { code: 0, text: 'npm audit: not to be had here: no answer' })
})
