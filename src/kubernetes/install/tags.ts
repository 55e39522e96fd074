/**
 * Revision tags: a stable name for a revision in the labels of namespaces. Moving a tag moves its namespaces to another control plane, as their
 * pods restart, without touching a label. A tag is an injection webhook of its own that leads to its revision's control plane.
 */
import type { ApiServer } from '../client/api-server.ts'
import { listAt, textAt } from '../client/raw-object.ts'
import { apply, lookUp } from './apply.ts'
import { NAMESPACE_LABEL, OWNER_LABEL } from './names.ts'
import { injectionWebhooks, injectorConfiguration } from './parts/webhooks.ts'
import { remove } from './prune.ts'
import { listPath, objectPath } from './rest-path.ts'

const TAG_LABEL = 'istio.io/tag'
const REVISION_LABEL = 'istio.io/rev'
const CONFIGURATIONS = listPath('MutatingWebhookConfiguration')

export interface Tag {
  readonly tag: string
  readonly revision: string
  /** That are labelled with it. */
  readonly namespaces: readonly string[]
}

export interface TagWish {
  readonly tag: string
  readonly revision: string
  readonly namespace: string
  /** A tag that leads elsewhere is moved. */
  readonly overwrite: boolean
}

function nameOf(tag: string, namespace: string): string {
  return `istio-revision-tag-${tag}${namespace === 'istio-system' ? '' : `-${namespace}`}`
}

/** @returns where the tag led before @throws (rejects) a sentence, or ApiError */
export async function setTag(server: ApiServer, { tag, revision, namespace, overwrite }: TagWish): Promise<string | undefined> {
  const injector = await injectorOf(server, revision, namespace)
  const service = textAt(listAt(injector, 'webhooks')[0], 'clientConfig', 'service', 'name')
  const caBundle = textAt(listAt(injector, 'webhooks')[0], 'clientConfig', 'caBundle')
  const name = nameOf(tag, namespace)
  const existing = await lookUp(server, `${CONFIGURATIONS}/${name}`)
  const before = existing === undefined ? undefined : textAt(existing, 'metadata', 'labels', REVISION_LABEL)
  if (before !== undefined && before !== revision && !overwrite)
    throw new Error(`Cannot set tag "${tag}": it leads to revision "${before}"; --overwrite moves it`)
  const manifest = injectorConfiguration({
    name,
    labels: { [TAG_LABEL]: tag, [REVISION_LABEL]: revision, [OWNER_LABEL]: revision, [NAMESPACE_LABEL]: namespace },
    service: { name: service, namespace },
    webhooks: injectionWebhooks(tag, tag === 'default', false),
    failurePolicy: 'Fail',
    reinvocationPolicy: 'Never',
    caBundle: caBundle === '' ? undefined : caBundle,
  })
  await apply(server, manifest, { dryRun: false })
  return before
}

async function injectorOf(server: ApiServer, revision: string, namespace: string): Promise<unknown> {
  const configurations = await injectors(server)
  const found = configurations.find(
    each =>
      textAt(each, 'metadata', 'labels', TAG_LABEL) === '' &&
      textAt(each, 'metadata', 'labels', REVISION_LABEL) === revision &&
      textAt(each, 'metadata', 'labels', NAMESPACE_LABEL) === namespace,
  )
  if (found !== undefined) return found
  const known = [...new Set(configurations.map(each => `"${textAt(each, 'metadata', 'labels', REVISION_LABEL)}"`))]
  throw new Error(
    `Cannot tag revision "${revision}": it is not installed in "${namespace}"; expected ${known.length === 0 ? 'an installed one (mizzen install --revision)' : `one of ${known.join(', ')}`}`,
  )
}

async function injectors(server: ApiServer): Promise<readonly unknown[]> {
  return listAt(await server.json({ path: CONFIGURATIONS, query: { labelSelector: OWNER_LABEL } }), 'items')
}

/** @throws (rejects) ApiError */
export async function listTags(server: ApiServer): Promise<Tag[]> {
  const tagged = (await injectors(server)).filter(each => textAt(each, 'metadata', 'labels', TAG_LABEL) !== '')
  const namespaces = listAt(await server.json({ path: '/api/v1/namespaces' }), 'items')
  return tagged.map(each => {
    const tag = textAt(each, 'metadata', 'labels', TAG_LABEL)
    return { tag, revision: textAt(each, 'metadata', 'labels', REVISION_LABEL), namespaces: namespacesOf(tag, namespaces) }
  })
}

function namespacesOf(tag: string, namespaces: readonly unknown[]): string[] {
  const uses = (each: unknown) =>
    textAt(each, 'metadata', 'labels', REVISION_LABEL) === tag ||
    (tag === 'default' && textAt(each, 'metadata', 'labels', 'istio-injection') === 'enabled')
  return namespaces.filter(uses).map(each => textAt(each, 'metadata', 'name'))
}

/** @throws (rejects) a sentence, or ApiError */
export async function removeTag(server: ApiServer, tag: string, namespace: string): Promise<void> {
  const manifest = {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'MutatingWebhookConfiguration',
    metadata: { name: nameOf(tag, namespace) },
  }
  if ((await lookUp(server, objectPath(manifest))) === undefined) {
    const known = (await listTags(server)).map(each => `"${each.tag}"`)
    throw new Error(
      `Cannot remove tag "${tag}": there is none; expected ${known.length === 0 ? 'one that was set' : `one of ${known.join(', ')}`}`,
    )
  }
  await remove(server, manifest, false)
}
