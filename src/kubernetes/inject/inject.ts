/**
 * Injection of one pod, as a pure function: what the user wrote in, the pod with its proxy out. The steps and their order are Istio's: check annotations,
 * take back what was injected before, lay templates over the pod, lay the user's own words over that, metrics, probes, status, order.
 */
import { checkAnnotations } from './annotations.ts'
import { decideForPod } from './decision.ts'
import { engineOf, imageOf } from './engine.ts'
import { fieldsOf } from './fields.ts'
import { proxyUser } from './openshift.ts'
import { orderContainers } from './order.ts'
import { applyOverrides } from './overrides.ts'
import { type Workload, workloadOf } from './owner.ts'
import {
  annotationsOf,
  asPod,
  findContainer,
  findProxy,
  labelsOf,
  type Pod,
  PROXY,
  replaceContainer,
  withAnnotations,
  withContainers,
} from './pod.ts'
import { previousInjection, withoutPrevious } from './previous.ts'
import { rewriteProbes } from './probes.ts'
import { mergePrometheus } from './prometheus.ts'
import { proxyConfigOf } from './proxy-config.ts'
import { type InjectionSettings, type NamespaceFacts, STATUS_ANNOTATION } from './settings.ts'
import { strategicMerge } from './strategic-merge.ts'
import type { TemplateInput } from './template/input.ts'
import { holdsApplication } from './template/sidecar.ts'
import { templatesOf } from './templates.ts'

export interface InjectionRequest {
  readonly pod: Pod
  readonly namespace: NamespaceFacts
  /** Where the pod is the template of something. @default by its owner references */
  readonly workload?: Workload
  readonly settings: InjectionSettings
}

export type Injection =
  | { readonly kind: 'injected'; readonly pod: Pod }
  /** `reason` follows on the pod's name: "has host networking enabled". */
  | { readonly kind: 'skipped'; readonly reason: string }

/** @throws InjectionError */
export function injectPod(request: InjectionRequest): Injection {
  const { pod, namespace, settings } = request
  const decision = decideForPod(pod, namespace.name, settings)
  if (!decision.inject) return { kind: 'skipped', reason: decision.reason }
  return { kind: 'injected', pod: inject(request) }
}

function inject(request: InjectionRequest): Pod {
  const { pod, settings } = request
  const { values, mesh } = settings
  checkAnnotations(annotationsOf(pod))
  const statusPort = mesh.defaultConfig?.statusPort || 15020
  const input = templateInput(request, withoutPrevious(pod, String(statusPort)))
  let merged: Pod = pod
  let template: Pod = { metadata: {}, spec: {} }
  for (const [name, make] of templatesOf(pod, values)) {
    const layer = make(input)
    template = asPod(strategicMerge(template, layer), `template ${name}`)
    // The user's words on the proxy stand in `containers`; a native sidecar is an init container.
    if (findContainer(PROXY, template.spec.initContainers) && findContainer(PROXY, merged.spec.containers))
      merged = asInitContainer(merged)
    merged = asPod(strategicMerge(merged, layer), `the pod with template ${name}`)
  }
  const { proxyConfig } = input
  merged = applyOverrides(merged, pod, template, proxyConfig.interceptionMode ?? 'REDIRECT')
  merged = withEnvironment(merged, settings.proxyEnvironment ?? {})
  merged = mergePrometheus(merged, mesh.enablePrometheusMerge ?? true, statusPort)
  merged = rewriteProbes(merged, {
    rewrites: values.flag('sidecarInjectorWebhook.rewriteAppHTTPProbe'),
    statusPort,
    reinjected: previousInjection(pod) !== undefined,
  })
  merged = withMetadata(merged, template, request, input)
  return orderContainers(merged, holdsApplication({ proxyConfig, values }))
}

function templateInput({ pod: original, namespace, workload, settings }: InjectionRequest, pod: Pod): TemplateInput {
  const { values, mesh } = settings
  const proxyConfig = proxyConfigOf(original, namespace.name, settings)
  const engine = engineOf(pod, namespace, settings)
  const native = annotationsOf(pod)['sidecar.istio.io/nativeSidecar']
  return {
    pod,
    workload: workload ?? workloadOf(original, namespace.name),
    proxyConfig,
    mesh,
    values,
    revision: settings.revision ?? (values.text('revision') || 'default'),
    native: native === undefined ? (settings.nativeSidecars ?? true) : native === 'true',
    engine,
    image: imageOf(pod, engine, proxyConfig, values),
    ...proxyUser(namespace),
    legacyFsGroup: settings.legacyFsGroup ?? false,
  }
}

function asInitContainer(pod: Pod): Pod {
  const proxy = findContainer(PROXY, pod.spec.containers)
  if (proxy === undefined) return pod
  const others = pod.spec.containers?.filter(container => container !== proxy)
  return withContainers(pod, others, [...(pod.spec.initContainers ?? []), proxy])
}

function withEnvironment(pod: Pod, environment: Readonly<Record<string, string>>): Pod {
  const proxy = findProxy(pod)
  const wanted = Object.entries(environment)
  if (proxy === undefined || wanted.length === 0) return pod
  return replaceContainer(pod, proxy.name, each => ({
    ...each,
    env: [
      ...(each.env ?? []).filter(({ name }) => !Object.hasOwn(environment, name)),
      ...wanted.map(([name, value]) => ({ name, value })),
    ],
  }))
}

function withMetadata(pod: Pod, template: Pod, { settings }: InjectionRequest, { revision, values }: TemplateInput): Pod {
  const network =
    labelsOf(pod)[NETWORK] ?? settings.proxyEnvironment?.['ISTIO_META_NETWORK'] ?? (values.text('global.network') || undefined)
  const injected = Object.entries(values.fields('sidecarInjectorWebhook.injectedAnnotations')).map(
    ([name, value]) => [name, String(value)] as const,
  )
  const labelled =
    network === undefined ? pod : { ...pod, metadata: { ...pod.metadata, labels: { ...labelsOf(pod), [NETWORK]: network } } }
  return withAnnotations(labelled, {
    [STATUS_ANNOTATION]: statusText(template, revision),
    ...Object.fromEntries(injected),
  })
}

const NETWORK = 'topology.istio.io/network'

/** What was added, by name: a later injection takes it back, and tools show it. */
function statusText({ spec }: Pod, revision: string): string {
  const names = (list: unknown) => (Array.isArray(list) && list.length > 0 ? list.map(item => fieldsOf(item)['name']) : null)
  return JSON.stringify({
    initContainers: names(spec.initContainers),
    containers: names(spec.containers),
    volumes: names(spec['volumes']),
    imagePullSecrets: names(spec['imagePullSecrets']),
    revision,
  })
}
