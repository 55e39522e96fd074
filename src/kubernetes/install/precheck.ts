/** Whether a cluster is fit for an installation: looked at before anything is changed. */
import { isApiError } from '../client/api-error.ts'
import type { ApiServer } from '../client/api-server.ts'
import { at, listAt, textAt } from '../client/raw-object.ts'
import { lookUp, servedVersions } from './apply.ts'
import { groupOf, type Manifest } from './manifest.ts'
import { namesOf, OWNER_LABEL } from './names.ts'
import { installation } from './objects.ts'
import { isInstalledKind, listPath, objectPath, PLACES } from './rest-path.ts'
import type { Settings } from './settings.ts'

export interface Finding {
  readonly level: 'ok' | 'warning' | 'error'
  readonly message: string
}

/** Kubernetes' oldest minor version that has all that is used: native sidecars without a feature gate. */
const OLDEST_MINOR = 29

/** @throws (rejects) ApiError when not even questions are answered */
export async function precheck(server: ApiServer, settings: Settings): Promise<Finding[]> {
  const checks = [version, permissions, otherControlPlanes, kinds, nodes, metrics]
  const findings: Finding[] = []
  for (const check of checks) {
    try {
      findings.push(...(await check(server, settings)))
    } catch (error) {
      if (!isApiError(error, 403)) throw error
      findings.push({ level: 'error', message: error instanceof Error ? error.message : String(error) })
    }
  }
  return findings
}

async function version(server: ApiServer): Promise<Finding[]> {
  const found = await server.json({ path: '/version' })
  const text = textAt(found, 'gitVersion')
  const minor = Number.parseInt(textAt(found, 'minor'), 10)
  if (minor >= OLDEST_MINOR || Number.isNaN(minor)) return [{ level: 'ok', message: `Kubernetes ${text}` }]
  const message = `Kubernetes ${text} is older than 1.${OLDEST_MINOR}: pods get ordinary sidecars, and jobs with one do not end by themselves`
  return [{ level: 'warning', message }]
}

/** Who installs must be allowed to, and may only give what they have themselves (RBAC's rule against escalation). */
async function permissions(server: ApiServer, settings: Settings): Promise<Finding[]> {
  const asked = new Map<string, { group: string; resource: string; verb: string; namespace?: string }>()
  for (const { kind, metadata } of objectsOf(settings)) {
    if (!isInstalledKind(kind)) continue
    const { apiVersion, plural } = PLACES[kind]
    const group = groupOf(apiVersion)
    for (const verb of ['get', 'create', 'patch']) {
      const { namespace } = metadata
      asked.set(`${plural} ${verb} ${namespace ?? ''}`, {
        group,
        resource: plural,
        verb,
        ...(namespace !== undefined && { namespace }),
      })
    }
  }
  const refused = new Map<string, string[]>()
  for (const attributes of asked.values()) {
    const review = await server.json({
      method: 'POST',
      path: '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
      body: { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectAccessReview', spec: { resourceAttributes: attributes } },
    })
    if (at(review, 'status', 'allowed') === true) continue
    const rule = `apiGroups: ["${attributes.group}"], resources: ["${attributes.resource}"]`
    refused.set(rule, [...(refused.get(rule) ?? []), attributes.verb])
  }
  if (refused.size === 0) return [{ level: 'ok', message: 'you may install all of it' }]
  return [...refused].map(([rule, verbs]) => ({
    level: 'error',
    message: `you may not ${verbs.join(', ')} what is installed; a role of yours needs the rule {${rule}, verbs: ["${verbs.join('", "')}"]}`,
  }))
}

function objectsOf(settings: Settings): Manifest[] {
  return installation(settings, true).flatMap(wave => wave.objects)
}

async function otherControlPlanes(server: ApiServer, settings: Settings): Promise<Finding[]> {
  const names = namesOf(settings)
  const findings: Finding[] = []
  const taken = objectsOf(settings).filter(({ kind, metadata }) =>
    kind === 'Service' ? metadata.name === names.service : kind === 'MutatingWebhookConfiguration',
  )
  for (const object of taken) {
    const found = await lookUp(server, objectPath(object))
    if (found === undefined || at(found, 'metadata', 'labels', OWNER_LABEL) !== undefined) continue
    const whose = textAt(found, 'metadata', 'labels', 'istio.io/rev') === '' ? 'somebody else' : 'Istio'
    findings.push({
      level: 'error',
      message: `${object.kind} "${object.metadata.name}" is ${whose}'s; install beside it with --revision NAME, and choose it by namespaces with istio.io/rev=NAME`,
    })
  }
  const deployments = await server.json({ path: listPath('Deployment'), query: { labelSelector: 'app=istiod' } })
  for (const each of listAt(deployments, 'items')) {
    if (at(each, 'metadata', 'labels', OWNER_LABEL) !== undefined) continue
    const where = `${textAt(each, 'metadata', 'namespace')}/${textAt(each, 'metadata', 'name')}`
    findings.push({
      level: 'warning',
      message: `Istio runs here too (Deployment ${where}): proxies of the two trust each other only with the same root certificate (Secret cacerts)`,
    })
  }
  return findings.length > 0 ? findings : [{ level: 'ok', message: 'no other control plane is in the way' }]
}

/** Definitions that others brought are kept; they must have a version that mizzen reads. */
async function kinds(server: ApiServer, settings: Settings): Promise<Finding[]> {
  const findings: Finding[] = []
  let own = 0
  let others = 0
  for (const object of objectsOf(settings)) {
    if (object.kind !== 'CustomResourceDefinition') continue
    const found = await lookUp(server, objectPath(object))
    if (found === undefined) continue
    const versions = servedVersions(found)
    const read = servedVersions(object)
    if (at(found, 'metadata', 'labels', OWNER_LABEL) !== undefined) own += 1
    else others += 1
    if (!read.some(each => versions.includes(each)))
      findings.push({
        level: 'error',
        message: `the kind ${object.metadata.name} has the versions ${versions.join(', ')} here: expected one of ${read.join(', ')}; upgrade who installed it`,
      })
  }
  const count = `kinds of the mesh that are there already: ${own} of mizzen, ${others} of others, which stay as they are`
  return [...findings, { level: 'ok', message: count }]
}

async function nodes(server: ApiServer): Promise<Finding[]> {
  const list = listAt(await server.json({ path: '/api/v1/nodes' }), 'items')
  const strange = list.filter(node => {
    const { os, architecture } = { os: nodeInfo(node, 'operatingSystem'), architecture: nodeInfo(node, 'architecture') }
    return os !== 'linux' || (architecture !== 'amd64' && architecture !== 'arm64')
  })
  if (strange.length === 0)
    return [{ level: 'ok', message: `${list.length} node${list.length === 1 ? '' : 's'}, all linux on amd64 or arm64` }]
  const names = strange.map(node => `"${textAt(node, 'metadata', 'name')}"`).join(', ')
  return [{ level: 'warning', message: `no image of mizzen runs on the nodes ${names}: their pods cannot have sidecars` }]
}

function nodeInfo(node: unknown, field: string): string {
  return textAt(node, 'status', 'nodeInfo', field)
}

async function metrics(server: ApiServer, { pilot }: Settings): Promise<Finding[]> {
  if (!pilot.enabled || !pilot.autoscaleEnabled) return []
  const found = await lookUp(server, '/apis/metrics.k8s.io')
  if (found !== undefined) return []
  const message = `the cluster has no metrics API: autoscalers keep at their least (${pilot.autoscaleMin} replicas), or set pilot.autoscaleEnabled=false`
  return [{ level: 'warning', message }]
}
