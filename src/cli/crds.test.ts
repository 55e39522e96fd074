import assert from 'node:assert/strict'
import { Readable, Writable } from 'node:stream'
import { test } from 'node:test'
import { parseAllDocuments } from 'yaml'
import { main } from './main.ts'

async function mizzen(...args: readonly string[]) {
  const out: string[] = []
  const err: string[] = []
  const into = (lines: string[]) =>
    new Writable({
      write(chunk, _, done) {
        lines.push(String(chunk))
        done()
      },
    })
  const io = { stdin: Readable.from([]), stdout: into(out), stderr: into(err), env: {}, cwd: '/' }
  return { code: await main(args, io), out: out.join(''), err: err.join('') }
}

function names(yaml: string): unknown[] {
  return parseAllDocuments(yaml).map(document => document.toJS().metadata.name)
}

test('mizzen crds prints the kinds that are asked for, once each', async () => {
  const { code, out } = await mizzen('crds', 'dr', 'VirtualService', 'virtualservices')
  assert.equal(code, 0)
  assert.deepEqual(names(out), ['virtualservices.networking.istio.io', 'destinationrules.networking.istio.io'])
})

test('mizzen crds --group prints the kinds of a group', async () => {
  const { out } = await mizzen('crds', '--group', 'security.istio.io', '-o', 'json')
  assert.deepEqual(
    JSON.parse(out).items.map((item: { metadata: { name: string } }) => item.metadata.name),
    ['peerauthentications', 'requestauthentications', 'authorizationpolicies'].map(name => `${name}.security.istio.io`),
  )
})

test('mizzen crds says which kind was probably meant', async () => {
  const { code, err } = await mizzen('crds', 'Sidecars', 'VirtualServise')
  assert.equal(code, 2)
  assert.equal(
    err,
    'Cannot print "VirtualServise": there is no kind "VirtualServise" of the mesh, did you mean "VirtualService"?\n',
  )
})

test('mizzen schema prints one schema', async () => {
  const { code, out } = await mizzen('schema', 'RateLimit')
  assert.equal(code, 0)
  assert.deepEqual(Object.keys(JSON.parse(out).definitions), ['RateLimit'])
})
