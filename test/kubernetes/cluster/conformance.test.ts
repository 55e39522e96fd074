/**
 * A part of the Gateway API's own conformance suite: one or two tests of each of its subjects, those of the core of every profile. All of it is
 * `npm run test:conformance`, which takes longer than CI may.
 */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { after, before, describe, it } from 'node:test'
import { Conformance, type PartName } from '../../conformance/conformance.ts'
import { skip, untilUp } from './cluster.ts'

const CHOSEN: Readonly<Record<PartName, readonly string[]>> = {
  mesh: ['MeshBasic', 'MeshHTTPRouteMatching', 'MeshTrafficSplit', 'MeshConsumerRoute'],
  gateway: [
    'GatewayModifyListeners',
    'GatewayWithAttachedRoutes',
    'HTTPRouteMatchingAcrossRoutes',
    'HTTPRouteHostnameIntersection',
    'HTTPRouteHTTPSListener',
    'HTTPRouteReferenceGrant',
    'GRPCRouteHeaderMatching',
    'TLSRouteSimpleSameNamespace',
  ],
}

const withoutGo = spawnSync('go', ['version']).status === 0 ? false : 'no Go to build the conformance suite with'

describe('the conformance suite of the Gateway API', { skip: skip || withoutGo }, () => {
  let suite: Conformance | undefined

  before(async () => {
    await untilUp(Number(process.env['MIZZEN_CLUSTER_WAIT'] ?? 20))
    suite = await Conformance.prepare()
  })
  after(() => suite?.remove())

  for (const part of ['mesh', 'gateway'] as const)
    it(`passes tests of the ${part}`, async t => {
      const only = CHOSEN[part]
      const { outcomes } = (await suite?.run({ part, only })) ?? { outcomes: [] }
      for (const { name, result, reasons } of outcomes)
        await t.test(name, () => assert.equal(result, 'passed', reasons.join('; ')))
      assert.deepEqual(outcomes.map(({ name }) => name).sort(), [...only].sort())
    })
})
