/**
 * What a Gateway of the Gateway API runs as: service account, Deployment and Service, and an autoscaler and a disruption budget where its parameters
 * ask for them. Pure; names and labels as Istio's, so that selectors and tools find them.
 */
import type { ConfigMap, KubernetesGateway } from '../../api/registry.ts'
import { gatewayLabel, infrastructureName } from '../../compile/gateway-api/infrastructure-name.ts'
import { type Fields, fieldsOf } from '../inject/fields.ts'
import { injectPod } from '../inject/inject.ts'
import { asPod } from '../inject/pod.ts'
import type { InjectionSettings, NamespaceFacts } from '../inject/settings.ts'
import { strategicMerge } from '../inject/strategic-merge.ts'
import { gatewayPorts } from './gateway-ports.ts'
import { type Parameter, readParameters } from './parameters.ts'

export interface GatewayRequest {
  readonly gateway: KubernetesGateway
  /** Of its listeners, those of ListenerSets too. */
  readonly listeners: readonly { readonly port: number; readonly protocol: string }[]
  readonly namespace: NamespaceFacts
  /** What infrastructure.parametersRef and the class name. */
  readonly parameters: readonly ConfigMap[]
  readonly settings: InjectionSettings
}

/** An object to apply, and the list it belongs to. */
export interface GatewayObject {
  /** "/apis/apps/v1/namespaces/shop/deployments" */
  readonly list: string
  readonly name: string
  readonly body: Fields
}

export const GATEWAY_NAME = 'gateway.networking.k8s.io/gateway-name'
export const MANAGED = 'gateway.istio.io/managed'
/** Its value there: Istio's controller leaves alone what is not its own. */
export const MANAGED_BY = 'mizzen.dev-gateway-controller'
const GATEWAY_CLASS = 'gateway.networking.k8s.io/gateway-class-name'
const SERVICE_TYPE = 'networking.istio.io/service-type'

const LISTS: Readonly<Record<Parameter, { readonly apiVersion: string; readonly kind: string; readonly plural: string }>> = {
  serviceAccount: { apiVersion: 'v1', kind: 'ServiceAccount', plural: 'serviceaccounts' },
  deployment: { apiVersion: 'apps/v1', kind: 'Deployment', plural: 'deployments' },
  service: { apiVersion: 'v1', kind: 'Service', plural: 'services' },
  horizontalPodAutoscaler: { apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler', plural: 'horizontalpodautoscalers' },
  podDisruptionBudget: { apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', plural: 'poddisruptionbudgets' },
}

/** @throws InjectionError, or an Error in a sentence for parameters that cannot be used */
export function gatewayObjects(request: GatewayRequest): readonly GatewayObject[] {
  const { gateway, parameters } = request
  const name = infrastructureName(gateway)
  const overlays = readParameters(parameters)
  const made: Readonly<Partial<Record<Parameter, Fields>>> = {
    serviceAccount: {},
    deployment: deployment(request, name),
    service: service(request),
    ...(overlays.horizontalPodAutoscaler && {
      horizontalPodAutoscaler: { spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name } } },
    }),
    ...(overlays.podDisruptionBudget && { podDisruptionBudget: { spec: { selector: { matchLabels: selectorOf(gateway) } } } }),
  }
  return Object.entries(made).map(([parameter, fields]) => {
    const { apiVersion, kind, plural } = LISTS[parameter as Parameter] // the keys of `made`
    const overlay = overlays[parameter as Parameter]
    const whole = { apiVersion, kind, metadata: metadata(gateway, name), ...fields }
    const root = apiVersion === 'v1' ? '/api/v1' : `/apis/${apiVersion}`
    return {
      list: `${root}/namespaces/${gateway.namespace}/${plural}`,
      name,
      body: overlay ? strategicMerge(whole, overlay) : whole,
    }
  })
}

function selectorOf({ name }: KubernetesGateway): Fields {
  return { [GATEWAY_NAME]: gatewayLabel(name) }
}

function labelsOf(gateway: KubernetesGateway): Readonly<Record<string, string>> {
  const { name, labels, spec } = gateway
  const own = spec.infrastructure?.labels ?? labels
  return { ...own, [GATEWAY_NAME]: gatewayLabel(name), [GATEWAY_CLASS]: spec.gatewayClassName }
}

function annotationsOf({ annotations, spec }: KubernetesGateway): Readonly<Record<string, string>> {
  return spec.infrastructure?.annotations ?? annotations
}

function metadata(gateway: KubernetesGateway, name: string): Fields {
  const { namespace, apiVersion, kind, uid } = gateway
  return {
    name,
    namespace,
    labels: { ...labelsOf(gateway), [MANAGED]: MANAGED_BY },
    annotations: annotationsOf(gateway),
    // With the Gateway everything goes.
    ownerReferences: [{ apiVersion, kind, name: gateway.name, uid: uid ?? '', controller: true, blockOwnerDeletion: false }],
  }
}

function service({ gateway, listeners }: GatewayRequest): Fields {
  const asked = (gateway.spec.addresses ?? []).flatMap(({ type = 'IPAddress', value }) =>
    type === 'IPAddress' && value ? [value] : [],
  )
  const [loadBalancerIP] = asked
  return {
    spec: {
      type: annotationsOf(gateway)[SERVICE_TYPE] ?? 'LoadBalancer',
      ipFamilyPolicy: 'PreferDualStack',
      selector: selectorOf(gateway),
      ports: gatewayPorts(listeners),
      ...(loadBalancerIP && { loadBalancerIP }),
    },
  }
}

/** The pod's template as the webhook would make it, so that it does not depend on the webhook. */
function deployment({ gateway, namespace, settings }: GatewayRequest, name: string): Fields {
  const labels = labelsOf(gateway)
  const pod = asPod(
    {
      metadata: {
        labels: { ...labels, 'sidecar.istio.io/inject': 'true', 'service.istio.io/canonical-name': name },
        annotations: { ...annotationsOf(gateway), 'inject.istio.io/templates': 'gateway' },
      },
      spec: {
        serviceAccountName: name,
        terminationGracePeriodSeconds: 30,
        containers: [
          {
            name: 'istio-proxy',
            image: 'auto',
            ports: [{ name: 'status-port', containerPort: 15_021, protocol: 'TCP' }],
            resources: { requests: { cpu: '100m', memory: '128Mi' }, limits: { cpu: '2', memory: '1Gi' } },
          },
        ],
      },
    },
    `Gateway ${gateway.namespace}/${gateway.name}`,
  )
  const workload = { apiVersion: 'apps/v1', kind: 'Deployment', name, namespace: gateway.namespace }
  const injected = injectPod({ pod, namespace, workload, settings })
  const { metadata: head, spec } = injected.kind === 'injected' ? injected.pod : pod
  return {
    spec: {
      selector: { matchLabels: selectorOf(gateway) },
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '100%', maxUnavailable: 0 } },
      template: {
        // It has its proxy: the webhook is not to look at it again.
        metadata: { ...fieldsOf(head), labels: { ...fieldsOf(head.labels), 'sidecar.istio.io/inject': 'false' } },
        spec,
      },
    },
  }
}
