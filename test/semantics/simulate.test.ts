/** Calls through configurations end where Istio's would. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Answer } from '../../src/explain/request/answer.ts'
import { Explainer } from '../../src/explain/request/explain.ts'
import { readCall } from '../../src/explain/request/read-call.ts'
import { RouteConfiguration } from '../../src/xds/gen/envoy/config/route/v3/route.ts'
import type { Route } from '../../src/xds/gen/envoy/config/route/v3/route_components.ts'
import { ResourceCache, resourcesFor } from '../../src/xds/resources/proxy.ts'
import { ROUTE } from '../../src/xds/wire/type-url.ts'
import { fields, flag, list, oracleFile, text, texts, withoutOracle } from './oracle.ts'
import { worldOf } from './world.ts'

const FILES = ['httpgateway', 'disableporttranslation', 'passthroughtraffic', 'inbound']
const COMPARED = ['listener', 'filterChain', 'routeConfig', 'virtualHost', 'route', 'cluster'] as const

for (const file of FILES) {
  test(`calls of ${file} end where Istio's do`, { skip: withoutOracle }, async t => {
    for (const world of list(oracleFile(`simulate/${file}.yaml`))) {
      const { mesh, proxy } = worldOf(world)
      const explainer = new Explainer(mesh)
      for (const entry of list(world, 'calls')) {
        const call = fields(entry, 'call')
        await t.test(`${text(world, 'id')} ${text(entry, 'id')}`, async () => {
          compare(await explainer.explain(proxy, readCall(call, 'call')), fields(entry, 'expect'))
        })
      }
    }
  })
}

function compare(outcome: Answer, expected: Readonly<Record<string, unknown>>): void {
  assert.equal(outcome.error, expected['error'] ?? null, JSON.stringify(outcome, null, 2))
  for (const name of COMPARED) {
    const wanted = expected[name]
    if (typeof wanted === 'string') assert.equal(short(outcome[name]), short(wanted), name)
    else if (flag(expected, 'strict')) assert.equal(outcome[name] || undefined, undefined, name)
  }
}

/** "x.ns.svc.cluster.local" and "x.ns" are the same there. */
function short(name: string | undefined): string | undefined {
  return name?.replace('.svc.cluster.local', '')
}

test("sidecars' route tables lead where Istio's do", { skip: withoutOracle }, async t => {
  for (const row of list(oracleFile('simulate/sidecarroutes.yaml'))) {
    await t.test(text(row, 'id'), () => {
      const { mesh, proxy } = worldOf(row)
      const resource = resourcesFor(mesh, proxy, new ResourceCache()).get(ROUTE)?.get(text(row, 'routeConfig'))
      assert.ok(resource, `there is a route table "${text(row, 'routeConfig')}"`)
      const { virtualHosts } = RouteConfiguration.decode(resource.bytes)
      for (const [domain, clusters] of Object.entries(fields(row, 'virtualHosts'))) {
        const host = virtualHosts.find(entry => entry.domains.includes(domain))
        if (clusters === null) assert.equal(host, undefined, domain)
        else assert.deepEqual(host?.routes.flatMap(clustersOf), texts(clusters), domain)
      }
    })
  }
})

function clustersOf({ action }: Route): string[] {
  const specifier = action?.$case === 'route' ? action.value.clusterSpecifier : undefined
  if (specifier?.$case === 'weightedClusters') return specifier.value.clusters.map(cluster => cluster.name)
  return specifier?.$case === 'cluster' ? [specifier.value] : []
}
