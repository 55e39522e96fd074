/** The gateways that an installation brings: a Deployment whose pods the injection makes gateways of, and its Service. */
import type { Manifest } from '../manifest.ts'
import type { Names } from '../names.ts'
import type { InstalledGateway, Settings } from '../settings.ts'
import { gatewayAccess, pullSecrets } from './access.ts'
import { envOf, placement, replicas, scaling } from './workload.ts'

export function gateway(settings: Settings, names: Names, wanted: InstalledGateway): Manifest[] {
  const { namespace } = names
  const { name, labels: own } = wanted
  const labels = { ...names.labels, ...own }
  const scaled = { name, namespace, labels, selector: own }
  return [
    ...gatewayAccess(settings, name, labels),
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: {
        name,
        namespace,
        labels,
        ...(Object.keys(wanted.serviceAnnotations).length > 0 && { annotations: wanted.serviceAnnotations }),
      },
      spec: {
        type: wanted.type,
        selector: own,
        ports: wanted.ports.map(port => ({ protocol: 'TCP', ...port })),
        ...(wanted.externalTrafficPolicy !== '' && { externalTrafficPolicy: wanted.externalTrafficPolicy }),
        ...(wanted.loadBalancerIP !== '' && { loadBalancerIP: wanted.loadBalancerIP }),
      },
    },
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name, namespace, labels },
      spec: {
        ...replicas(wanted),
        strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '100%', maxUnavailable: 0 } },
        selector: { matchLabels: own },
        template: podTemplate(settings, names, wanted, labels),
      },
    },
    ...scaling(scaled, wanted),
  ]
}

function podTemplate(
  settings: Settings,
  names: Names,
  wanted: InstalledGateway,
  labels: Readonly<Record<string, string>>,
): Record<string, unknown> {
  return {
    metadata: {
      labels: { ...labels, 'istio.io/rev': names.revision, 'sidecar.istio.io/inject': 'true', ...wanted.podLabels },
      annotations: { 'inject.istio.io/templates': 'gateway', ...wanted.podAnnotations },
    },
    spec: {
      serviceAccountName: `${wanted.name}-service-account`,
      ...pullSecrets(settings),
      securityContext: { seccompProfile: { type: 'RuntimeDefault' } },
      // Connections end by themselves before the pod is killed.
      terminationGracePeriodSeconds: 30,
      containers: [
        {
          name: 'istio-proxy',
          // Injection puts in the image of the proxy.
          image: 'auto',
          // Without a word the API server takes "auto" for something without a tag, which is pulled always.
          imagePullPolicy: settings.global.imagePullPolicy || 'IfNotPresent',
          ...(Object.keys(wanted.env).length > 0 && { env: envOf(wanted) }),
          resources: wanted.resources,
        },
      ],
      ...placement(wanted, settings),
    },
  }
}
