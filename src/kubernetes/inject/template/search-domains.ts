/** Further domains in which short names are looked up (values global.podDNSSearchNamespaces), each a template of its own. */
import type { Fields } from '../fields.ts'
import { renderText } from './custom.ts'
import type { TemplateInput } from './input.ts'

export function searchDomains(input: TemplateInput): Fields {
  const domains = input.values.texts('global.podDNSSearchNamespaces')
  // Two kinds of brackets have been in use.
  const rendered = domains.map(domain => renderText(domain.replaceAll('[[', '{{').replaceAll(']]', '}}'), input))
  return rendered.length === 0 ? {} : { dnsConfig: { searches: rendered } }
}
