/**
 * Templates for gRPC applications that read xDS themselves: `grpc-agent` puts an agent beside them that gets certificates and carries their
 * configuration stream; `grpc-simple` only writes the file that their libraries start from.
 */
import { PROXY } from '../pod.ts'
import { imageFields, probes, proxyArguments, pullSecrets, resources } from './container.ts'
import { identityVariables, meshVariables, podVariables } from './environment.ts'
import { statusPort, type Template } from './input.ts'
import { applications, canonicalLabels, usualAnnotations } from './metadata.ts'
import { mounts, type VolumeOptions, volumes } from './volumes.ts'

const VOLUMES: VolumeOptions = { revocations: false, channel: 'istio-xds' }
/** Probes of an application without a proxy reach it by themselves. */
const KEEPS_PROBES = { 'sidecar.istio.io/rewriteAppHTTPProbers': 'false' }

export const grpcAgent: Template = input => {
  const certificates = mounts(input, VOLUMES).filter(
    ({ mountPath }) => mountPath === '/var/run/secrets/workload-spiffe-credentials',
  )
  return {
    metadata: { labels: canonicalLabels(input), annotations: { ...usualAnnotations(input), ...KEEPS_PROBES } },
    spec: {
      containers: [
        {
          name: PROXY,
          ...imageFields(input),
          ports: [{ containerPort: 15020, protocol: 'TCP', name: 'mesh-metrics' }],
          args: proxyArguments(input, 'sidecar'),
          lifecycle: {
            postStart: { exec: { command: ['pilot-agent', 'wait', '--url=http://localhost:15020/healthz/ready'] } },
          },
          env: [
            { name: 'ISTIO_META_GENERATOR', value: 'grpc' },
            { name: 'OUTPUT_CERTS', value: '/var/lib/istio/data' },
            ...identityVariables(input),
            ...podVariables(input),
            ...meshVariables(input),
            // xds:///name needs no address: the library asks the control plane.
            { name: 'ISTIO_META_DNS_CAPTURE', value: 'false' },
            { name: 'DISABLE_ENVOY', value: 'true' },
          ],
          ...probes(input, { startup: false, port: Number(statusPort(input)) }),
          resources: resources(input),
          volumeMounts: mounts(input, VOLUMES),
        },
        ...applications(input).map(name => ({
          name,
          env: [
            { name: 'GRPC_XDS_EXPERIMENTAL_SECURITY_SUPPORT', value: 'true' },
            { name: 'GRPC_XDS_BOOTSTRAP', value: '/etc/istio/proxy/grpc-bootstrap.json' },
          ],
          volumeMounts: [
            { mountPath: '/var/lib/istio/data', name: 'istio-data' },
            { mountPath: '/etc/istio/proxy', name: 'istio-xds' },
            ...certificates,
          ],
        })),
      ],
      volumes: volumes(input, VOLUMES),
      ...pullSecrets(input),
      ...(input.legacyFsGroup && { securityContext: { fsGroup: 1337 } }),
    },
  }
}

const DATA = '/var/lib/grpc/data'
const BOOTSTRAP = `${DATA}/bootstrap.json`

export const grpcSimple: Template = input => ({
  metadata: { annotations: KEEPS_PROBES },
  spec: {
    initContainers: [
      {
        name: 'grpc-bootstrap-init',
        ...imageFields(input),
        args: ['grpc-bootstrap', '--output', BOOTSTRAP],
        volumeMounts: [{ mountPath: `${DATA}/`, name: 'grpc-io-proxyless-bootstrap' }],
        env: [
          { name: 'INSTANCE_IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
          { name: 'POD_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
          { name: 'POD_NAMESPACE', valueFrom: { fieldRef: { fieldPath: 'metadata.namespace' } } },
          { name: 'ISTIO_NAMESPACE', value: input.values.text('global.istioNamespace') },
        ],
      },
    ],
    containers: applications(input).map(name => ({
      name,
      env: [{ name: 'GRPC_XDS_BOOTSTRAP', value: BOOTSTRAP }],
      volumeMounts: [{ mountPath: `${DATA}/`, name: 'grpc-io-proxyless-bootstrap' }],
    })),
    volumes: [{ name: 'grpc-io-proxyless-bootstrap', emptyDir: {} }],
  },
})
