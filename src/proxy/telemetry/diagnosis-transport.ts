/** Causes on the way to the callee: no endpoint, no connection, or one that broke. */
import type { Evidence, Finding } from './evidence.ts'

type Cause = (evidence: Evidence) => Finding | undefined

export const TRANSPORT_CAUSES: readonly Cause[] = [noEndpoint, overLimit, noTls, refused, unreachable, broken]

function calleeOf({ service, destination, cluster }: Evidence): string {
  return service ?? destination?.workload ?? cluster ?? 'the callee'
}

/** "v2" of "outbound|80|v2|cart.shop.svc.cluster.local". */
function subsetOf({ cluster = '' }: Evidence): string {
  const parts = cluster.split('|')
  return parts.length === 4 ? (parts[2] ?? '') : ''
}

function noEndpoint(evidence: Evidence): Finding | undefined {
  if (!evidence.flags.includes('UH')) return undefined
  const { pick, route, clusterOrigin } = evidence
  const callee = calleeOf(evidence)
  const subset = subsetOf(evidence)
  const { hosts, ejected } = pick ?? { hosts: 0, ejected: 0 }
  if (hosts === 0 && subset !== '')
    return {
      culprit: 'mesh configuration',
      cause: `subset ${subset} of ${callee} selects no pod`,
      advice: "correct the subset's labels, start such a pod, or take the weight off this subset",
      at: clusterOrigin ?? route?.origin,
    }
  if (hosts === 0)
    return { culprit: 'callee', cause: `${callee} has no ready endpoint`, advice: 'start it, or look why it is not ready' }
  if (ejected > 0)
    return {
      culprit: 'callee',
      cause: `${ejected} of ${hosts} endpoints of ${callee} are ejected after errors, and no other is healthy`,
      advice: "look at the errors in their logs; outlierDetection's baseEjectionTime lets them in again",
      at: clusterOrigin,
    }
  return {
    culprit: 'callee',
    cause: `none of the ${hosts} endpoints of ${callee} is healthy`,
    advice: 'look why they fail their checks',
  }
}

function overLimit(evidence: Evidence): Finding | undefined {
  if (!evidence.flags.includes('UO')) return undefined
  return {
    culprit: 'mesh configuration',
    cause: `the limits on connections, requests or retries to ${calleeOf(evidence)} are reached`,
    advice: 'raise connectionPool of its DestinationRule, or add endpoints',
    at: evidence.clusterOrigin,
  }
}

/** One side speaks TLS, and the other does not. */
function noTls(evidence: Evidence): Finding | undefined {
  const { flags, pick, transportFailure = '', destination } = evidence
  const callee = calleeOf(evidence)
  const address = destination?.address ?? 'the endpoint'
  const failedTls =
    /tls|ssl|certificate|handshake/i.test(transportFailure) || (pick?.secure && /reset by peer/i.test(transportFailure))
  if (flags.includes('UF') && failedTls)
    return {
      culprit: 'mesh configuration',
      cause: `the TLS handshake with ${callee} at ${address} failed (${transportFailure})`,
      advice: "let the DestinationRule's tls mode and the callee's PeerAuthentication agree, and both sides trust the same root",
      at: evidence.clusterOrigin,
    }
  if ((flags.includes('UC') || /reset by peer/i.test(transportFailure)) && pick?.secure === false && evidence.side === 'outbound')
    return {
      culprit: 'mesh configuration',
      cause: `${callee} closed the plaintext connection without an answer`,
      advice: 'if its PeerAuthentication is STRICT, remove tls mode DISABLE from its DestinationRule; else look why it closes',
      at: evidence.clusterOrigin,
    }
  return undefined
}

function refused(evidence: Evidence): Finding | undefined {
  const { flags, transportFailure = '', destination, side } = evidence
  if (!flags.includes('UF') || !/refused|no such file/i.test(transportFailure)) return undefined
  const address = destination?.address ?? 'its address'
  const who = side === 'inbound' ? 'the application' : calleeOf(evidence)
  return {
    culprit: 'callee',
    cause: `nothing of ${who} listens on ${address}`,
    advice: "start it, or correct the Service's targetPort",
  }
}

function unreachable(evidence: Evidence): Finding | undefined {
  if (!evidence.flags.includes('UF')) return undefined
  const { transportFailure = '', destination } = evidence
  const why = transportFailure === '' ? '' : ` (${transportFailure})`
  return {
    culprit: 'network',
    cause: `${calleeOf(evidence)} at ${destination?.address ?? 'its address'} cannot be reached${why}`,
    advice: 'look at routes, firewalls and NetworkPolicies between the two',
  }
}

function broken(evidence: Evidence): Finding | undefined {
  const { flags, destination, side } = evidence
  const at = destination === undefined ? '' : ` at ${destination.address}`
  const who = side === 'inbound' ? 'the application' : calleeOf(evidence)
  if (flags.includes('UC') || flags.includes('UR'))
    return {
      culprit: 'callee',
      cause: `${who}${at} ended the connection before it had answered`,
      advice: 'look whether it crashed, restarted, or closes kept connections earlier than the proxy',
    }
  if (!flags.includes('UPE')) return undefined
  return {
    culprit: 'callee',
    cause: `${who}${at} does not answer in proper HTTP`,
    advice: "name the Service's port by its protocol (grpc-, http2-, tcp-), or set appProtocol",
  }
}
