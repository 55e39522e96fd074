/** Further domains in which short names are looked up (values global.podDNSSearchNamespaces). */
import type { Fields } from '../fields.ts'
import type { TemplateInput } from './input.ts'

export function searchDomains({ values, workload }: TemplateInput): Fields {
  const domains = values.texts('global.podDNSSearchNamespaces')
  if (domains.length === 0) return {}
  // Each may hold the pod's namespace in braces, however it is asked for.
  const searches = domains.map(domain => domain.replaceAll(/\{\{[^}]*\}\}|\[\[[^\]]*\]\]/g, workload.namespace || 'default'))
  return { dnsConfig: { searches } }
}
