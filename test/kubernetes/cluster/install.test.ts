/** `mizzen install` and its siblings on a real cluster, as a revision of their own that no pod of anybody else chooses. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { at, listAt, textAt } from '../../../src/kubernetes/client/raw-object.ts'
import { apply, get, kubectl, mizzen, skip, uniqueName } from './cluster.ts'
import { imageFlags, images } from './images.ts'

describe('mizzen install', { skip }, () => {
  const revision = uniqueName('rev')
  const namespace = `${revision}-system`
  const place = ['--revision', revision, '--namespace', namespace]
  let flags: readonly string[] = []
  let tag = ''

  before(async () => {
    tag = await images()
    flags = [...place, '--profile', 'minimal', ...imageFlags(tag)]
  })
  after(async () => {
    await mizzen('uninstall', ...place, '--yes')
    await kubectl('delete', 'namespace', namespace, '--ignore-not-found', '--wait=false')
  })

  it('says beforehand what it would do, and does nothing', async () => {
    const { stdout } = await mizzen('install', ...flags, '--dry-run')
    assert.match(stdout, /✔ Control plane: \d+ created \(dry run\)/)
    assert.match(stdout, /Nothing was changed/)
    assert.equal(await get('namespace', namespace), undefined)
  })

  it('finds the cluster fit', async () => {
    const { stdout } = await mizzen('precheck', ...flags)
    assert.match(stdout, /✔ you may install all of it/)
  })

  it('installs until everything works, within a minute', async () => {
    const begun = Date.now()
    const { stdout } = await mizzen('install', ...flags)
    assert.match(stdout, new RegExp(`is installed in "${namespace}", revision ${revision}`))
    const took = (Date.now() - begun) / 1000
    assert.ok(took < 60, `${took} s`)
    const deployment = await get('deployment', `mizzen-${revision}`, '-n', namespace)
    assert.equal(at(deployment, 'status', 'readyReplicas'), 2)
  })

  it('changes nothing when it is run again', async () => {
    const versions = () => resourceVersions(namespace, revision)
    const earlier = await versions()
    const { stdout } = await mizzen('install', ...flags)
    assert.doesNotMatch(stdout, /created|configured|removed/)
    assert.deepEqual(await versions(), earlier)
  })

  it('verifies what is there, and sees what was changed by hand', async () => {
    assert.match((await mizzen('verify-install', ...place)).stdout, /all is well/)
    await kubectl(
      'patch',
      'service',
      `istiod-${revision}`,
      '-n',
      namespace,
      '--type=json',
      '-p',
      '[{"op":"remove","path":"/spec/ports/0"}]',
    )
    await assert.rejects(
      mizzen('verify-install', ...place),
      new RegExp(`Service ${namespace}/istiod-${revision}: it was changed`),
    )
    await mizzen('install', ...flags)
    assert.match((await mizzen('verify-install', ...place)).stdout, /all is well/)
  })

  it('takes away what the settings no longer ask for', async () => {
    const { stdout } = await mizzen('upgrade', ...place, '--set', 'pilot.autoscaleEnabled=false')
    assert.match(stdout, new RegExp(`removed HorizontalPodAutoscaler ${namespace}/mizzen-${revision}`))
    assert.equal(await get('hpa', `mizzen-${revision}`, '-n', namespace), undefined)
  })

  it('gives a revision names, and takes them back', async () => {
    const label = uniqueName('tag')
    await mizzen('tag', 'set', label, '--revision', revision, '-n', namespace)
    assert.match((await mizzen('tag', 'list')).stdout, new RegExp(`${label} +${revision}`))
    const webhook = await get('mutatingwebhookconfiguration', `istio-revision-tag-${label}-${namespace}`)
    assert.equal(textAt(listAt(webhook, 'webhooks')[0], 'clientConfig', 'service', 'name'), `istiod-${revision}`)
    await mizzen('install', ...flags) // does not take the tag for something left over
    assert.match((await mizzen('tag', 'list')).stdout, new RegExp(label))
    await mizzen('tag', 'remove', label, '-n', namespace)
    await assert.rejects(mizzen('tag', 'remove', label, '-n', namespace), /there is none/)
  })

  it('names the rule that is missing, to somebody who may do too little', async () => {
    const account = uniqueName('narrow')
    await apply({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: account, namespace: 'default' } })
    const token = (await kubectl('create', 'token', account)).trim()
    const server = textAt(
      listAt(JSON.parse(await kubectl('config', 'view', '--raw', '--minify', '-o', 'json')), 'clusters')[0],
      'cluster',
      'server',
    )
    const kubeconfig = narrowKubeconfig(server, token)
    await assert.rejects(
      mizzen('install', ...flags, '--kubeconfig', kubeconfig),
      /may not get .*; a role that is bound to it needs the rule \{apiGroups: \[.*\], resources: \[".*"\], verbs: \["get"\]\}/,
    )
    await assert.rejects(
      mizzen('precheck', ...flags, '--kubeconfig', kubeconfig),
      /you may not get, create, patch what is installed/,
    )
    await kubectl('delete', 'serviceaccount', account)
    rmSync(path.dirname(kubeconfig), { recursive: true })
  })

  it('says why something does not become ready', async () => {
    const name = uniqueName('rev')
    const elsewhere = ['--revision', name, '-n', `${name}-system`]
    try {
      await assert.rejects(
        mizzen('install', ...elsewhere, '--profile', 'minimal', '--image', 'mizzen/none:1', '--timeout', '30s'),
        /is not ready: 0 of 2 replicas are ready; Pod .*: container discovery: (ErrImagePull|ImagePullBackOff)/,
      )
    } finally {
      await mizzen('uninstall', ...elsewhere, '--yes')
      await kubectl('delete', 'namespace', `${name}-system`, '--wait=false')
    }
  })

  it('leaves nothing of the revision behind', async () => {
    await mizzen('uninstall', ...place, '--yes')
    assert.deepEqual(await resourceVersions(namespace, revision), [])
  })
})

/** Of everything that a revision consists of, its pods apart. */
async function resourceVersions(namespace: string, revision: string): Promise<string[]> {
  const kinds = [
    'serviceaccounts,configmaps,services,deployments.apps,horizontalpodautoscalers,poddisruptionbudgets,roles,rolebindings',
    'clusterroles,clusterrolebindings,mutatingwebhookconfigurations,validatingwebhookconfigurations',
  ]
  const lists = await Promise.all(kinds.map(kind => get(kind, '-n', namespace, '-l', `install.mizzen.dev/revision=${revision}`)))
  return lists
    .flatMap(list => listAt(list, 'items'))
    .map(each => `${textAt(each, 'kind')} ${textAt(each, 'metadata', 'name')} ${generationOf(each)}`)
    .sort()
}

/** Controllers write status all the time; what an installation writes raises the generation, where there is one. */
function generationOf(object: unknown): string {
  const generation = at(object, 'metadata', 'generation')
  return typeof generation === 'number' ? `generation ${generation}` : `version ${textAt(object, 'metadata', 'resourceVersion')}`
}

/** @returns the file */
function narrowKubeconfig(server: string, token: string): string {
  const file = path.join(mkdtempSync(path.join(tmpdir(), 'mizzen-narrow-')), 'kubeconfig')
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'narrow',
    clusters: [{ name: 'c', cluster: { server, 'insecure-skip-tls-verify': true } }],
    users: [{ name: 'u', user: { token } }],
    contexts: [{ name: 'narrow', context: { cluster: 'c', user: 'u' } }],
  }
  writeFileSync(file, JSON.stringify(config))
  return file
}
