/** `mizzen capture`: leads this pod's traffic to its proxy. Takes what Istio's istio-iptables takes, as flags and as environment. */
import { networkInterfaces } from 'node:os'
import { applyCapture, familiesOf, removeCapture } from '../kubernetes/capture/apply.ts'
import { inNamespace, runCommand } from '../kubernetes/capture/command.ts'
import { captureConfig } from '../kubernetes/capture/environment.ts'
import { VARIANTS, type Variant } from '../kubernetes/capture/iptables.ts'
import { nftablesText } from '../kubernetes/capture/nftables.ts'
import { dnsServers } from '../kubernetes/capture/resolv-conf.ts'
import { restoreText } from '../kubernetes/capture/restore-text.ts'
import { captureRules } from '../kubernetes/capture/rules.ts'
import { VALIDATION_FAILED, validateCapture } from '../kubernetes/capture/validate.ts'
import { durationMs, oneOf, parseFlags } from './flags.ts'
import { EXIT, type Io } from './io.ts'

export const USAGE = `Usage: mizzen capture [options]

Writes the rules that lead this network namespace's connections to the proxy; needs root and NET_ADMIN. The init container of injected pods runs it.

  -p, --envoy-port PORT                     where the proxy takes outbound connections (default 15001)
  -z, --inbound-capture-port PORT           where it takes inbound ones (default 15006)
  -e, --inbound-tunnel-port PORT            never captured (default 15008)
  -u, --proxy-uid IDS, -g, --proxy-gid IDS  users and groups whose traffic is left alone (default 1337)
  -m, --istio-inbound-interception-mode M   REDIRECT or TPROXY (default REDIRECT)
  -t, --istio-inbound-tproxy-mark N         (default 1337)
  -r, --istio-inbound-tproxy-route-table N  (default 133)
  -b, --istio-inbound-ports PORTS           inbound ports; * is all (default none)
  -d, --istio-local-exclude-ports PORTS     inbound ports that are left alone
  -i, --istio-service-cidr RANGES           outbound addresses; * is all (default none)
  -x, --istio-service-exclude-cidr RANGES   outbound addresses that are left alone
  -q, --istio-outbound-ports PORTS          outbound ports that are captured whatever their address
  -o, --istio-local-outbound-ports-exclude PORTS   outbound ports that are left alone
  -k, --kube-virt-interfaces NAMES          interfaces of virtual machines
  -c, --istio-exclude-interfaces NAMES      interfaces that are left alone
      --outbound-owner-groups GROUPS        only their traffic; * is all (default *), with --outbound-owner-groups-exclude
      --redirect-dns, --capture-all-dns     DNS goes to the proxy: that to resolv.conf's servers, or all
      --drop-invalid                        drop packets that fit to no connection
      --dual-stack                          rules for IPv6 too (default: where the pod has an address of it)
      --iptables-version NAME               nft, legacy or default (default: what works)
      --native-nftables                     nftables instead of iptables
  -n, --dry-run                             print the rules and do nothing
      --cleanup-only                        take all rules away
      --force-apply                         also when they are there already
      --network-namespace PATH              another one than this
      --run-validation, --skip-rule-apply   look whether traffic is captured; only look
      --iptables-probe-port PORT, --probe-timeout TIME   of that (default 15002, 5s)
`

const text = { type: 'string' } as const
const flag = { type: 'boolean' } as const

/** Flag, its letter, the setting that it says (captureConfig), and the environment where a flag is absent. */
const SETTINGS = {
  'envoy-port': ['p', 'PROXY_PORT', 'ENVOY_PORT'],
  'inbound-capture-port': ['z', 'INBOUND_CAPTURE_PORT', 'INBOUND_CAPTURE_PORT'],
  'inbound-tunnel-port': ['e', 'INBOUND_TUNNEL_PORT', 'INBOUND_TUNNEL_PORT'],
  'proxy-uid': ['u', 'PROXY_UID', 'PROXY_UID'],
  'proxy-gid': ['g', 'PROXY_GID', 'PROXY_GID'],
  'istio-inbound-interception-mode': ['m', 'INBOUND_INTERCEPTION_MODE', 'ISTIO_INBOUND_INTERCEPTION_MODE'],
  'istio-inbound-tproxy-mark': ['t', 'INBOUND_TPROXY_MARK', 'ISTIO_INBOUND_TPROXY_MARK'],
  'istio-inbound-tproxy-route-table': ['r', 'INBOUND_TPROXY_ROUTE_TABLE', 'ISTIO_INBOUND_TPROXY_ROUTE_TABLE'],
  'istio-inbound-ports': ['b', 'INBOUND_PORTS_INCLUDE', 'ISTIO_INBOUND_PORTS'],
  'istio-local-exclude-ports': ['d', 'INBOUND_PORTS_EXCLUDE', 'ISTIO_LOCAL_EXCLUDE_PORTS'],
  'istio-service-cidr': ['i', 'OUTBOUND_IPRANGES_INCLUDE', 'ISTIO_SERVICE_CIDR'],
  'istio-service-exclude-cidr': ['x', 'OUTBOUND_IPRANGES_EXCLUDE', 'ISTIO_SERVICE_EXCLUDE_CIDR'],
  'istio-outbound-ports': ['q', 'OUTBOUND_PORTS_INCLUDE', 'ISTIO_OUTBOUND_PORTS'],
  'istio-local-outbound-ports-exclude': ['o', 'OUTBOUND_PORTS_EXCLUDE', 'ISTIO_LOCAL_OUTBOUND_PORTS_EXCLUDE'],
  'kube-virt-interfaces': ['k', 'KUBE_VIRT_INTERFACES', 'KUBE_VIRT_INTERFACES'],
  'istio-exclude-interfaces': ['c', 'EXCLUDE_INTERFACES', 'ISTIO_EXCLUDE_INTERFACES'],
  'outbound-owner-groups': ['', 'OUTBOUND_OWNER_GROUPS_INCLUDE', 'ISTIO_OUTBOUND_OWNER_GROUPS'],
  'outbound-owner-groups-exclude': ['', 'OUTBOUND_OWNER_GROUPS_EXCLUDE', 'ISTIO_OUTBOUND_OWNER_GROUPS_EXCLUDE'],
} as const

/** The same for switches. */
const SWITCHES = {
  'redirect-dns': ['REDIRECT_DNS', 'ISTIO_META_DNS_CAPTURE'],
  'capture-all-dns': ['CAPTURE_ALL_DNS', 'CAPTURE_ALL_DNS'],
  'drop-invalid': ['DROP_INVALID', 'INVALID_DROP'],
  'iptables-trace-logging': ['IPTABLES_TRACE_LOGGING', 'IPTABLES_TRACE_LOGGING'],
} as const

export async function run(args: readonly string[], io: Io): Promise<number> {
  const valued = Object.entries(SETTINGS).map(([name, [short]]) => [name, short === '' ? text : { ...text, short }] as const)
  const switched = Object.keys(SWITCHES).map(name => [name, flag] as const)
  const { values } = parseFlags(
    'capture',
    args,
    {
      ...Object.fromEntries<typeof text | typeof flag>([...valued, ...switched]),
      'dual-stack': flag,
      'iptables-version': text,
      'native-nftables': flag,
      'dry-run': { ...flag, short: 'n' },
      'cleanup-only': flag,
      'force-apply': flag,
      'network-namespace': text,
      'run-validation': flag,
      'skip-rule-apply': flag,
      'iptables-probe-port': { ...text, default: '15002' },
      'probe-timeout': { ...text, default: '5s' },
      log_output_level: text,
      log_as_json: flag,
    },
    0,
  )
  if (values.help) {
    io.stdout.write(USAGE)
    return EXIT.ok
  }
  const said: Readonly<Record<string, string | boolean | undefined>> = values
  const settings = settingsOf(said, io.env)
  const config = captureConfig(settings)
  const nftables = values['native-nftables'] === true
  if (values['dry-run']) {
    for (const family of familiesOf(config)) {
      const rules = captureRules(config, family)
      io.stdout.write(nftables ? nftablesText(rules, family) : restoreText(rules))
    }
    return EXIT.ok
  }
  const version = values['iptables-version']
  const iptables = version === undefined ? undefined : oneOf<Variant>('iptables-version', version, VARIANTS)
  const namespace = values['network-namespace']
  const options = {
    run: namespace === undefined ? runCommand : inNamespace(namespace),
    nftables,
    iptables,
    force: values['force-apply'] === true,
    say: (sentence: string) => io.stderr.write(`${sentence}\n`),
  }
  const unwanted = settings['INBOUND_INTERCEPTION_MODE'] === 'NONE'
  if (values['cleanup-only']) removeCapture(config, options)
  else if (!values['skip-rule-apply'] && !unwanted) applyCapture(config, options)
  if (!values['run-validation'] || unwanted) return EXIT.ok
  try {
    const timeoutMs = durationMs('probe-timeout', values['probe-timeout'])
    await validateCapture({
      inboundPort: config.inboundPort,
      probePort: Number(values['iptables-probe-port']),
      timeoutMs,
      address: io.env['INSTANCE_IP'],
      user: Number(config.proxyUsers[0] ?? 1337),
    })
    return EXIT.ok
  } catch (error) {
    io.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    return VALIDATION_FAILED
  }
}

function settingsOf(said: Readonly<Record<string, string | boolean | undefined>>, env: Io['env']): Record<string, string> {
  const settings: Record<string, string> = {}
  const put = (name: string, value: string | boolean | undefined) => {
    if (value !== undefined) settings[name] = String(value)
  }
  for (const [name, [, setting, variable]] of Object.entries(SETTINGS)) put(setting, said[name] ?? env[variable])
  for (const [name, [setting, variable]] of Object.entries(SWITCHES)) put(setting, said[name] ?? env[variable])
  put('HOST_IPV4_LOOPBACK_CIDR', env['ISTIO_OUTBOUND_IPV4_LOOPBACK_CIDR'])
  put('ENABLE_INBOUND_IPV6', said['dual-stack'] === true || env['ISTIO_DUAL_STACK'] === 'true' || hasIpv6())
  const { v4, v6 } = dnsServers()
  put('DNS_SERVERS_V4', v4.join(','))
  put('DNS_SERVERS_V6', v6.join(','))
  return settings
}

function hasIpv6(): boolean {
  const all = Object.values(networkInterfaces()).flatMap(addresses => addresses ?? [])
  return all.some(({ family, internal, address }) => family === 'IPv6' && !internal && !address.startsWith('fe80'))
}
