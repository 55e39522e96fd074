/** The control plane: Service and Deployment. */
import { ENVIRONMENT, PORTS } from '../../control-plane-needs.ts'
import type { Manifest } from '../manifest.ts'
import type { Names } from '../names.ts'
import type { Settings } from '../settings.ts'
import { imageOf, pullPolicy } from './image.ts'
import { envOf, placement, replicas, scaling } from './workload.ts'

/** Its pods; "app" and "istio" as istiod's, because scrape rules and dashboards find it by these. */
export function controlPlaneSelector(names: Names): Record<string, string> {
  return { app: 'istiod', 'istio.io/rev': names.revision }
}

export function controlPlane(settings: Settings, names: Names): Manifest[] {
  const { namespace, labels } = names
  const { pilot } = settings
  const selector = controlPlaneSelector(names)
  const scaled = { name: names.controlPlane, namespace, labels, selector }
  return [
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: {
        name: names.service,
        namespace,
        labels: { ...labels, app: 'istiod', istio: 'pilot' },
        ...(Object.keys(pilot.serviceAnnotations).length > 0 && { annotations: pilot.serviceAnnotations }),
      },
      spec: {
        selector,
        ports: [
          { name: 'https-dns', port: PORTS.xds, protocol: 'TCP' },
          { name: 'https-webhook', port: 443, targetPort: PORTS.webhook, protocol: 'TCP' },
          { name: 'http-monitoring', port: PORTS.monitoring, protocol: 'TCP' },
        ],
      },
    },
    deployment(settings, names, selector),
    ...scaling(scaled, pilot),
  ]
}

function deployment(settings: Settings, names: Names, selector: Readonly<Record<string, string>>): Manifest {
  const { namespace, labels } = names
  const { pilot } = settings
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: names.controlPlane, namespace, labels: { ...labels, app: 'istiod', istio: 'pilot' } },
    spec: {
      ...replicas(pilot),
      // The new replica serves before an old one goes: proxies reconnect to one that is there.
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
      selector: { matchLabels: selector },
      template: {
        metadata: {
          // A control plane that waits for its own webhook would wait for ever.
          labels: { ...labels, ...selector, istio: 'pilot', 'sidecar.istio.io/inject': 'false', ...pilot.podLabels },
          annotations: {
            'prometheus.io/scrape': 'true',
            'prometheus.io/port': String(PORTS.monitoring),
            'sidecar.istio.io/inject': 'false',
            ...pilot.podAnnotations,
          },
        },
        spec: {
          serviceAccountName: names.controlPlane,
          securityContext: {
            runAsNonRoot: true,
            runAsUser: 1337,
            runAsGroup: 1337,
            fsGroup: 1337,
            seccompProfile: { type: 'RuntimeDefault' },
          },
          containers: [container(settings, names)],
          volumes: [
            { name: 'tmp', emptyDir: { medium: 'Memory', sizeLimit: '64Mi' } },
            // An authority of one's own, in the files of Istio's Secret; mizzen makes one where there is none.
            { name: 'cacerts', secret: { secretName: 'cacerts', optional: true } },
          ],
          ...placement(pilot, settings),
        },
      },
    },
  }
}

function container(settings: Settings, names: Names): unknown {
  const { pilot, global } = settings
  const field = (name: string, fieldPath: string) => ({ name, valueFrom: { fieldRef: { fieldPath } } })
  return {
    name: 'discovery',
    image: imageOf(settings, pilot.image),
    ...pullPolicy(settings),
    // Everything else it knows from being a pod.
    args: ['control-plane', '--kubernetes'],
    ports: [
      { name: 'https-xds', containerPort: PORTS.xds, protocol: 'TCP' },
      { name: 'https-webhook', containerPort: PORTS.webhook, protocol: 'TCP' },
      { name: 'http-monitoring', containerPort: PORTS.monitoring, protocol: 'TCP' },
    ],
    readinessProbe: {
      httpGet: { path: '/ready', port: PORTS.monitoring },
      initialDelaySeconds: 1,
      periodSeconds: 2,
      timeoutSeconds: 5,
    },
    env: [
      { name: ENVIRONMENT.revision, value: names.revision },
      { name: 'CLUSTER_ID', value: global.multiCluster.clusterName },
      field(ENVIRONMENT.pod, 'metadata.name'),
      field(ENVIRONMENT.namespace, 'metadata.namespace'),
      field('SERVICE_ACCOUNT', 'spec.serviceAccountName'),
      { name: ENVIRONMENT.trustBundle, value: global.trustBundleName },
      ...envOf(pilot),
    ],
    resources: pilot.resources,
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      runAsNonRoot: true,
      capabilities: { drop: ['ALL'] },
    },
    volumeMounts: [
      { name: 'tmp', mountPath: '/tmp' },
      { name: 'cacerts', mountPath: '/etc/cacerts', readOnly: true },
    ],
  }
}
