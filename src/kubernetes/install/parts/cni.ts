/**
 * The CNI plugin on every node (`mizzen cni install` in a DaemonSet): it captures pods' traffic from outside of them, so that no pod needs rights of
 * its own for it.
 */
import type { Manifest } from '../manifest.ts'
import type { Names } from '../names.ts'
import type { Settings } from '../settings.ts'
import { binding, pullSecrets, role } from './access.ts'
import { imageOf, pullPolicy } from './image.ts'

const BIN = '/host/opt/cni/bin'
const CONFIG = '/host/etc/cni/net.d'

export function cniPlugin(settings: Settings, names: Names): Manifest[] {
  const { namespace } = names
  const name = `${names.controlPlane}-cni`
  const labels = { ...names.labels, 'k8s-app': name }
  const metadata = { name, namespace, labels }
  const clusterWide = { name: `${names.clusterRole}-cni`, labels }
  const rules = [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }]
  return [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata, ...pullSecrets(settings) },
    role('ClusterRole', clusterWide, rules),
    binding('ClusterRole', clusterWide.name, clusterWide, [{ kind: 'ServiceAccount', name, namespace }]),
    {
      apiVersion: 'apps/v1',
      kind: 'DaemonSet',
      metadata,
      spec: {
        selector: { matchLabels: { 'k8s-app': name } },
        template: {
          metadata: { labels: { ...labels, 'sidecar.istio.io/inject': 'false' } },
          spec: {
            serviceAccountName: name,
            ...pullSecrets(settings),
            // Before all pods whose traffic it is to capture, on every node, whatever keeps others away.
            priorityClassName: 'system-node-critical',
            tolerations: [{ operator: 'Exists' }],
            nodeSelector: { 'kubernetes.io/os': 'linux' },
            terminationGracePeriodSeconds: 5,
            containers: [installer(settings)],
            volumes: [
              { name: 'bin', hostPath: { path: settings.cni.cniBinDir, type: 'DirectoryOrCreate' } },
              { name: 'config', hostPath: { path: settings.cni.cniConfDir, type: 'DirectoryOrCreate' } },
            ],
          },
        },
      },
    },
  ]
}

function installer(settings: Settings): unknown {
  const { cniBinDir, cniConfDir, excludeNamespaces } = settings.cni
  return {
    name: 'install-cni',
    image: imageOf(settings, settings.pilot.image),
    ...pullPolicy(settings),
    args: [
      ...['cni', 'install', '--bin', BIN, '--config', CONFIG, '--host-bin', cniBinDir, '--host-config', cniConfDir],
      ...['--exclude-namespaces', excludeNamespaces],
    ],
    // The node's directories belong to root.
    securityContext: {
      runAsUser: 0,
      runAsGroup: 0,
      runAsNonRoot: false,
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'], add: ['DAC_OVERRIDE', 'CHOWN'] },
    },
    resources: { requests: { cpu: '10m', memory: '64Mi' } },
    volumeMounts: [
      { name: 'bin', mountPath: BIN },
      { name: 'config', mountPath: CONFIG },
    ],
  }
}
