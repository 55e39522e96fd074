/**
 * The CNI plugin (specification 1.1, section 2): the runtime calls it for each new pod, after the plugins that made the pod's network. It asks the API
 * server for the pod and writes the capture rules into its network namespace, so that the pod itself needs no rights.
 */
import { applyCapture, removeCapture } from '../capture/apply.ts'
import { inNamespace } from '../capture/command.ts'
import { CAPTURE_DEFAULTS } from '../capture/config.ts'
import { type Fields, fieldsOf, isFields, listOf, textOf } from '../inject/fields.ts'
import type { Pod } from '../inject/pod.ts'
import { podCapture } from './pod-capture.ts'

export interface PluginCall {
  /** CNI_COMMAND, CNI_NETNS, CNI_ARGS ... */
  readonly env: Readonly<Record<string, string | undefined>>
  /** The configuration, from standard input. */
  readonly input: string
  /** @throws (rejects) when the API server does not answer */
  readonly readPod: (namespace: string, name: string, config: Fields) => Promise<Pod>
  readonly say: (sentence: string) => void
}

/** What the runtime reads from standard output, and the exit code. */
export interface PluginAnswer {
  readonly code: number
  readonly output: string
}

const VERSIONS = ['0.3.0', '0.3.1', '0.4.0', '1.0.0', '1.1.0'] as const
/** Error codes of the specification (section 5) and, from 100 on, of the plugin. */
const INVALID_ENVIRONMENT = 4
const CANNOT_DECODE = 6
const TRY_AGAIN = 11
const CAPTURE_FAILED = 100

export async function runPlugin(call: PluginCall): Promise<PluginAnswer> {
  const { env, input } = call
  const command = env['CNI_COMMAND'] ?? ''
  if (command === 'VERSION') return { code: 0, output: JSON.stringify({ cniVersion: '1.1.0', supportedVersions: VERSIONS }) }
  let config: Fields
  try {
    config = fieldsOf(JSON.parse(input))
  } catch (error) {
    return failure('1.0.0', CANNOT_DECODE, `Cannot read the network configuration: ${messageOf(error)}`)
  }
  const version = textOf(config['cniVersion']) || '1.0.0'
  // The network goes with the pod: its rules need no hand.
  if (command === 'DEL') return del(call)
  if (command === 'GC' || command === 'STATUS') return { code: 0, output: '' }
  if (command !== 'ADD' && command !== 'CHECK')
    return failure(
      version,
      INVALID_ENVIRONMENT,
      `Cannot run the CNI plugin: CNI_COMMAND is "${command}", expected ADD, DEL, CHECK or VERSION`,
    )
  const problem = await capture(call, config)
  if (problem !== undefined) return failure(version, problem.code, problem.message)
  // A plugin in a chain hands on what came before it.
  return { code: 0, output: command === 'ADD' ? JSON.stringify(resultOf(config, version)) : '' }
}

async function capture(
  { env, readPod, say }: PluginCall,
  config: Fields,
): Promise<{ readonly code: number; readonly message: string } | undefined> {
  const args = new Map((env['CNI_ARGS'] ?? '').split(';').map(pair => [pair.split('=')[0], pair.slice(pair.indexOf('=') + 1)]))
  const [namespace = '', name = ''] = [args.get('K8S_POD_NAMESPACE'), args.get('K8S_POD_NAME')]
  const netns = env['CNI_NETNS'] ?? ''
  // Not a pod of Kubernetes: nothing of a mesh.
  if (namespace === '' || name === '' || listOf(config['excludeNamespaces']).includes(namespace)) return undefined
  if (netns === '') return { code: INVALID_ENVIRONMENT, message: 'Cannot run the CNI plugin: expected CNI_NETNS' }
  let pod: Pod
  try {
    pod = await readPod(namespace, name, config)
  } catch (error) {
    return { code: TRY_AGAIN, message: `Cannot look at pod ${namespace}/${name}: ${messageOf(error)}` }
  }
  try {
    const found = podCapture(pod, hasIpv6(config))
    if (found.kind === 'leave') say(`pod ${namespace}/${name} is left alone: ${found.reason}`)
    else {
      applyCapture(found.config, { run: inNamespace(netns), nftables: config['nativeNftables'] === true, say })
      say(`pod ${namespace}/${name} is captured`)
    }
    return undefined
  } catch (error) {
    return { code: CAPTURE_FAILED, message: `Cannot capture the traffic of pod ${namespace}/${name}: ${messageOf(error)}` }
  }
}

/** Of the plugins before: addresses tell whether there is IPv6. */
function hasIpv6(config: Fields): boolean {
  const ips = listOf(fieldsOf(config['prevResult'])['ips'])
  return ips.some(ip => textOf(fieldsOf(ip)['address']).includes(':'))
}

function resultOf(config: Fields, cniVersion: string): Fields {
  const { prevResult } = config
  return isFields(prevResult) ? { ...prevResult, cniVersion } : { cniVersion }
}

/** Where the namespace outlives the pod; never an error, as the runtime would try for ever. */
function del({ env }: PluginCall): PluginAnswer {
  const netns = env['CNI_NETNS'] ?? ''
  if (netns !== '') removeCapture({ ...CAPTURE_DEFAULTS, mode: 'TPROXY', ipv6: true }, { run: inNamespace(netns) })
  return { code: 0, output: '' }
}

function failure(cniVersion: string, code: number, msg: string): PluginAnswer {
  return { code: 1, output: JSON.stringify({ cniVersion, code, msg }) }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
