/** Rules for the TLS settings of servers: of gateways, and of a sidecar's ingress listeners. */
import type { Findings } from '../../findings.ts'
import type { ServerTLSSettings } from './schema.ts'

const knownCiphers = new Set([
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
  'ECDHE-PSK-CHACHA20-POLY1305',
  'ECDHE-ECDSA-AES128-SHA',
  'ECDHE-RSA-AES128-SHA',
  'ECDHE-ECDSA-AES256-SHA',
  'ECDHE-RSA-AES256-SHA',
  'ECDHE-PSK-AES128-CBC-SHA',
  'ECDHE-PSK-AES256-CBC-SHA',
  'AES128-GCM-SHA256',
  'AES256-GCM-SHA384',
  'AES128-SHA',
  'AES256-SHA',
  'PSK-AES128-CBC-SHA',
  'PSK-AES256-CBC-SHA',
  'DES-CBC3-SHA',
])

const certificateFields = [
  'serverCertificate',
  'privateKey',
  'caCertificates',
  'caCrl',
  'credentialName',
  'caCertCredentialName',
] as const
const certificateLists = ['credentialNames', 'tlsCertificates'] as const

/** @param findings at `tls` */
export function checkServerTls(tls: ServerTLSSettings, findings: Findings): void {
  checkCiphers(tls, findings)
  switch (tls.mode ?? 'PASSTHROUGH') {
    case 'ISTIO_MUTUAL':
      for (const field of [...certificateFields, ...certificateLists]) {
        if (isGiven(tls, field))
          findings.at(field).error(`the mesh's own certificates are used with ISTIO_MUTUAL: expected no ${field}`)
      }
      return
    case 'PASSTHROUGH':
    case 'AUTO_PASSTHROUGH':
      for (const field of [...certificateFields, ...certificateLists]) {
        if (isGiven(tls, field))
          findings.at(field).warning(`TLS is passed through and not terminated here: ${field} has no effect`)
      }
      return
    case 'SIMPLE':
      checkCertificates(tls, findings)
      if (tls.caCrl) findings.at('caCrl').error('clients show no certificate with SIMPLE: expected no caCrl')
      return
    case 'MUTUAL':
    case 'OPTIONAL_MUTUAL':
      checkCertificates(tls, findings)
      checkClientAuthority(tls, findings)
  }
}

function isGiven(tls: ServerTLSSettings, field: (typeof certificateFields)[number] | (typeof certificateLists)[number]): boolean {
  return (tls[field] ?? '').length > 0
}

/** The server's own certificate comes from exactly one place. */
function checkCertificates(tls: ServerTLSSettings, findings: Findings): void {
  const { tlsCertificates = [], serverCertificate, privateKey } = tls
  const sources = (['credentialName', 'credentialNames', 'tlsCertificates'] as const).filter(field => isGiven(tls, field))
  if (sources.length > 1) findings.error(`${sources.join(' and ')} are both there: expected one of them`)
  if (tlsCertificates.length > 0 && (serverCertificate || privateKey)) {
    findings.at('tlsCertificates').error('serverCertificate or privateKey stand beside it: expected one of the two ways')
  }
  for (const [index, pair] of tlsCertificates.entries()) {
    requireFields(pair, ['serverCertificate', 'privateKey'], findings.at('tlsCertificates', index))
  }
  if (sources.length === 0) requireFields(tls, ['serverCertificate', 'privateKey'], findings, ', or credentialName')
  if (tls.caCrl && (tls.credentialName || tls.credentialNames))
    findings.at('caCrl').error('the credential gives it already: expected no caCrl beside it')
}

function checkClientAuthority(tls: ServerTLSSettings, findings: Findings): void {
  if (tls.credentialName || tls.credentialNames || tls.caCertCredentialName) return
  requireFields(tls, ['caCertificates'], findings, ' to verify clients with, or credentialName')
}

function requireFields<Field extends string>(
  settings: { readonly [Name in Field]?: string },
  fields: readonly Field[],
  findings: Findings,
  or = '',
): void {
  for (const field of fields) {
    if (!settings[field]) findings.error(`"${field}" is missing: expected the path of a file${or}`, { code: 'missing-field' })
  }
}

function checkCiphers(tls: ServerTLSSettings, findings: Findings): void {
  const { cipherSuites = [], minProtocolVersion } = tls
  const seen = new Set<string>()
  for (const [index, cipher] of cipherSuites.entries()) {
    const at = findings.at('cipherSuites', index)
    // "-AES128-SHA", "[A|B]" and the like are operations of BoringSSL, which judges them itself.
    const isName = /^[a-zA-Z0-9]/.test(cipher)
    if (isName && cipher !== 'ALL' && !knownCiphers.has(cipher))
      at.warning(`"${cipher}" is not a known cipher suite: it is ignored`)
    if (seen.has(cipher)) at.warning(`"${cipher}" is there twice`)
    seen.add(cipher)
  }
  if ((minProtocolVersion === 'TLSV1_0' || minProtocolVersion === 'TLSV1_1') && cipherSuites.length === 0) {
    findings
      .at('minProtocolVersion')
      .warning(`${minProtocolVersion} works with old cipher suites only: expected cipherSuites beside it`)
  }
}
