/** IST0145: two Gateways that select the same pods and want the same host on the same port. */
import { hostsMatch } from '../../../model/host.ts'
import { hasLabels, type Labels } from '../../../model/labels.ts'
import type { Analyzer } from '../analyzer.ts'
import { finding } from '../finding.ts'
import type { Part, Resource } from '../resource.ts'
import { selectedBy, selectorText, type Workload, workloadsOf } from '../workloads.ts'

export const gatewayConflicts: Analyzer = {
  name: 'gateway.ConflictingGatewayAnalyzer',
  description: 'no two Gateways want one host on one port of the same pods',
  codes: ['IST0145'],
  inputs: ['Gateway', 'Pod', 'Deployment'],
  *analyze(world) {
    const workloads = workloadsOf(world)
    const gateways = world.resources.of('Gateway')
    for (const one of gateways) {
      const selector = one.spec.at('selector').labels()
      const rivals = gateways.filter(other => other !== one && shareAPod(selector, other.spec.at('selector').labels(), workloads))
      for (const server of one.spec.at('servers').items()) {
        const names = rivals.filter(rival =>
          rival.spec
            .at('servers')
            .items()
            .some(other => conflict(server, one, other, rival)),
        )
        if (names.length === 0) continue
        const port = server.at('port', 'number').text()
        const hosts = server.at('hosts').texts().join(',')
        const message = `Conflict with gateways ${names.map(each => each.key).join(',')} (workload selector ${selectorText(selector)}, port ${port}, hosts ${hosts}).`
        yield finding(
          'IST0145',
          server,
          message,
          'put the hosts into one Gateway, or give each Gateway hosts or a port of its own',
        )
      }
    }
  },
}

function shareAPod(a: Labels, b: Labels, workloads: readonly Workload[]): boolean {
  const within = [hasLabels(a, b), hasLabels(b, a)]
  if (within.every(Boolean)) return true
  return within.some(Boolean) && selectedBy({ ...a, ...b }, workloads).length > 0
}

function conflict(a: Part, gateway: Resource, b: Part, other: Resource): boolean {
  const port = a.at('port', 'number').number()
  if (port === undefined || port !== b.at('port', 'number').number()) return false
  const [bind, otherBind] = [a, b].map(server => server.at('bind').text())
  if (!isAnyAddress(bind) && !isAnyAddress(otherBind) && bind !== otherBind) return false
  return a
    .at('hosts')
    .texts()
    .some(host =>
      b
        .at('hosts')
        .texts()
        .some(rival => overlap(scoped(host, gateway), scoped(rival, other))),
    )
}

function isAnyAddress(bind: string | undefined): boolean {
  return !bind || bind === '0.0.0.0' || bind === '::'
}

interface Scoped {
  readonly namespace: string
  readonly host: string
}

function scoped(text: string, gateway: Resource): Scoped {
  const slash = text.indexOf('/')
  const namespace = slash < 0 ? '*' : text.slice(0, slash)
  return { namespace: namespace === '.' ? gateway.namespace : namespace, host: text.slice(slash + 1) }
}

function overlap(a: Scoped, b: Scoped): boolean {
  const together = a.namespace === '*' || b.namespace === '*' || a.namespace === b.namespace
  return together && hostsMatch(a.host, b.host)
}
