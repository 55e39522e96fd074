/** Rules for the names of gateways that a VirtualService, or a match in it, is bound to. */
import type { Findings } from '../../findings.ts'
import { checkDnsLabel, checkFqdn } from '../../values/dns.ts'

/** The name that stands for all sidecars. */
export const mesh = 'mesh'

/** @param findings at the list */
export function checkGatewayNames(names: readonly string[] | undefined, findings: Findings): void {
  for (const [index, name] of (names ?? []).entries()) {
    const at = findings.at(index)
    const slash = name.indexOf('/')
    if (slash >= 0) {
      at.check(checkDnsLabel(name.slice(0, slash), 'a namespace') ?? checkDnsLabel(name.slice(slash + 1), "a gateway's name"))
    } else if (name.includes('.')) {
      const [gateway, namespace] = name.split('.')
      const fix = `write "${namespace}/${gateway}"`
      at.warning(`"${name}" is the old form of a gateway's name: expected "namespace/name"`, { fix })
      at.check(checkFqdn(name))
    } else at.check(checkDnsLabel(name, "a gateway's name"))
  }
}
