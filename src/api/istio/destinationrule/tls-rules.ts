/** Rules for the TLS settings of clients. */
import type { Findings } from '../../findings.ts'
import type { ClientTLSSettings } from './schema.ts'

const files = ['clientCertificate', 'privateKey', 'caCertificates', 'caCrl'] as const
const configMapPrefix = 'configmap://'

/** @param namespace of the object @param findings at the settings */
export function checkClientTls(tls: ClientTLSSettings | undefined, namespace: string, findings: Findings): void {
  if (tls === undefined) return
  const { mode = 'DISABLE', credentialName } = tls
  if (tls.insecureSkipVerify) checkUnverified(tls, findings)
  if (credentialName?.startsWith(configMapPrefix)) checkConfigMap(credentialName, namespace, findings.at('credentialName'))
  if (mode === 'ISTIO_MUTUAL') {
    for (const field of [...files, 'credentialName'] as const) {
      if (tls[field]) findings.at(field).error(`the mesh's own certificates are used with ISTIO_MUTUAL: expected no ${field}`)
    }
    return
  }
  if (mode === 'DISABLE') return
  if (credentialName) {
    for (const field of files)
      if (tls[field]) findings.at(field).error(`credentialName gives it already: expected no ${field} beside it`)
    return
  }
  if (mode === 'SIMPLE') return
  for (const field of ['clientCertificate', 'privateKey'] as const) {
    if (!tls[field])
      findings.error(`"${field}" is missing: expected a file for mode MUTUAL, or credentialName`, { code: 'missing-field' })
  }
}

function checkUnverified(tls: ClientTLSSettings, findings: Findings): void {
  const { mode, caCertificates, subjectAltNames, credentialName } = tls
  if (mode !== 'SIMPLE' && mode !== 'MUTUAL') return
  // With MUTUAL the credential is needed for the client's own certificate.
  const pointless = {
    caCertificates: Boolean(caCertificates),
    subjectAltNames: subjectAltNames !== undefined && subjectAltNames.length > 0,
    credentialName: mode === 'SIMPLE' && Boolean(credentialName),
  }
  for (const [field, given] of Object.entries(pointless)) {
    if (given) findings.at(field).error(`nothing is verified with insecureSkipVerify: expected no ${field} beside it`)
  }
}

function checkConfigMap(credentialName: string, namespace: string, findings: Findings): void {
  const [first = '', second] = credentialName.slice(configMapPrefix.length).split('/')
  if (second !== undefined && first !== namespace)
    findings.error(`"${credentialName}" is in another namespace: expected one in "${namespace}"`)
}
