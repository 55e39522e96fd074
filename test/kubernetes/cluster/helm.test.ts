/** The Helm chart on a cluster, by the real helm: install, upgrade, uninstall. */
import assert from 'node:assert/strict'
import { execFile, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { promisify } from 'node:util'
import { writeChart } from '../../../scripts/helm.ts'
import { listAt, textAt } from '../../../src/kubernetes/client/raw-object.ts'
import { apply, get, kubectl, skip as noCluster, pods, repository, uniqueName } from './cluster.ts'
import { imageFlags, images } from './images.ts'
import { nameOf } from './load.ts'
import { server } from './programs.ts'

const execute = promisify(execFile)
const fetched = path.join(repository, '.tools/helm')
const helm = existsSync(fetched) ? fetched : 'helm'
const skip = noCluster || (spawnSync(helm, ['version']).status === 0 ? false : 'no helm: scripts/fetch-helm.sh builds it')

describe('helm install', { skip }, () => {
  const revision = uniqueName('helm')
  const namespace = `${revision}-system`
  const apps = `${revision}-apps`
  let folder = ''
  let flags: readonly string[] = []

  before(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'mizzen-chart-'))
    writeChart(path.join(folder, 'mizzen'))
    // Kinds that are there already belong to whoever made them, and helm leaves its hands off them.
    const known = (await get('crd', 'virtualservices.networking.istio.io')) !== undefined
    flags = [
      ...['-n', namespace, '-f', path.join(folder, 'mizzen/profiles/minimal.yaml'), '--wait', '--timeout', '240s'],
      ...['--set', `revision=${revision}`, '--set', `global.trustBundleName=${revision}-roots`],
      ...['--set', `base.installCRDs=${!known}`, '--set', 'pilot.resources.requests.cpu=20m', ...imageFlags(await images())],
    ]
  })
  after(async () => {
    rmSync(folder, { recursive: true })
    await kubectl('delete', 'namespace', apps, namespace, '--ignore-not-found', '--wait=false')
  })

  const run = async (...args: readonly string[]) => (await execute(helm, [...args], { maxBuffer: 2 ** 27 })).stdout
  const chart = () => path.join(folder, 'mizzen')

  it('brings a control plane that injects', async () => {
    await run('install', 'mizzen', chart(), '--create-namespace', ...flags)
    await apply(
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: apps, labels: { 'istio.io/rev': revision } } },
      ...server('echo', apps),
    )
    await kubectl('rollout', 'status', 'deployment/echo', '-n', apps, '--timeout=240s')
    const [pod] = await pods(apps, 'app=echo')
    const names = listAt(pod, 'spec', 'initContainers').map(each => textAt(each, 'name'))
    assert.ok(names.includes('istio-proxy'), `${nameOf(pod)}: ${names.join(', ')}`)
  })

  it('upgrades to other settings', async () => {
    await run('upgrade', 'mizzen', chart(), ...flags, '--set', 'pilot.autoscaleEnabled=false', '--set', 'pilot.replicaCount=1')
    assert.equal(await get('hpa', `mizzen-${revision}`, '-n', namespace), undefined)
    assert.equal((await pods(namespace, 'app=istiod')).length, 1)
  })

  it('takes away what it made, the kinds apart', async () => {
    await run('uninstall', 'mizzen', '-n', namespace, '--wait')
    assert.equal(await get('deployment', `mizzen-${revision}`, '-n', namespace), undefined)
    assert.equal(await get('mutatingwebhookconfiguration', `istio-sidecar-injector-${revision}-${namespace}`), undefined)
    assert.notEqual(await get('crd', 'virtualservices.networking.istio.io'), undefined)
  })
})
