import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseDownward } from './downward.ts'

test('parseDownward() reads what kubelet writes', () => {
  const text = 'app="shop"\nquoted="a \\"b\\" \\\\ c"\nproxy.istio.io/config="concurrency: 2\\nx: \\u00e9\\n"\nempty=""'
  assert.deepEqual(parseDownward(text), {
    app: 'shop',
    quoted: 'a "b" \\ c',
    'proxy.istio.io/config': 'concurrency: 2\nx: é\n',
    empty: '',
  })
})
