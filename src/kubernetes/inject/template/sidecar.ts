/** The template `sidecar`: a proxy beside the application, and what leads the pod's traffic to it. */
import type { Fields } from '../fields.ts'
import { labelsOf, PROXY } from '../pod.ts'
import { imageFields, METRICS_PORT, ownLifecycle, probes, proxyArguments, pullSecrets, resources } from './container.ts'
import { proxyVariables } from './environment.ts'
import { captureAnnotations, initContainer } from './init-container.ts'
import { interceptionMode, setting, statusPort, type Template, type TemplateInput } from './input.ts'
import { canonicalLabels, usualAnnotations } from './metadata.ts'
import { searchDomains } from './search-domains.ts'
import { mounts, type VolumeOptions, volumes } from './volumes.ts'

const VOLUMES: VolumeOptions = { revocations: true, channel: 'istio-envoy' }

export const sidecar: Template = input => {
  const labels = labelsOf(input.pod)
  const proxy = proxyContainer(input)
  const prepared = interceptionMode(input) === 'NONE' ? [] : [initContainer(input)]
  const tunnel = input.proxyConfig.proxyMetadata?.['ISTIO_META_ENABLE_HBONE'] === 'true'
  return {
    metadata: {
      labels: {
        'security.istio.io/tlsMode': labels['security.istio.io/tlsMode'] || 'istio',
        ...(tunnel && { 'networking.istio.io/tunnel': labels['networking.istio.io/tunnel'] || 'http' }),
        ...canonicalLabels(input),
      },
      annotations: { ...usualAnnotations(input), ...captureAnnotations(input) },
    },
    spec: {
      ...(input.native
        ? { initContainers: [...prepared, proxy] }
        : { ...(prepared.length > 0 && { initContainers: prepared }), containers: [proxy] }),
      volumes: volumes(input, VOLUMES),
      ...searchDomains(input),
      ...pullSecrets(input),
      ...(input.legacyFsGroup && { securityContext: { fsGroup: 1337 } }),
    },
  }
}

function proxyContainer(input: TemplateInput): Fields {
  const lifecycle = lifecycleOf(input)
  return {
    name: PROXY,
    ...imageFields(input),
    ...(input.native && { restartPolicy: 'Always' }),
    ports: [METRICS_PORT],
    args: proxyArguments(input, 'sidecar'),
    ...(lifecycle && { lifecycle }),
    env: proxyVariables(input),
    ...probes(input, { startup: true }),
    securityContext: securityContext(input),
    resources: resources(input),
    volumeMounts: mounts(input, VOLUMES),
  }
}

function lifecycleOf(input: TemplateInput): Fields | undefined {
  const own = ownLifecycle(input)
  if (own !== undefined) return own
  if (input.native) {
    // The application ends first and is drained meanwhile; the proxy gets SIGTERM when it is gone.
    const port = statusPort(input)
    return { preStop: { exec: { command: ['pilot-agent', 'request', `--debug-port=${port}`, 'POST', 'drain'] } } }
  }
  return holdsApplication(input) ? { postStart: { exec: { command: ['pilot-agent', 'wait'] } } } : undefined
}

/** The application's containers start when the proxy is ready. */
export function holdsApplication({ proxyConfig, values }: Pick<TemplateInput, 'proxyConfig' | 'values'>): boolean {
  return proxyConfig.holdApplicationUntilProxyStarts === true || values.flag('global.proxy.holdApplicationUntilProxyStarts')
}

function securityContext(input: TemplateInput): Fields {
  const { values, uid, gid, proxyConfig } = input
  const tproxy = interceptionMode(input) === 'TPROXY'
  const lowPorts = setting(input, 'sidecar.istio.io/capNetBindService', 'global.proxy.capNetBindService') === 'true'
  const seccomp = values.fields('global.proxy.seccompProfile')
  const more = Object.keys(seccomp).length > 0 ? { seccompProfile: seccomp } : {}
  if (proxyConfig.proxyMetadata?.['IPTABLES_TRACE_LOGGING'] === 'true')
    return {
      allowPrivilegeEscalation: true,
      capabilities: { add: ['NET_ADMIN'], drop: ['ALL'] },
      privileged: true,
      readOnlyRootFilesystem: true,
      runAsGroup: gid,
      runAsNonRoot: false,
      runAsUser: 0,
      ...more,
    }
  const privileged = values.flag('global.proxy.privileged')
  const add = [...(tproxy ? ['NET_ADMIN'] : []), ...(lowPorts ? ['NET_BIND_SERVICE'] : [])]
  const root = add.length > 0
  return {
    allowPrivilegeEscalation: privileged,
    capabilities: { ...(root && { add }), drop: ['ALL'] },
    privileged,
    readOnlyRootFilesystem: true,
    runAsGroup: root ? 1337 : gid,
    runAsNonRoot: !root,
    runAsUser: root ? 0 : uid,
    ...more,
  }
}
