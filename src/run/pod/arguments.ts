/** The arguments of `mizzen proxy sidecar|router`: those that Istio's injection gives to its agent, so that either's pods start here. */
import { parseArgs } from 'node:util'
import type { LogLevel } from '../../proxy/context.ts'
import { parseLogLevel } from '../../proxy/log.ts'

export interface PodArguments {
  readonly role: 'sidecar' | 'router'
  /** "shop.svc.cluster.local" */
  readonly domain: string | undefined
  readonly logLevel: LogLevel | 'off'
  /** Envoy's `--component-log-level`, "misc:error"; '': none. */
  readonly componentLogLevel: string
  /** Of this program itself. */
  readonly agentLogLevel: LogLevel | 'off'
  readonly concurrency: number | undefined
  readonly serviceCluster: string | undefined
  /** What was said and has no effect here; a sentence each. */
  readonly unused: readonly string[]
}

export const USAGE = `Usage: mizzen proxy sidecar|router [options]

Runs a pod's proxy: takes part in the mesh with the identity of the pod, as the environment that injection gave it says.

      --domain NAME               DNS domain of the pod (default $POD_NAMESPACE.svc.cluster.local)
      --proxyLogLevel LEVEL       of the proxy: debug, info, warning, error, critical or off (default warning)
      --proxyComponentLogLevel L  of parts of Envoy, for instance misc:error
      --log_output_level LEVEL    of what looks after the proxy, for instance default:info (default info)
      --concurrency NUMBER        worker threads of Envoy (default 1)
      --serviceCluster NAME       name of the workload in spans
`

/** Flags of Istio's agent that say nothing here, and why. */
const WITHOUT_EFFECT: Readonly<Record<string, string>> = {
  stsPort: 'there is no token exchange',
  log_as_json: 'the log is lines of text',
  outlierLogPath: 'ejections are counted and shown, not logged',
  templateFile: 'the bootstrap is made here',
  meshConfig: 'the environment says it (PROXY_CONFIG)',
  proxyComponentLogLevel: '',
}

/** @throws when an argument is wrong */
export function parsePodArguments(args: readonly string[]): PodArguments {
  const { values, positionals } = parseArgs({
    args: [...args],
    options: {
      domain: { type: 'string' },
      proxyLogLevel: { type: 'string', default: 'warning' },
      proxyComponentLogLevel: { type: 'string', default: '' },
      log_output_level: { type: 'string', default: 'default:info' },
      concurrency: { type: 'string' },
      serviceCluster: { type: 'string' },
      stsPort: { type: 'string' },
      outlierLogPath: { type: 'string' },
      templateFile: { type: 'string' },
      meshConfig: { type: 'string' },
      log_as_json: { type: 'boolean' },
    },
    allowPositionals: true,
  })
  const [role] = positionals
  if (role !== 'sidecar' && role !== 'router')
    throw new Error(`Cannot run the proxy of a pod as "${role ?? ''}": expected sidecar or router`)
  const concurrency = values.concurrency === undefined ? undefined : Number(values.concurrency)
  if (concurrency !== undefined && !(Number.isInteger(concurrency) && concurrency >= 0))
    throw new Error(`Cannot use --concurrency "${values.concurrency}": expected a number of threads`)
  const unused = Object.entries(WITHOUT_EFFECT).flatMap(([flag, why]) =>
    why !== '' && flag in values ? [`--${flag} has no effect: ${why}`] : [],
  )
  return {
    role,
    domain: values.domain,
    logLevel: level('--proxyLogLevel', values.proxyLogLevel),
    componentLogLevel: values.proxyComponentLogLevel,
    agentLogLevel: agentLevel(values.log_output_level),
    concurrency,
    serviceCluster: values.serviceCluster,
    unused,
  }
}

function level(flag: string, text: string): LogLevel | 'off' {
  const parsed = parseLogLevel(text)
  if (parsed === undefined) throw new Error(`Cannot use ${flag} "${text}": expected debug, info, warning, error, critical or off`)
  return parsed
}

/** "default:info,xds:debug": what holds for all parts counts. */
function agentLevel(text: string): LogLevel | 'off' {
  const parts = text.split(',').map(part => part.split(':'))
  const [, standard] = parts.find(([name, value]) => value !== undefined && (name === 'default' || name === 'all')) ?? []
  const word = standard ?? (parts.length === 1 && parts[0]?.length === 1 ? text : 'info')
  return word === 'none' ? 'off' : word === 'fatal' ? 'critical' : level('--log_output_level', word)
}
