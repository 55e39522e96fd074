/** The template `gateway`: the pod's container `istio-proxy` (image "auto") becomes a proxy for traffic from outside. */
import { PROXY } from '../pod.ts'
import { imageFields, METRICS_PORT, ownLifecycle, probes, proxyArguments, pullSecrets } from './container.ts'
import { proxyVariables } from './environment.ts'
import type { Template } from './input.ts'
import { canonicalLabels, usualAnnotations } from './metadata.ts'
import { mounts, type VolumeOptions, volumes } from './volumes.ts'

const VOLUMES: VolumeOptions = { revocations: false, channel: 'istio-envoy' }

export const gateway: Template = input => {
  const { values, uid, gid } = input
  const ownContext = values.fields('gateways.securityContext')
  const lifecycle = ownLifecycle(input)
  return {
    metadata: { labels: canonicalLabels(input), annotations: usualAnnotations(input) },
    spec: {
      securityContext:
        Object.keys(ownContext).length > 0
          ? ownContext
          : { sysctls: [{ name: 'net.ipv4.ip_unprivileged_port_start', value: '0' }] },
      containers: [
        {
          name: PROXY,
          ...imageFields(input),
          ports: [METRICS_PORT],
          args: proxyArguments(input, 'router'),
          ...(lifecycle && { lifecycle }),
          securityContext: { runAsUser: uid, runAsGroup: gid },
          env: proxyVariables(input),
          ...probes(input, { startup: false }),
          volumeMounts: mounts(input, VOLUMES),
        },
      ],
      volumes: volumes(input, VOLUMES),
      ...pullSecrets(input),
      ...(input.legacyFsGroup && { securityContext: { fsGroup: 1337 } }),
    },
  }
}
