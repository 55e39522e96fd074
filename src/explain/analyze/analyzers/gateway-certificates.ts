/** IST0138: browsers reuse an HTTP/2 connection for all hosts of a certificate, and get 404 where another Gateway has the host. */
import { hasLabels } from '../../../model/labels.ts'
import type { Analyzer } from '../analyzer.ts'
import { finding } from '../finding.ts'
import type { Part } from '../resource.ts'

export const gatewayCertificates: Analyzer = {
  name: 'gateway.CertificateAnalyzer',
  description: 'no two Gateways on the same pods have one certificate',
  codes: ['IST0138'],
  inputs: ['Gateway'],
  *analyze({ resources }) {
    const gateways = resources.of('Gateway')
    for (const one of gateways) {
      for (const other of gateways) {
        if (one === other || !hasLabels(other.spec.at('selector').labels(), one.spec.at('selector').labels())) continue
        const servers = one.spec.at('servers').items()
        const others = other.spec.at('servers').items()
        const server = servers.find(each => others.some(that => haveOneCertificate(each.at('tls'), that.at('tls'))))
        if (!server) continue
        const message = `Duplicate certificate in multiple gateways [${one.key} ${other.key}] may cause 404s if clients re-use HTTP2 connections.`
        yield finding(
          'IST0138',
          server.at('tls'),
          message,
          'put the hosts of both into one Gateway, or give each a certificate of its own',
        )
      }
    }
  },
}

function haveOneCertificate(a: Part, b: Part): boolean {
  const [name, other] = [a, b].map(tls => tls.at('credentialName').text())
  if (name || other) return name === other
  const file = a.at('serverCertificate').text()
  return file !== '' && file === b.at('serverCertificate').text() && a.at('privateKey').text() === b.at('privateKey').text()
}
