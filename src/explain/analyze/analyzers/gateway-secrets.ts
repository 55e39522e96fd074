/** IST0101, IST0161: the credential of a Gateway's server is a Secret with a certificate that is in date and a key that fits. */
import { createPrivateKey, X509Certificate } from 'node:crypto'
import type { Analyzer } from '../analyzer.ts'
import { finding } from '../finding.ts'
import type { Part, Resource } from '../resource.ts'
import { selectedBy, workloadsOf } from '../workloads.ts'
import type { World } from '../world.ts'

export const gatewaySecrets: Analyzer = {
  name: 'gateway.SecretAnalyzer',
  description: "credentials of Gateways are Secrets in the gateway's namespace, and in date",
  codes: ['IST0101', 'IST0161'],
  inputs: ['Gateway', 'Pod', 'Deployment', 'Secret'],
  *analyze(world) {
    const workloads = workloadsOf(world)
    for (const gateway of world.resources.of('Gateway')) {
      // Without a pod the ports' analyzer has said that nothing is selected.
      const [pod] = selectedBy(gateway.spec.at('selector').labels(), workloads)
      if (!pod) continue
      for (const server of gateway.spec.at('servers').items()) {
        const tls = server.at('tls')
        for (const credential of [tls.at('credentialName'), ...tls.at('credentialNames').items()]) {
          yield* check(gateway, credential, pod.namespace, world)
        }
      }
    }
  },
}

function* check(gateway: Resource, credential: Part, podNamespace: string, world: World) {
  const text = credential.text()
  const [, own, name = ''] = /^(?:kubernetes:\/\/(?:([^/]+)\/)?)?([^:/]+)$/.exec(text) ?? []
  if (name === '') return // nothing, or a credential that does not come from a Secret
  const namespace = own ?? podNamespace
  const secret = world.resources.find('Secret', namespace, name)
  if (!secret) {
    const fix = `create the Secret "${name}" in namespace "${namespace}", where the gateway's pods run`
    yield finding('IST0101', credential, `Referenced credentialName not found: "${text}"`, fix)
    return
  }
  const reason = problemOf(secret, world.now)
  if (reason === undefined) return
  const message = `The credential referenced by the Gateway ${gateway.name} in namespace ${gateway.namespace} is invalid: ${reason}`
  yield finding('IST0161', credential, message, `renew the certificate and key in Secret "${namespace}/${name}"`)
}

/** @returns undefined when the certificate can be served */
function problemOf(secret: Resource, now: number): string | undefined {
  try {
    const certificate = new X509Certificate(entry(secret, ['tls.crt', 'cert']))
    if (!certificate.checkPrivateKey(createPrivateKey(entry(secret, ['tls.key', 'key']))))
      return 'the key does not fit the certificate'
    if (certificate.validToDate.getTime() < now) return `the certificate ended at ${certificate.validTo}`
    if (certificate.validFromDate.getTime() > now) return `the certificate begins at ${certificate.validFrom}`
    return undefined
  } catch {
    return 'it holds no certificate and key that can be read' // what the parser says may hold parts of the key
  }
}

function entry({ root }: Resource, names: readonly string[]): string {
  for (const name of names) {
    const plain = root.at('stringData', name).text()
    if (plain !== '') return plain
    const encoded = root.at('data', name).text()
    if (encoded !== '') return Buffer.from(encoded, 'base64').toString()
  }
  return ''
}
