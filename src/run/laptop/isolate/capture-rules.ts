/**
 * The iptables rules of a pod, in the form of iptables-restore: Istio's redirection (REDIRECT to 15001 and 15006, its user 1337 exempt),
 * without the options that nothing here uses. Pure.
 */

/** User and group that a sidecar runs as: how the rules know it. */
export const PROXY_USER = 1337
export const ADMIN_PORT = 15_000
const OUTBOUND = 15_001
const INBOUND = 15_006
/** A connection that the proxy made for an inbound one leaves from here, and is not looked at again. */
const PASSED_INBOUND = '127.0.0.6/32'

/** @param host address of this machine on the pods' network: probes come from there, and go to the application itself */
export function captureRules(host: string): string {
  const byProxy = [`-m owner --uid-owner ${PROXY_USER}`, `-m owner --gid-owner ${PROXY_USER}`]
  const notByProxy = [`-m owner ! --uid-owner ${PROXY_USER}`, `-m owner ! --gid-owner ${PROXY_USER}`]
  return [
    '*nat',
    ':ISTIO_INBOUND - [0:0]',
    ':ISTIO_IN_REDIRECT - [0:0]',
    ':ISTIO_OUTPUT - [0:0]',
    ':ISTIO_REDIRECT - [0:0]',
    `-A ISTIO_REDIRECT -p tcp -j REDIRECT --to-ports ${OUTBOUND}`,
    `-A ISTIO_IN_REDIRECT -p tcp -j REDIRECT --to-ports ${INBOUND}`,
    '-A PREROUTING -p tcp -j ISTIO_INBOUND',
    `-A ISTIO_INBOUND -s ${host}/32 -p tcp -j RETURN`,
    '-A ISTIO_INBOUND -p tcp -j ISTIO_IN_REDIRECT',
    '-A OUTPUT -p tcp -j ISTIO_OUTPUT',
    `-A ISTIO_OUTPUT -o lo -s ${PASSED_INBOUND} -j RETURN`,
    // An application that calls its own service comes back in through its sidecar; one that calls itself does not.
    ...byProxy.flatMap((owner, i) => [
      `-A ISTIO_OUTPUT -o lo ! -d 127.0.0.1/32 -p tcp ${owner} -j ISTIO_IN_REDIRECT`,
      `-A ISTIO_OUTPUT -o lo -p tcp ${notByProxy[i]} -j RETURN`,
      `-A ISTIO_OUTPUT ${owner} -j RETURN`,
    ]),
    '-A ISTIO_OUTPUT -d 127.0.0.1/32 -j RETURN',
    '-A ISTIO_OUTPUT -p tcp -j ISTIO_REDIRECT',
    'COMMIT',
    ...adminRules(host),
    '',
  ].join('\n')
}

/** A gateway has nobody to capture from; its admin endpoint is as private. */
export function gatewayRules(host: string): string {
  return [...adminRules(host), ''].join('\n')
}

/** The admin endpoint is for the pod and for this machine, not for other pods. */
function adminRules(host: string): string[] {
  const admin = `-A INPUT -p tcp --dport ${ADMIN_PORT}`
  return ['*filter', `${admin} -s 127.0.0.1/32 -j ACCEPT`, `${admin} -s ${host}/32 -j ACCEPT`, `${admin} -j DROP`, 'COMMIT']
}
