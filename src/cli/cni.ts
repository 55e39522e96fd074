/** `mizzen cni`: the CNI plugin, as a container runtime calls it, and `mizzen cni install`, which puts it on a node. */
import path from 'node:path'
import { text as textOf } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'
import { ApiServer } from '../kubernetes/client/api-server.ts'
import { kubeconfigAccess } from '../kubernetes/client/kubeconfig.ts'
import { type InstallerOptions, installConfig, installProgram, uninstallConfig } from '../kubernetes/cni/installer.ts'
import { runPlugin } from '../kubernetes/cni/plugin.ts'
import { asPod } from '../kubernetes/inject/pod.ts'
import { installation } from '../run/installation.ts'
import { durationMs, parseFlags, UsageError } from './flags.ts'
import { EXIT, type Io } from './io.ts'
import { untilSignal } from './until-signal.ts'

export const USAGE = `Usage: mizzen cni              (called by the container runtime, with CNI_COMMAND in its environment)
       mizzen cni install

Leads pods' traffic to their proxies from outside of them, so that no pod needs NET_ADMIN. "install" runs in a DaemonSet with the
directories of the node mounted, and puts the plugin behind the network that the node has.

      --bin DIR, --config DIR            the node's directories, as this pod sees them (default /host/opt/cni/bin, /host/etc/cni/net.d)
      --host-bin DIR, --host-config DIR  as the node sees them (default /opt/cni/bin, /etc/cni/net.d)
      --exclude-namespaces NAMES         pods that are never looked at (default kube-system)
      --every TIME                       how often the node's configuration is looked at (default 30s)
      --once                             install, and end
`

export async function run(args: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = parseFlags(
    'cni',
    args,
    {
      bin: { type: 'string', default: '/host/opt/cni/bin' },
      config: { type: 'string', default: '/host/etc/cni/net.d' },
      'host-bin': { type: 'string', default: '/opt/cni/bin' },
      'host-config': { type: 'string', default: '/etc/cni/net.d' },
      'exclude-namespaces': { type: 'string', default: 'kube-system' },
      every: { type: 'string', default: '30s' },
      once: { type: 'boolean', default: false },
    },
    1,
  )
  if (values.help) {
    io.stdout.write(USAGE)
    return EXIT.ok
  }
  const [what] = positionals
  if (what === undefined) return plugin(io)
  if (what !== 'install') throw new UsageError(`Cannot run "mizzen cni ${what}": expected "mizzen cni install"`)
  const account = '/var/run/secrets/kubernetes.io/serviceaccount'
  const options: InstallerOptions = {
    paths: {
      binDirectory: values.bin,
      configDirectory: values.config,
      hostBinDirectory: values['host-bin'],
      hostConfigDirectory: values['host-config'],
    },
    program: path.dirname(path.dirname(installation().mizzen[1])),
    node: process.execPath,
    server: `https://${bracketed(io.env['KUBERNETES_SERVICE_HOST'] ?? 'kubernetes.default.svc')}:${io.env['KUBERNETES_SERVICE_PORT'] ?? '443'}`,
    rootsFile: path.join(account, 'ca.crt'),
    tokenFile: path.join(account, 'token'),
    excludeNamespaces: values['exclude-namespaces'].split(',').filter(Boolean),
  }
  return install(options, durationMs('every', values.every), values.once, io)
}

async function install(options: InstallerOptions, everyMs: number, once: boolean, io: Io): Promise<number> {
  installProgram(options)
  const end = untilSignal()
  for (;;) {
    const changed = installConfig(options)
    if (changed !== undefined) io.stdout.write(`mizzen-cni is part of ${changed}\n`)
    if (once) return EXIT.ok
    try {
      await delay(everyMs, undefined, { signal: end })
    } catch {
      uninstallConfig(options.paths)
      io.stdout.write('mizzen-cni is out of the configuration of this node\n')
      return EXIT.ok
    }
  }
}

async function plugin(io: Io): Promise<number> {
  const command = io.env['CNI_COMMAND']
  if (command === undefined)
    throw new UsageError('Cannot run the CNI plugin: expected CNI_COMMAND, as a container runtime sets it')
  const { code, output } = await runPlugin({
    env: io.env,
    input: command === 'VERSION' ? '' : await textOf(io.stdin),
    // Standard output belongs to the protocol.
    say: sentence => io.stderr.write(`${sentence}\n`),
    async readPod(namespace, name, { kubeconfig }) {
      const api = new ApiServer(await kubeconfigAccess({ file: typeof kubeconfig === 'string' ? kubeconfig : undefined }))
      try {
        return asPod(await api.json({ path: `/api/v1/namespaces/${namespace}/pods/${name}` }), `pod ${namespace}/${name}`)
      } finally {
        api.close()
      }
    },
  })
  if (output !== '') io.stdout.write(`${output}\n`)
  return code
}

function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host
}
