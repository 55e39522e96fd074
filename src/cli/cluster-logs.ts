/** `mizzen logs POD -n NAMESPACE`: the lines of a proxy of a cluster, or of the control plane. */
import type { ApiServer } from '../kubernetes/client/api-server.ts'
import { controlPlanePods, type PodName, podNamed } from './cluster-pods.ts'
import type { Io } from './io.ts'
import { untilSignal } from './until-signal.ts'

export interface ClusterLogFlags {
  readonly namespace: string | undefined
  readonly istioNamespace: string
  readonly follow: boolean
  /** Lines from the end. */
  readonly tail: string | undefined
}

const PROXY = 'istio-proxy'
/** Nobody speaks for so long: the connection is taken for lost. */
const SILENCE_MS = 3_600_000

/** @param name a pod or Deployment; undefined: the control plane */
export async function clusterLogs(server: ApiServer, name: string | undefined, flags: ClusterLogFlags, io: Io): Promise<void> {
  const pods =
    name === undefined ? await controlPlanePods(server, flags.istioNamespace) : [await podNamed(server, name, flags.namespace)]
  const signal = untilSignal()
  await Promise.all(
    pods.map(pod => print(server, pod, name === undefined ? undefined : PROXY, pods.length > 1, flags, signal, io)),
  )
}

async function print(
  server: ApiServer,
  { namespace, pod }: PodName,
  container: string | undefined,
  prefixed: boolean,
  { follow, tail }: ClusterLogFlags,
  signal: AbortSignal,
  io: Io,
): Promise<void> {
  const path = `/api/v1/namespaces/${namespace}/pods/${pod}/log`
  const query = { container, follow: follow || undefined, tailLines: tail }
  const body = await server.stream({ path, query, signal, idleMs: SILENCE_MS })
  let rest = ''
  const say = (line: string) => io.stdout.write(prefixed ? `${pod} | ${line}\n` : `${line}\n`)
  try {
    for await (const chunk of body.setEncoding('utf8')) {
      const lines = (rest + chunk).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) say(line)
    }
  } catch (error) {
    if (!signal.aborted) throw error
  }
  if (rest !== '') say(rest)
}
