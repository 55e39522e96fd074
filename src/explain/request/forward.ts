/** Forwarding: the cluster, its endpoints with their odds, and the request as it is sent on. */

import type { Host, HostOdds, PickContext } from '../../proxy/balance/host.ts'
import { FAILURES } from '../../proxy/hcm/failure.ts'
import type { ForwardAction } from '../../proxy/route/decision.ts'
import { retryPolicyFor } from '../../proxy/route/retry-policy.ts'
import { requestTimeouts } from '../../proxy/route/timeouts.ts'
import type { Action, EndpointOdds, Forward, ForwardedRequest } from './answer.ts'
import type { Cause } from './cause.ts'
import { type DryProxy, RESOLVED } from './dry-proxy.ts'
import type { DryRequest } from './dry-request.ts'
import { changes, type Fields, fieldsOf } from './head-fields.ts'
import { nobodyThere } from './nobody.ts'
import type { Path } from './path.ts'
import { count, duration, percent } from './words.ts'

/** @param share of the requests that go there; undefined: all */
export function forward(
  dry: DryProxy,
  request: DryRequest,
  action: ForwardAction,
  path: Path,
  share: number | undefined,
): Action {
  const { head } = request
  const before = request.arrived
  const timeouts = requestTimeouts(action, head)
  const hash = action.hash?.(head, request)
  const retry = retryPolicyFor(head, action.retry)
  action.prepare(head, request)
  const cluster = dry.clusters.get(action.cluster)
  path.names.cluster ??= action.cluster
  if (!cluster) {
    const refusal = dry.clusters.refusal(action.cluster)
    const why = refusal === undefined ? 'does not exist' : `is refused by the proxy: ${refusal}`
    path.step('cluster', `${action.cluster || '(none)'} ${why}`)
    return { kind: 'answer', status: action.clusterNotFoundStatus, details: FAILURES.clusterNotFound.details }
  }
  const { originalDestination } = request.connection
  const odds = cluster.odds(pickContext({ hash, subset: action.subset, originalDestination, authority: head.authority }))
  if (odds.length === 0) return nobody(dry, action.cluster, path)
  if (action.autoHostRewrite && odds[0]) head.authority = odds[0].host.hostname
  const changed = changes(before, fieldsOf(head))
  const sent: ForwardedRequest = {
    authority: head.authority,
    path: head.path,
    ...changed,
    ...(timeouts.timeoutMs > 0 && { timeoutMs: timeouts.timeoutMs }),
    ...(timeouts.perTryTimeoutMs > 0 && { perTryTimeoutMs: timeouts.perTryTimeoutMs }),
    ...(retry && retry.maxRetries > 0 && { retries: { attempts: retry.maxRetries, on: retry.conditions } }),
    mirrors: action.mirrors.map(({ cluster: name, fraction }) => ({ cluster: name, share: fraction })),
  }
  const part = share === undefined ? '' : `${percent(share)} to `
  path.step('cluster', `${part}${action.cluster}`, causeOf(dry, action.cluster, path), path.fresh(requestNotes(sent, before)))
  return { ...towards(dry, action.cluster, odds, path, hash !== undefined), request: sent }
}

/** Bytes, or requests: the endpoints of a cluster that may be chosen. */
export function towards(dry: DryProxy, cluster: string, odds: readonly HostOdds[], path: Path, hashed = false): Forward {
  const endpoints = [...odds].sort((a, b) => b.share - a.share).map(({ host, share }) => endpointOf(dry, host, share))
  const [first] = endpoints
  const tls = dry.clusters.tlsOf(cluster, first?.address ?? '')
  const mutual =
    (tls?.commonTlsContext?.tlsCertificateSdsSecretConfigs.length ?? 0) > 0 ||
    (tls?.commonTlsContext?.tlsCertificates.length ?? 0) > 0
  const way = tls === undefined ? 'plaintext' : mutual ? 'mtls' : 'tls'
  const one = endpoints.length === 1 ? `${first?.address}` : `one of ${endpoints.length}`
  const notes =
    endpoints.length === 1
      ? []
      : endpoints
          .slice(0, SHOWN)
          .map(({ address, share, workload }) => `${percent(share)} ${address}${workload ? ` ${workload}` : ''}`)
  if (endpoints.length > SHOWN) notes.push(`and ${endpoints.length - SHOWN} more`)
  const known = endpoints.length === 1 && first?.workload ? ` ${first.workload}` : ''
  const encrypted = way === 'plaintext' ? 'in plaintext' : way === 'mtls' ? 'with mutual TLS' : 'with TLS'
  path.step('endpoint', `${one}${known}, ${encrypted}${hashed ? ', chosen by hash' : ''}`, undefined, notes)
  return { kind: 'forward', cluster, endpoints, tls: way }
}

const SHOWN = 8

export function nobody(dry: DryProxy, cluster: string, path: Path): Action {
  path.step(
    'endpoint',
    `nobody to send it to: ${FAILURES.noHealthyUpstream.status}`,
    causeOf(dry, cluster, path),
    nobodyThere(path.causes.mesh, dry.clusters, cluster),
  )
  return { kind: 'answer', status: FAILURES.noHealthyUpstream.status, details: FAILURES.noHealthyUpstream.details }
}

export function pickContext(more: Partial<PickContext>): PickContext {
  return {
    hash: undefined,
    subset: undefined,
    tried: undefined,
    previousPrioritiesFrequency: 0,
    originalDestination: undefined,
    authority: '',
    ...more,
  }
}

function causeOf(dry: DryProxy, cluster: string, path: Path): Cause | undefined {
  return path.causes.of(dry.clusters.message(cluster)?.metadata)
}

function endpointOf(dry: DryProxy, host: Host, share: number): EndpointOdds {
  const workload = dry.workloadAt(host.address)
  const address = host.ip === RESOLVED ? `${host.hostname}:${host.port}` : host.address
  return { address, share, ...(workload !== undefined && { workload }) }
}

function requestNotes(sent: ForwardedRequest, before: Fields): string[] {
  const notes: string[] = []
  if (sent.path !== before.path) notes.push(`path becomes ${sent.path}`)
  if (sent.authority !== before.authority) notes.push(`host becomes ${sent.authority}`)
  const set = Object.entries(sent.headersSet).filter(([name]) => !OWN_HEADERS.has(name))
  if (set.length > 0) notes.push(`sets ${set.map(([name, value]) => `${name}: ${value}`).join(', ')}`)
  if (sent.headersRemoved.length > 0) notes.push(`removes ${sent.headersRemoved.join(', ')}`)
  const limit = sent.timeoutMs === undefined ? 'no timeout' : `timeout ${duration(sent.timeoutMs)}`
  const { retries, perTryTimeoutMs } = sent
  const each = perTryTimeoutMs === undefined ? '' : `, ${duration(perTryTimeoutMs)} each`
  const again = retries ? `up to ${count(retries.attempts, 'retry', 'retries')}${each} on ${retries.on.join(', ')}` : 'no retries'
  notes.push(`${limit}, ${again}`)
  for (const { cluster, share } of sent.mirrors)
    notes.push(`${share < 1 ? `${percent(share)} are copied` : 'a copy goes'} to ${cluster}`)
  return notes
}

/** The proxy's own, which every request gets. */
const OWN_HEADERS = new Set(['x-envoy-original-path', 'x-envoy-original-host'])
