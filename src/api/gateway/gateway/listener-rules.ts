/** Rules between the fields of listeners, as the CRDs of Gateway and ListenerSet have them. */
import type { Findings } from '../../findings.ts'
import type { Listener } from './listener.ts'

const WITHOUT_TLS: ReadonlySet<string> = new Set(['HTTP', 'TCP', 'UDP'])
const WITHOUT_HOST: ReadonlySet<string> = new Set(['TCP', 'UDP'])

/** @param findings at the list */
export function checkListeners(listeners: readonly Listener[], findings: Findings): void {
  const places = new Set<string>()
  for (const [index, listener] of listeners.entries()) {
    const at = findings.at(index)
    checkListener(listener, at)
    const { port, protocol, hostname } = listener
    const place = JSON.stringify([port, protocol, hostname ?? null])
    if (places.has(place))
      at.error(
        `another listener has port ${port}, protocol ${protocol} and hostname ${hostname ? `"${hostname}"` : '(any)'} too: expected each combination once`,
      )
    places.add(place)
  }
}

function checkListener({ protocol, tls, hostname }: Listener, findings: Findings): void {
  if (WITHOUT_TLS.has(protocol) && tls)
    findings.at('tls').error(`a listener of protocol ${protocol} has no TLS: expected no "tls"`)
  if (WITHOUT_HOST.has(protocol) && hostname)
    findings.at('hostname').error(`a listener of protocol ${protocol} sees no host names: expected none, got "${hostname}"`)
  if (protocol === 'HTTPS' && tls?.mode === 'Passthrough')
    findings.at('tls', 'mode').error('HTTPS ends TLS here: expected Terminate, or protocol TLS for Passthrough')
  if (protocol === 'TLS' && tls?.mode === undefined)
    findings
      .at('tls', 'mode')
      .error('"mode" is missing: expected Terminate or Passthrough for protocol TLS', { code: 'missing-field' })
  const options = Object.keys(tls?.options ?? {})
  if (tls && tls.mode !== 'Passthrough' && (tls.certificateRefs ?? []).length === 0 && options.length === 0)
    findings.at('tls').error('"certificateRefs" is missing: expected the Secret with the certificate to end TLS with', {
      code: 'missing-field',
    })
}
