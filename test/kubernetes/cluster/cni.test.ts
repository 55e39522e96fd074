/** The CNI plugin on a cluster: pods are captured without a container that may change the network. */
import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { listAt, textAt } from '../../../src/kubernetes/client/raw-object.ts'
import { apply, get, kubectl, mizzen, skip, uniqueName, until } from './cluster.ts'
import { imageFlags, images } from './images.ts'
import { ask } from './load.ts'
import { server } from './programs.ts'

/** ../shared/cluster keeps its CNI files elsewhere than kubelets do. */
const CLUSTER_STATE = process.env['MIZZEN_CLUSTER_STATE'] ?? '/tmp/mizzen-cluster'

describe('the CNI plugin', { skip }, () => {
  const revision = uniqueName('cni')
  const namespace = `${revision}-system`
  const apps = `${revision}-apps`
  const place = ['--revision', revision, '--namespace', namespace]

  before(async () => {
    const tag = await images()
    const small = [
      '--set',
      'pilot.autoscaleEnabled=false',
      '--set',
      'pilot.replicaCount=1',
      '--set',
      'pilot.resources.requests.cpu=20m',
    ]
    await mizzen(
      ...[
        'install',
        ...place,
        '--profile',
        'minimal',
        '--set',
        `global.trustBundleName=${revision}-roots`,
        ...imageFlags(tag),
        ...small,
        '--set',
        'cni.enabled=true',
      ],
      ...directories(),
    )
    await apply(
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: apps, labels: { 'istio.io/rev': revision } } },
      ...server('echo', apps),
      ...server('caller', apps),
    )
    for (const name of ['echo', 'caller']) await kubectl('rollout', 'status', `deployment/${name}`, '-n', apps, '--timeout=180s')
  })
  after(async () => {
    await kubectl('delete', 'namespace', apps, '--ignore-not-found')
    await mizzen('uninstall', ...place, '--yes')
    await kubectl('delete', 'namespace', namespace, '--ignore-not-found', '--wait=false')
  })

  it('captures pods that have no right to change their network', async () => {
    const [pod] = listAt(await get('pods', '-n', apps, '-l', 'app=echo'), 'items')
    const containers = [...listAt(pod, 'spec', 'initContainers'), ...listAt(pod, 'spec', 'containers')]
    const names = containers.map(each => textAt(each, 'name'))
    assert.deepEqual(names, ['istio-validation', 'istio-proxy', 'echo'])
    for (const each of containers)
      assert.deepEqual(listAt(each, 'securityContext', 'capabilities', 'add'), [], textAt(each, 'name'))
  })

  it('leads their traffic to their proxies: the server knows the caller by its certificate', async () => {
    const [caller] = listAt(await get('pods', '-n', apps, '-l', 'app=caller'), 'items')
    const answer = await ask(apps, textAt(caller, 'metadata', 'name'), 'http://echo', {}, 'caller')
    assert.match(answer, /^200 /)
    assert.match(answer, new RegExp(`URI=spiffe://cluster.local/ns/${apps}/sa/default`))
  })

  it('leaves the node as it was', async () => {
    await kubectl('delete', 'daemonset', `mizzen-${revision}-cni`, '-n', namespace)
    const file = path.join(CLUSTER_STATE, 'cni/net.d')
    if (!existsSync(file)) return
    await until('the chain without the plugin', 60, async () => {
      const texts = readdirSync(file).map(name => readFileSync(path.join(file, name), 'utf8'))
      return texts.some(text => text.includes('mizzen-cni')) ? undefined : true
    })
  })
})

function directories(): string[] {
  const file = path.join(CLUSTER_STATE, 'containerd.toml')
  if (!existsSync(file)) return []
  const text = readFileSync(file, 'utf8')
  const said = (name: string) => new RegExp(`${name} = "([^"]*)"`).exec(text)?.[1]
  const [bin, config] = [said('bin_dir'), said('conf_dir')]
  return bin && config ? ['--set', `cni.cniBinDir=${bin}`, '--set', `cni.cniConfDir=${config}`] : []
}
