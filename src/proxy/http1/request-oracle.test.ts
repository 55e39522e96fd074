/** The request corpus given to node:http and, where it is installed, to Envoy: every difference to our verdict is known and has a reason. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { accepts, findEnvoy, portOf, startEnvoy, startNodeOracle } from './oracle.testing.ts'
import { type Differences, ENVOY_DIFFERENCES, NODE_DIFFERENCES } from './oracle-differences.testing.ts'
import { REQUEST_CORPUS } from './request-corpus.testing.ts'

async function compare(port: number, known: Differences): Promise<void> {
  const laxer: string[] = []
  const stricter: string[] = []
  for (const { name, bytes, refused } of REQUEST_CORPUS) {
    const accepted = await accepts(port, bytes)
    if (accepted && refused !== undefined) laxer.push(name)
    if (!accepted && refused === undefined) stricter.push(name)
  }
  assert.deepEqual(laxer.sort(), Object.values(known.laxer).flat().sort())
  assert.deepEqual(stricter.sort(), Object.values(known.stricter).flat().sort())
}

test('the request corpus is judged by node:http as we do, but for known differences', async () => {
  const node = await startNodeOracle()
  try {
    await compare(portOf(node), NODE_DIFFERENCES)
  } finally {
    node.close()
    node.closeAllConnections()
  }
})

const envoy = findEnvoy()

test('the request corpus is judged by Envoy as we do, but for known differences', {
  skip: envoy === undefined && 'no Envoy: set MIZZEN_ENVOY, or put it on PATH or into .tools/envoy',
}, async () => {
  if (envoy === undefined) return
  const node = await startNodeOracle()
  const oracle = await startEnvoy(envoy, portOf(node))
  try {
    await compare(oracle.port, ENVOY_DIFFERENCES)
  } finally {
    await oracle.stop()
    node.close()
    node.closeAllConnections()
  }
})
