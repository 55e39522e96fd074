/** `mizzen control-plane [PATH...]` */
import { readFileSync } from 'node:fs'
import path from 'node:path'
import type { JSONWebKeySet } from 'jose'
import { painter, wantsColour } from '../run/laptop/console/paint.ts'
import { runControlPlane } from '../run/standalone.ts'
import { formatDiagnostic } from '../source/format.ts'
import type { ListenAddress } from '../xds/server/grpc.ts'
import type { ServerEvent } from '../xds/server/server-event.ts'
import { alertmanagerUrl } from './alertmanager-url.ts'
import { authorityFlags } from './authority-flags.ts'
import {
  CLUSTER_FLAGS,
  CLUSTER_USAGE,
  clusterAccess,
  clusterOptions,
  defaultsFor,
  gatewayControllerOf,
  revisionOf,
  rootNamespaceOf,
  serviceNames,
} from './control-plane-cluster.ts'
import { lifetimeMs, parseFlags, portNumber, UsageError } from './flags.ts'
import { EXIT, type Io } from './io.ts'
import { readSettings } from './read-mesh.ts'
import { untilSignal } from './until-signal.ts'

export const USAGE = `Usage: mizzen control-plane [PATH...]

Serves the configuration in files and directories, or in a Kubernetes cluster, to proxies over xDS (ADS, delta and state of the world), and
follows every change. In a pod it serves that pod's cluster; elsewhere one is named with --kubeconfig or --context.

${CLUSTER_USAGE}
      --secure-xds ADDRESS   where proxies connect with TLS, for configuration and certificates: HOST:PORT; may be given several times
                             (default 127.0.0.1:15012, and on all addresses of a pod)
      --xds ADDRESS          also without TLS: HOST:PORT or unix:/PATH. Whoever can connect there can read the configuration
      --status ADDRESS       the page of who has what: HOST:PORT (default 127.0.0.1:15014 or the next free port, and on all addresses of a pod)
      --alertmanager URL     alerts go there: http://alertmanager.monitoring:9093
      --webhooks ADDRESS     where the API server reaches the webhooks with TLS: HOST:PORT (default 0.0.0.0:15017 in a pod, else none)
      --state DIR            keeps the certificate authority (default $XDG_STATE_HOME/mizzen-control-plane)
      --cacerts DIR          an authority of your own, in the files of Istio's secret: ca-cert.pem, ca-key.pem, cert-chain.pem, root-cert.pem
      --ca-key-type TYPE     of the root that it makes: ecdsa-p256 (default) or rsa-2048
      --host NAME            name or address of this control plane in its certificate; may be given several times
      --token-issuer URL     a cluster whose service-account tokens count, with --token-keys
      --token-keys FILE|URL  the keys of that cluster (JWKS), https if not a file
      --mesh-config FILE     Istio's MeshConfig, read at the start; the ConfigMap "istio" of istio-system among the objects goes over it
      --mesh-networks FILE   Istio's MeshNetworks, likewise
      --certificate-ttl TIME life of workloads' certificates (default 24h)

Workloads show a token of that cluster or of "mizzen token", and their certificate once they have one. Each gets its own configuration only.
`

export async function run(args: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = parseFlags('control-plane', args, {
    'secure-xds': { type: 'string', multiple: true },
    webhooks: { type: 'string' },
    ...CLUSTER_FLAGS,
    xds: { type: 'string', multiple: true, default: [] },
    state: { type: 'string' },
    cacerts: { type: 'string' },
    'ca-key-type': { type: 'string' },
    host: { type: 'string', multiple: true, default: [] },
    'token-issuer': { type: 'string' },
    'token-keys': { type: 'string' },
    'mesh-config': { type: 'string' },
    'mesh-networks': { type: 'string' },
    'certificate-ttl': { type: 'string' },
    status: { type: 'string' },
    alertmanager: { type: 'string' },
  })
  if (values.help) {
    io.stdout.write(USAGE)
    return EXIT.ok
  }
  const access = await clusterAccess(values, positionals, io)
  if (positionals.length === 0 && access === undefined)
    throw new UsageError('Cannot run "mizzen control-plane": expected at least one PATH of configuration, or --kubeconfig')
  const colour = wantsColour(io.stdout, io.env)
  const paint = painter(io.stdout, io.env)
  const say = (text: string) => io.stdout.write(`${text}\n`)
  const defaults = defaultsFor(io)
  const secure = (values['secure-xds'] ?? defaults.secureXds).map(address => tcpAddress('secure-xds', address))
  const webhooks = values.webhooks ?? defaults.webhooks
  const cacerts = values.cacerts ?? defaults.cacerts
  const ttl = values['certificate-ttl']
  const { settings, problems, unused } = await readSettings(
    { meshConfig: values['mesh-config'], meshNetworks: values['mesh-networks'] },
    io,
  )
  if (problems.length > 0) throw new Error(problems.join('\n'))
  for (const sentence of unused) say(paint(sentence, 'yellow'))
  const rootNamespace = rootNamespaceOf(values, io, settings.rootNamespace)
  await runControlPlane({
    settings: { ...(access ? { ...settings, rootNamespace } : settings), gatewayController: gatewayControllerOf(io) },
    secure,
    stateDirectory: path.resolve(io.cwd, values.state ?? defaults.stateDirectory),
    trust: {
      hosts: [
        ...new Set([
          ...OWN_HOSTS,
          ...serviceNames(rootNamespace, revisionOf(values, io)),
          ...secure.map(({ host }) => host),
          ...values.host,
        ]),
      ],
      clusters: clusters(values['token-issuer'], values['token-keys'], io.cwd),
      ...authorityFlags({ cacerts, 'ca-key-type': values['ca-key-type'] }, io.cwd),
      ...(ttl !== undefined && { leafLifetimeMs: lifetimeMs('certificate-ttl', ttl) }),
    },
    onWarning: line => say(paint(line, 'yellow')),
    paths: positionals,
    ...(access && {
      cluster: clusterOptions(access, values, io, {
        rootNamespace,
        webhooks: webhooks === undefined ? undefined : tcpAddress('webhooks', webhooks),
        warn: line => say(paint(line, 'yellow')),
        note: say,
      }),
    }),
    cwd: io.cwd,
    listen: values.xds.map(address => listenAddress('xds', address)),
    alertmanager: alertmanagerUrl(values.alertmanager),
    status: tcpAddress('status', values.status ?? defaults.status),
    end: untilSignal(),
    onReady({ secure, open, status, rootsFile }) {
      for (const address of open) say(`serves xDS on ${addressText(address)}, without TLS`)
      for (const address of secure) say(`serves xDS and certificates on ${addressText(address)}, verified by ${rootsFile}`)
      say(`status page on ${status}`)
    },
    onDiagnostics(appeared) {
      for (const diagnostic of appeared) say(formatDiagnostic(diagnostic, { colour }))
    },
    onServerEvent(event) {
      const line = words(event)
      if (line) say(event.kind === 'nacked' ? paint(line, 'red') : line)
    },
    onNote: say,
    onRollout({ proxies, tookMs }) {
      if (proxies.length > 0) say(paint(`a change is live on ${proxies.length} proxies in ${Math.round(tookMs)} ms`, 'green'))
    },
  })
  return EXIT.ok
}

function words(event: ServerEvent): string | undefined {
  if (event.kind === 'connected' || event.kind === 'disconnected')
    return `${event.node || 'a proxy that did not say its name'} ${event.kind}`
  if (event.kind === 'nacked') return `${event.node} refused ${event.resources.join(', ') || event.type}: ${event.detail}`
  return event.kind === 'source-failed' ? `Cannot make the configuration of ${event.node}: ${String(event.error)}` : undefined
}

/** This machine. */
const OWN_HOSTS = ['localhost', '127.0.0.1', '::1']

function addressText(address: ListenAddress): string {
  return 'path' in address ? `unix:${address.path}` : `${address.host}:${address.port}`
}

function clusters(issuer: string | undefined, keys: string | undefined, cwd: string) {
  if (issuer === undefined && keys === undefined) return []
  if (issuer === undefined || keys === undefined)
    throw new UsageError('Cannot trust the tokens of a cluster: expected both --token-issuer and --token-keys')
  if (keys.startsWith('https://')) return [{ issuer, keys: new URL(keys) }]
  return [{ issuer, keys: readKeys(path.resolve(cwd, keys)) }]
}

function readKeys(file: string): JSONWebKeySet {
  try {
    const value: unknown = JSON.parse(readFileSync(file, 'utf8'))
    if (isKeySet(value)) return value
    throw new Error('expected {"keys": [...]}')
  } catch (error) {
    throw new UsageError(`Cannot use --token-keys "${file}": ${error instanceof Error ? error.message : String(error)}`)
  }
}

function isKeySet(value: unknown): value is JSONWebKeySet {
  return typeof value === 'object' && value !== null && 'keys' in value && Array.isArray(value.keys)
}

function listenAddress(flag: string, text: string): ListenAddress {
  return text.startsWith('unix:') ? { path: text.slice('unix:'.length) } : tcpAddress(flag, text)
}

/** "127.0.0.1:15010", "[::1]:15010". */
function tcpAddress(flag: string, text: string): { host: string; port: number } {
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:]+)):(\d+)$/.exec(text) ?? []
  const host = bracketed ?? plain
  if (host === undefined || port === undefined)
    throw new UsageError(`Cannot use --${flag} "${text}": expected HOST:PORT${flag === 'xds' ? ' or unix:/PATH' : ''}`)
  return { host, port: port === '0' ? 0 : portNumber(flag, port) }
}
