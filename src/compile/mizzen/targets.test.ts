import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readObjects } from '../../../test/golden/read.ts'
import { compile } from '../mesh.ts'

const service = 'apiVersion: v1\nkind: Service\nmetadata: {name: catalog, namespace: shop}\nspec: {ports: [{port: 80}]}\n'
const retry = (host: string) =>
  `apiVersion: mizzen.dev/v1alpha1\nkind: Retry\nmetadata: {name: r, namespace: shop}\nspec: {host: ${host}, attempts: 2}\n`

async function told(text: string) {
  const { objects } = await readObjects({ 'mesh.yaml': `${service}---\n${text}` })
  return compile(objects).diagnostics.filter(each => each.code === 'MZ0202')
}

test('checkOwnTargets() names a host that nobody knows, and the one that was meant', async () => {
  const [first, ...more] = await told(retry('catalgo'))
  assert.deepEqual(more, [])
  assert.match(first?.message ?? '', /has the host "catalgo" \(catalgo\.shop\.svc\.cluster\.local\)/)
  assert.equal(first?.fix, 'did you mean "catalog"?')
})

test('checkOwnTargets() is content with hosts in each spelling', async () => {
  for (const host of ['catalog', 'catalog.shop.svc.cluster.local']) assert.deepEqual(await told(retry(host)), [])
})
