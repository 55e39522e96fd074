/** How many requests the pods' proxies have sent to a destination, and how many failed, as their admin endpoints tell (/stats). */
import http from 'node:http'
import type { RampSample } from '../../lib/ramp.ts'
import type { Counts } from '../ramps/ramps.ts'
import type { Destination } from '../ramps/rollout-plan.ts'
import type { RunningPod } from './pod/running-pod.ts'
import type { Target } from './probe/checks.ts'

const TIMEOUT_MS = 1000
const FILTER = String.raw`^cluster\.outbound\|.*\.upstream_rq_(completed|5xx)$`
/** The semicolon ends a cluster's name in Envoy's statistics, as Istio has it. */
const LINE = /^cluster\.outbound\|(\d+)\|([^|]*)\|(.+?);?\.upstream_rq_(completed|5xx): (\d+)$/

/** Proxies that do not answer are left out. */
export async function destinationCounts(pods: readonly RunningPod[], destination: Destination): Promise<Counts> {
  const counts = await Promise.all(
    pods.map(async ({ plan, network, proxyPid }) => {
      if (!network || proxyPid === undefined) return []
      const text = await statsOf(network.adminTarget())
      return text === undefined ? [] : [[`${plan.namespace}/${plan.name}`, countsIn(text, destination)] as const]
    }),
  )
  return new Map(counts.flat())
}

/** @param text lines as Envoy's /stats has them */
export function countsIn(text: string, { host, subset, port }: Destination): RampSample {
  let requests = 0
  let errors = 0
  for (const line of text.split('\n')) {
    const [, ofPort, ofSubset, ofHost, what, value] = LINE.exec(line) ?? []
    if (ofHost !== host || ofSubset !== subset || (port !== undefined && Number(ofPort) !== port)) continue
    if (what === 'completed') requests += Number(value)
    else errors += Number(value)
  }
  return { requests, errors }
}

function statsOf({ host, port, localAddress }: Target): Promise<string | undefined> {
  return new Promise(resolve => {
    const path = `/stats?filter=${encodeURIComponent(FILTER)}`
    const signal = AbortSignal.timeout(TIMEOUT_MS)
    http
      .get({ host, port, localAddress, path, agent: false, signal }, response => {
        let body = ''
        response.setEncoding('utf8')
        response.on('data', chunk => (body += chunk))
        response.on('end', () => resolve(response.statusCode === 200 ? body : undefined))
        response.on('error', () => resolve(undefined))
      })
      .on('error', () => resolve(undefined))
  })
}
