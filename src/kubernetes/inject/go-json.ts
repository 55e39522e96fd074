/** JSON as Kubernetes' own types print it: the order of their fields. Users compare such texts, and so do re-injections. */
import { isFields } from './fields.ts'

const ORDER: readonly string[] = [
  ...['name', 'image', 'command', 'args', 'workingDir'],
  ...['hostPort', 'containerPort', 'protocol', 'hostIP', 'ports', 'envFrom', 'env', 'value', 'valueFrom'],
  ...['limits', 'requests', 'resources', 'resizePolicy', 'restartPolicy', 'restartPolicyRules'],
  ...[
    'readOnly',
    'recursiveReadOnly',
    'mountPath',
    'subPath',
    'mountPropagation',
    'subPathExpr',
    'volumeMounts',
    'volumeDevices',
  ],
  ...['exec', 'path', 'port', 'service', 'host', 'scheme', 'httpHeaders', 'httpGet', 'tcpSocket', 'grpc'],
  ...[
    'initialDelaySeconds',
    'timeoutSeconds',
    'periodSeconds',
    'successThreshold',
    'failureThreshold',
    'terminationGracePeriodSeconds',
  ],
  ...['livenessProbe', 'readinessProbe', 'startupProbe', 'postStart', 'preStop', 'lifecycle'],
  ...['terminationMessagePath', 'terminationMessagePolicy', 'imagePullPolicy'],
  ...['add', 'drop', 'capabilities', 'privileged', 'seLinuxOptions', 'windowsOptions', 'runAsUser', 'runAsGroup', 'runAsNonRoot'],
  ...['readOnlyRootFilesystem', 'allowPrivilegeEscalation', 'procMount', 'seccompProfile', 'appArmorProfile', 'securityContext'],
  ...['stdin', 'stdinOnce', 'tty'],
]
const RANK: ReadonlyMap<string, number> = new Map(ORDER.map((name, at) => [name, at]))

export function goJson(value: unknown): string {
  return JSON.stringify(ordered(value))
}

function ordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(ordered)
  if (!isFields(value)) return value
  const rank = (name: string) => RANK.get(name) ?? ORDER.length
  const entries = Object.entries(value).toSorted(([a], [b]) => rank(a) - rank(b) || (a < b ? -1 : 1))
  return Object.fromEntries(entries.map(([name, field]) => [name, ordered(field)]))
}
