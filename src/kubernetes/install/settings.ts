/**
 * What an installation can be told: one tree, in the names of Istio's Helm values where Istio has the setting, so that existing values files
 * and --set flags keep working. The same tree is the Helm chart's values. A value that is not in it is an error, never ignored.
 */
import { type Static, Type } from 'typebox'
import { mapOf, message, struct } from '../../api/schema/message.ts'

const text = (description: string) => Type.String({ description })
const flag = (description: string) => Type.Boolean({ description })
const count = (description: string, least = 0) => Type.Integer({ description, minimum: least, maximum: 10_000 })
const texts = (description: string) => mapOf(Type.String(), { description })
const anyMap = (description: string) => struct({ description })
const anyList = (description: string) => Type.Array(Type.Unknown(), { description })

/** How pods of ours are placed, scaled and sized. */
const workload = {
  replicaCount: count('replicas where nothing scales by itself'),
  autoscaleEnabled: flag('a HorizontalPodAutoscaler decides about replicas'),
  autoscaleMin: count('least replicas of the autoscaler', 1),
  autoscaleMax: count('most replicas of the autoscaler', 1),
  cpu: message({}, { targetAverageUtilization: count('percent of the CPU request that the autoscaler aims at', 1) }),
  resources: anyMap('requests and limits'),
  env: mapOf(Type.Union([Type.String(), Type.Number(), Type.Boolean()]), { description: 'additional environment variables' }),
  nodeSelector: texts('labels of nodes'),
  tolerations: anyList('tolerations of the pods'),
  affinity: anyMap('affinity of the pods'),
  topologySpreadConstraints: anyList('how replicas spread over zones and nodes'),
  podLabels: texts('additional labels of the pods'),
  podAnnotations: texts('additional annotations of the pods'),
  serviceAnnotations: texts('annotations of the Service'),
}

const GatewayPort = message(
  {
    nodePort: Type.Integer({ description: 'fixed port of the nodes', minimum: 1, maximum: 65_535 }),
    protocol: text('TCP or UDP'),
  },
  {
    port: Type.Integer({ minimum: 1, maximum: 65_535 }),
    targetPort: Type.Integer({ minimum: 1, maximum: 65_535 }),
    name: Type.String(),
  },
)

const InstalledGateway = message(
  {},
  {
    enabled: flag('whether it is installed'),
    name: text('of its Deployment and Service'),
    labels: texts('of its pods; selectors of Gateway resources go by these'),
    type: Type.Enum(['LoadBalancer', 'NodePort', 'ClusterIP'], { description: 'of its Service' }),
    ports: Type.Array(GatewayPort, { description: 'of its Service' }),
    externalTrafficPolicy: Type.Enum(['', 'Cluster', 'Local'], { description: 'Local keeps the address of clients' }),
    loadBalancerIP: text('address to ask the load balancer for'),
    ...workload,
  },
)
export type InstalledGateway = Static<typeof InstalledGateway>

export const Settings = message(
  {},
  {
    revision: text('name of this control plane beside others; empty: the default one'),
    global: message(
      {
        variant: text('suffix of the tags of images'),
        caAddress: text('where proxies get their certificates, if not from the control plane'),
        caName: text('kind of that authority'),
        pilotCertProvider: text('who signs the certificate of the control plane'),
        platform: text('"openshift" and the like'),
        logAsJson: flag('logs of proxies are JSON'),
        logging: anyMap('log levels of the agent'),
        mountMtlsCerts: flag('a Secret with certificates is mounted into proxies'),
        nativeNftables: flag('traffic is captured by nftables'),
        podDNSSearchNamespaces: anyList('search domains that injected pods get'),
        sds: anyMap('audience of the tokens of proxies'),
        sts: anyMap('token exchange'),
      },
      {
        trustBundleName: text(
          'ConfigMap with the root certificate in every namespace: another one for each of several meshes in a cluster',
        ),
        hub: text('where images are pulled from'),
        tag: text('tag of the images'),
        imagePullPolicy: Type.Enum(['', 'Always', 'IfNotPresent', 'Never'], {
          description: 'empty: as Kubernetes decides by the tag',
        }),
        imagePullSecrets: Type.Array(Type.String(), { description: 'names of Secrets for the registry' }),
        istioNamespace: text('namespace of the control plane and root namespace of the mesh'),
        priorityClassName: text('of control plane and gateways'),
        meshID: text('name of the mesh, in telemetry'),
        network: text('network that the pods of this cluster are in'),
        multiCluster: message({}, { clusterName: text('name of this cluster') }),
        proxy: anyMap('the sidecar: image, resources, logLevel, excludeIPRanges and so on, as injection reads them'),
        proxy_init: anyMap('the init container, as injection reads it'),
      },
    ),
    pilot: message(
      { cni: anyMap('enabled, provider: a CNI plugin captures traffic, pods need no init container for it') },
      {
        enabled: flag('whether the control plane is installed'),
        image: text('name of the image, or a whole reference with a "/" in it'),
        ...workload,
      },
    ),
    sidecarInjectorWebhook: message(
      {
        templates: texts('additional templates of injection'),
        defaultTemplates: Type.Array(Type.String(), { description: 'templates of pods that name none' }),
        aliases: anyMap('names that stand for several templates'),
      },
      {
        enableNamespacesByDefault: flag('pods are injected unless their namespace says no'),
        rewriteAppHTTPProbe: flag("kubelet's HTTP probes go through the sidecar"),
        neverInjectSelector: anyList('label selectors of pods that never get a sidecar'),
        alwaysInjectSelector: anyList('label selectors of pods that always get one'),
        injectedAnnotations: texts('annotations that injected pods get'),
        reinvocationPolicy: Type.Enum(['Never', 'IfNeeded'], { description: 'IfNeeded: asked again after other webhooks' }),
        failurePolicy: Type.Enum(['Fail', 'Ignore'], {
          description: 'Ignore: pods start without a sidecar while no control plane answers',
        }),
      },
    ),
    cni: message(
      {},
      {
        enabled: flag('a CNI plugin on every node captures traffic: pods need no rights and no init container for it'),
        cniBinDir: text("the nodes' directory of CNI plugins"),
        cniConfDir: text("the nodes' directory of CNI configurations"),
        excludeNamespaces: text('namespaces whose pods it never looks at, with commas'),
      },
    ),
    base: message(
      {},
      {
        installCRDs: flag("whether the mesh's CRDs are installed"),
        gatewayAPI: Type.Enum(['missing', 'never'], {
          description: "missing: the Gateway API's CRDs are installed where there are none",
        }),
        validationFailurePolicy: Type.Enum(['Fail', 'Ignore'], {
          description: 'Fail: no configuration is taken while no control plane answers',
        }),
      },
    ),
    meshConfig: anyMap('MeshConfig, as the ConfigMap "istio" will hold it'),
    meshNetworks: anyMap('networks of a mesh over several, by name'),
    gateways: message({}, { 'istio-ingressgateway': InstalledGateway, 'istio-egressgateway': InstalledGateway }),
  },
)
export type Settings = Static<typeof Settings>

/** The part that control plane and gateways have in common. */
export type WorkloadSettings = Pick<Settings['pilot'], keyof typeof workload>
