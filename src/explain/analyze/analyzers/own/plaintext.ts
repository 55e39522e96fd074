/** MZ0009: a DestinationRule that sends plaintext, or TLS of its own, to workloads that take nothing but the mesh's mTLS. */
import { hasLabels, type Labels } from '../../../../model/labels.ts'
import type { Analyzer } from '../../analyzer.ts'
import { finding } from '../../finding.ts'
import { Hosts } from '../../hosts.ts'
import type { Resource } from '../../resource.ts'
import { asksForInjection, selectedBy, workloadsOf } from '../../workloads.ts'
import type { World } from '../../world.ts'

export const plaintext: Analyzer = {
  name: 'mizzen.PlaintextAnalyzer',
  description: 'nothing is sent in plaintext to workloads that ask for mTLS',
  codes: ['MZ0009'],
  inputs: ['DestinationRule', 'PeerAuthentication', 'Service', 'Pod', 'Deployment'],
  *analyze(world) {
    const hosts = new Hosts(world)
    const workloads = workloadsOf(world).filter(workload => asksForInjection(workload) !== false)
    for (const object of world.resources.of('DestinationRule')) {
      const mode = object.spec.at('trafficPolicy', 'tls', 'mode')
      if (!['DISABLE', 'SIMPLE', 'MUTUAL'].includes(mode.text())) continue
      const name = hosts.fullName(object.spec.at('host').text(), object.namespace)
      const service = hosts.named(name).find(host => host.of.kind === 'Service')?.of
      const selector = service?.spec.at('selector').labels() ?? {}
      if (!service || Object.keys(selector).length === 0) continue
      const policies = selectedBy(selector, workloads, service.namespace).map(pod => policyFor(pod.namespace, pod.labels, world))
      const [policy] = policies
      if (!policy || !policies.every(each => each !== undefined && isStrict(each))) continue
      const message = `TLS mode ${mode.text()} to "${name}", whose workloads take mTLS only (${policy.title}): connections are refused`
      yield finding('MZ0009', mode, message, 'use ISTIO_MUTUAL (or leave tls out), or make the PeerAuthentication PERMISSIVE')
    }
  },
}

/** The nearest one: by labels, then the namespace's, then the mesh's. */
function policyFor(namespace: string, labels: Labels, { resources, rootNamespace }: World): Resource | undefined {
  const all = resources.of('PeerAuthentication')
  const own = all.filter(policy => policy.namespace === namespace)
  const selector = (policy: Resource) => policy.spec.at('selector', 'matchLabels').labels()
  const isGeneral = (policy: Resource) => Object.keys(selector(policy)).length === 0
  return (
    own.find(policy => !isGeneral(policy) && hasLabels(labels, selector(policy))) ??
    own.find(isGeneral) ??
    all.find(policy => policy.namespace === rootNamespace && isGeneral(policy))
  )
}

/** Without exceptions for ports: which port a rule is about need not be known then. */
function isStrict({ spec }: Resource): boolean {
  return spec.at('mtls', 'mode').text() === 'STRICT' && spec.at('portLevelMtls').entries().length === 0
}
