/**
 * What goes wrong with a cluster, done to a real one: the mesh goes on serving, and says what is wrong. Requests come from a pod with a sidecar, as an
 * application's do. README.md beside this file tells what of the list is proved elsewhere, and why.
 */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { at, listAt, textAt } from '../../../src/kubernetes/client/raw-object.ts'
import { restartApiServer, restartsApiServer } from './api-server.ts'
import { apply, create, get, kubectl, mizzen, pods, post, skip, uniqueName, until } from './cluster.ts'
import { imageFlags, images } from './images.ts'
import { ask, Load, nameOf } from './load.ts'
import { server } from './programs.ts'

const SECRETS = 2000
const CONTROL_PLANE = 'app=istiod'

describe('a mesh whose cluster has bad days', { skip }, () => {
  const revision = uniqueName('rough')
  const namespace = `${revision}-system`
  const apps = `${revision}-apps`
  const place = ['--revision', revision, '--namespace', namespace]
  const deployment = `mizzen-${revision}`
  let flags: readonly string[] = []

  before(async () => {
    const small = ['--set', 'pilot.resources.requests.cpu=20m', '--set', 'global.proxy.resources.requests.cpu=10m']
    flags = [
      ...place,
      '--profile',
      'minimal',
      '--set',
      `global.trustBundleName=${revision}-roots`,
      ...imageFlags(await images()),
      ...small,
    ]
    await mizzen('install', ...flags)
    await apply(
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: apps, labels: { 'istio.io/rev': revision } } },
      ...server('echo', apps, { replicas: 2 }),
      ...server('caller', apps),
    )
    for (const name of ['echo', 'caller']) await rolledOut(apps, name)
  })
  after(async () => {
    await kubectl('delete', 'namespace', apps, '--ignore-not-found', '--wait=false')
    await mizzen('uninstall', ...place, '--yes')
    await kubectl('delete', 'namespace', namespace, '--ignore-not-found', '--wait=false')
  })

  const rolledOut = (where: string, name: string) =>
    kubectl('rollout', 'status', `deployment/${name}`, '-n', where, '--timeout=240s')

  /** Requests go on while something happens; none may fail. */
  async function underLoad(happens: () => Promise<unknown>): Promise<void> {
    const load = await Load.begin(apps, uniqueName('load'), 'http://echo', true)
    try {
      await happens()
    } finally {
      const { sent, failed, failures } = await load.end()
      assert.ok(sent > 20, `only ${sent} requests`)
      assert.equal(failed, 0, `${failed} of ${sent} failed: ${failures.join('; ')}`)
    }
  }

  /** @param version what the proxies are to do: a header of the answer */
  const route = (version: string) => ({
    apiVersion: 'networking.istio.io/v1',
    kind: 'VirtualService',
    metadata: { name: 'echo', namespace: apps },
    spec: {
      hosts: ['echo'],
      http: [{ headers: { request: { set: { 'x-version': version } } }, route: [{ destination: { host: 'echo' } }] }],
    },
  })

  async function untilLive(version: string, seconds = 60): Promise<void> {
    const [caller] = await pods(apps, 'app=caller')
    await until(`version ${version} of the route`, seconds, async () => {
      const answer = await ask(apps, nameOf(caller), 'http://echo', {}, 'caller')
      return answer.includes(`x-version: ${version}`) ? true : undefined
    })
  }

  async function logsOf(): Promise<string> {
    const all = await pods(namespace, CONTROL_PLANE)
    return (await Promise.all(all.map(pod => kubectl('logs', '-n', namespace, nameOf(pod))))).join('\n')
  }

  it('loses no request when a pod is deleted', async () => {
    await underLoad(async () => {
      const [victim] = await pods(apps, 'app=echo')
      await kubectl('delete', 'pod', '-n', apps, nameOf(victim))
      await rolledOut(apps, 'echo')
    })
  })

  it('loses no request when one replica of the control plane is killed, and takes changes all the while', async () => {
    await underLoad(async () => {
      const [victim] = await pods(namespace, CONTROL_PLANE)
      await kubectl('delete', 'pod', '-n', namespace, nameOf(victim), '--grace-period=0', '--force')
      await apply(route('killed'))
      await untilLive('killed')
    })
  })

  it('serves on when both replicas are killed; pods that should get a sidecar wait, and the reason is told', async () => {
    await underLoad(async () => {
      await kubectl('scale', `deployment/${deployment}`, '-n', namespace, '--replicas=0')
      await kubectl('wait', 'pod', '-l', CONTROL_PLANE, '-n', namespace, '--for=delete', '--timeout=90s')
      await assert.rejects(
        kubectl('run', 'late', '-n', apps, '--image=mizzen-shop:1'),
        /failed calling webhook .*sidecar-injector.*istiod-/s,
        'failurePolicy Fail: no pod of the mesh starts outside of it',
      )
      await delay(2000)
    })
    await kubectl('scale', `deployment/${deployment}`, '-n', namespace, '--replicas=2')
    await rolledOut(namespace, deployment)
    await until('a pod that is let in again', 60, async () => {
      await kubectl(
        'run',
        'late',
        '-n',
        apps,
        '--image=mizzen-shop:1',
        '--command',
        '--',
        'node',
        '-e',
        'setInterval(() => {}, 1000)',
      )
      return true
    })
    await kubectl('delete', 'pod', 'late', '-n', apps, '--wait=false')
    await apply(route('back'))
    await untilLive('back')
  })

  it('loses no request when a node is drained: one replica at a time may be evicted', async () => {
    await underLoad(async () => {
      const [first, second] = await pods(namespace, CONTROL_PLANE)
      await evict(nameOf(first))
      await assert.rejects(evict(nameOf(second)), /disruption budget/)
      await rolledOut(namespace, deployment)
      const [echo] = await pods(apps, 'app=echo')
      await evict(nameOf(echo), apps)
      await rolledOut(apps, 'echo')
    })
  })

  async function evict(name: string, where = namespace): Promise<void> {
    const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name, namespace: where } }
    await post(`/api/v1/namespaces/${where}/pods/${name}/eviction`, eviction)
  }

  it('finds its way back when the API server was away', { skip: restartsApiServer }, async () => {
    await underLoad(restartApiServer)
    await apply(route('restarted'))
    await untilLive('restarted')
  })

  it('keeps what it knew and names the missing rule when its rights become too narrow', async () => {
    const role = `mizzen-${revision}-${namespace}`
    const rules = listAt(await get('clusterrole', role), 'rules').filter(
      rule => !listAt(rule, 'resources').includes('endpointslices'),
    )
    await kubectl('patch', 'clusterrole', role, '--type=merge', '-p', JSON.stringify({ rules }))
    await kubectl('rollout', 'restart', `deployment/${deployment}`, '-n', namespace)
    await until('the missing rule in the log', 90, async () =>
      /endpointslices.*needs the rule \{apiGroups: \["discovery\.k8s\.io"\], resources: \["endpointslices"\], verbs: \[.*"list"/.test(
        await logsOf(),
      )
        ? true
        : undefined,
    )
    await mizzen('install', ...flags)
    await apply(route('allowed'))
    await untilLive('allowed')
  })

  // The control plane finds it out (discovery's `foreign`), and its log on a cluster did not say it within 90 s; why is not known yet.
  const todo = 'the log does not tell of the unknown version'
  it('tells of a kind that the cluster has in versions it does not know, and goes on with all others', { todo }, async () => {
    const name = 'proxyconfigs.networking.istio.io'
    const definition = await get('crd', name)
    const [version] = listAt(definition, 'spec', 'versions')
    const other = { ...Object(version), name: 'v9', storage: true, served: true }
    const { conversion: _, ...spec } = Object(at(definition, 'spec'))
    await kubectl('delete', 'crd', name)
    try {
      await apply({
        apiVersion: 'apiextensions.k8s.io/v1',
        kind: 'CustomResourceDefinition',
        metadata: { name },
        spec: { ...spec, versions: [other] },
      })
      await until('what the control plane says of it', 20, async () =>
        /ProxyConfig serves v9/.test(await logsOf()) ? true : undefined,
      )
      await apply(route('elsewhere'))
      await untilLive('elsewhere')
    } finally {
      await kubectl('delete', 'crd', name)
      await mizzen('install', ...flags)
    }
  })

  it(`does not hold the ${SECRETS} Secrets that nobody of the mesh refers to`, async () => {
    const before = await memory()
    const many = `${revision}-secrets`
    await apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: many } })
    const data = { blob: Buffer.alloc(6000, 'x').toString('base64') }
    const items = Array.from({ length: SECRETS }, (_, i) => ({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: `secret-${i}`, namespace: many },
      data,
    }))
    await create({ apiVersion: 'v1', kind: 'List', items })
    await delay(3000)
    const grown = (await memory()) - before
    await kubectl('delete', 'namespace', many, '--wait=false')
    assert.ok(grown < 25, `the control plane grew by ${grown} MB`)
  })

  /** Of the largest replica, resident, MB. */
  async function memory(): Promise<number> {
    const all = await pods(namespace, CONTROL_PLANE)
    const texts = await Promise.all(all.map(pod => kubectl('exec', '-n', namespace, nameOf(pod), '--', 'cat', '/proc/1/status')))
    return Math.max(...texts.map(text => Number(/^VmRSS:\s+(\d+)/m.exec(text)?.[1]) / 1024))
  }

  it('forgets a namespace that is deleted with everything in it, and the others do not notice', async () => {
    const gone = `${revision}-gone`
    await apply(
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: gone, labels: { 'istio.io/rev': revision } } },
      ...server('short', gone),
      { ...route('gone'), metadata: { name: 'short', namespace: gone } },
    )
    await rolledOut(gone, 'short')
    await underLoad(() => kubectl('delete', 'namespace', gone, '--timeout=120s'))
    const { stdout } = await mizzen('proxy-status', '-i', namespace)
    assert.doesNotMatch(stdout, new RegExp(gone))
    const [caller] = await pods(apps, 'app=caller')
    const clusters = await mizzen('proxy-config', 'clusters', `${nameOf(caller)}.${apps}`)
    assert.match(clusters.stdout, new RegExp(`echo\\.${apps}`))
    assert.doesNotMatch(clusters.stdout, new RegExp(`short\\.${gone}`))
  })

  it('says that the root certificate did not change through all of this', async () => {
    const root = await get('configmap', `${revision}-roots`, '-n', apps)
    const own = await get('configmap', `${revision}-roots`, '-n', namespace)
    assert.equal(textAt(root, 'data', 'root-cert.pem'), textAt(own, 'data', 'root-cert.pem'))
  })
})
