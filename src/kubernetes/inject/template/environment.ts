/** The environment of the proxy: who and where it is, and how it is to start. */
import { type Fields, fieldsOf } from '../fields.ts'
import { goJson } from '../go-json.ts'
import { ownerText } from '../owner.ts'
import { annotationsOf, InjectionError, labelsOf } from '../pod.ts'
import { proxyConfigText } from '../proxy-config.ts'
import { interceptionMode, type TemplateInput, trustDomain } from './input.ts'
import { applications } from './metadata.ts'

interface Variable {
  readonly name: string
  readonly value?: string
  readonly valueFrom?: Fields
}

const field = (name: string, fieldPath: string): Variable => ({ name, valueFrom: { fieldRef: { fieldPath } } })
const limit = (name: string, resource: string): Variable => ({
  name,
  valueFrom: { resourceFieldRef: { resource, divisor: '1' } },
})
/** A variable without a value has none written, as the API server prints it. */
const text = (name: string, value: string): Variable => (value === '' ? { name } : { name, value })
const textIf = (name: string, value: string): readonly Variable[] => (value === '' ? [] : [{ name, value }])

/** Name of the Service of the control plane. */
function controlPlane({ values }: TemplateInput): string {
  const revision = values.text('revision')
  return `istiod${revision === '' || revision === 'default' ? '' : `-${revision}`}.${values.text('global.istioNamespace')}.svc:15012`
}

/** Who the proxy is: what every kind of proxy is told. */
export function identityVariables(input: TemplateInput): readonly Variable[] {
  const { values, mesh } = input
  return [
    ...(mesh.inboundTrafficPolicy?.mode === 'LOCALHOST' ? [text('REWRITE_PROBE_LEGACY_LOCALHOST_DESTINATION', 'true')] : []),
    text('PILOT_CERT_PROVIDER', values.text('global.pilotCertProvider')),
    text('CA_ADDR', values.text('global.caAddress') || controlPlane(input)),
    field('POD_NAME', 'metadata.name'),
    field('POD_NAMESPACE', 'metadata.namespace'),
    field('INSTANCE_IP', 'status.podIP'),
    field('SERVICE_ACCOUNT', 'spec.serviceAccountName'),
    field('HOST_IP', 'status.hostIP'),
  ]
}

/** What the pod holds: the control plane compares it with services. */
export function podVariables(input: TemplateInput): readonly Variable[] {
  const ports = (input.pod.spec.containers ?? []).flatMap(container => container.ports ?? [])
  return [
    text('PROXY_CONFIG', proxyConfigText(input.proxyConfig)),
    text('ISTIO_META_POD_PORTS', `[\n${ports.map((port, at) => `    ${at === 0 ? '' : ','}${goJson(port)}\n`).join('')}]`),
    text('ISTIO_META_APP_CONTAINERS', applications(input).join(',')),
  ]
}

/** Where it is and what it belongs to, and what the user adds. */
export function meshVariables(input: TemplateInput): readonly Variable[] {
  const { pod, values, workload, proxyConfig } = input
  const annotations = annotationsOf(pod)
  const labels = labelsOf(pod)
  const trust = trustDomain(input)
  const workloadName = labels['service.istio.io/workload-name'] || workload.name
  return [
    text('ISTIO_META_CLUSTER_ID', values.text('global.multiCluster.clusterName') || 'Kubernetes'),
    field('ISTIO_META_NODE_NAME', 'spec.nodeName'),
    text('ISTIO_META_INTERCEPTION_MODE', interceptionMode(input)),
    ...textIf('ISTIO_META_NETWORK', labels['topology.istio.io/network'] ?? values.text('global.network')),
    ...textIf('ISTIO_META_WORKLOAD_NAME', workloadName),
    ...(workload.apiVersion !== '' && workload.name !== '' ? [text('ISTIO_META_OWNER', ownerText(workload))] : []),
    ...(annotations['sidecar.istio.io/bootstrapOverride'] === undefined
      ? []
      : [text('ISTIO_BOOTSTRAP_OVERRIDE', '/etc/istio/custom-bootstrap/custom_bootstrap.json')]),
    text('ISTIO_META_MESH_ID', values.text('global.meshID') || trust),
    text('TRUST_DOMAIN', trust),
    ...datadogVariables(input),
    ...(input.engine === 'mizzen' ? [] : [text('MIZZEN_ENGINE', input.engine)]),
    ...proxyMetadata(proxyConfig.proxyMetadata),
  ]
}

/** Where Datadog's tracer is chosen, the pod may say its environment in an annotation, as JSON. */
function datadogVariables({ pod, values }: TemplateInput): readonly Variable[] {
  const said = annotationsOf(pod)['apm.datadoghq.com/env']
  if (said === undefined || values.text('global.proxy.tracer') !== 'datadog') return []
  try {
    return proxyMetadata(JSON.parse(said))
  } catch {
    throw new InjectionError(
      `Cannot inject: annotation apm.datadoghq.com/env is ${JSON.stringify(said)}, expected an object in JSON`,
    )
  }
}

export function proxyMetadata(metadata: unknown): readonly Variable[] {
  const entries = Object.entries(fieldsOf(metadata)).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return entries.map(([name, value]) => text(name, String(value)))
}

/** All of it, for a sidecar or gateway. */
export function proxyVariables(input: TemplateInput): readonly Variable[] {
  return [
    ...identityVariables(input),
    limit('ISTIO_CPU_LIMIT', 'limits.cpu'),
    ...podVariables(input),
    limit('GOMEMLIMIT', 'limits.memory'),
    ...meshVariables(input),
  ]
}
