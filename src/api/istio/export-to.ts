/** Rules for `exportTo` of VirtualService, DestinationRule and ServiceEntry. */
import type { Findings } from '../findings.ts'
import { checkDnsLabel } from '../values/dns.ts'

interface Options {
  /** Whether "~" (nobody) may be said. */
  readonly nobody?: boolean
  /** Why the object may be exported to its own namespace alone; undefined: it may go further. */
  readonly ownOnly?: string | undefined
}

/** @param findings at `exportTo` */
export function checkExportTo(
  exportTo: readonly string[] | undefined,
  namespace: string,
  findings: Findings,
  options: Options = {},
): void {
  if (exportTo === undefined) return
  const seen = new Set<string>()
  for (const [index, entry] of exportTo.entries()) {
    const at = findings.at(index)
    const target = entry === '.' ? namespace : entry
    if (seen.has(target))
      at.error(`${JSON.stringify(entry)} is there twice${entry === target ? '' : `: "." is the namespace "${namespace}"`}`)
    seen.add(target)
    if (target === '*') continue
    if (target === '~') {
      if (!options.nobody) at.error('"~" (nobody) is not allowed here: expected ".", "*" or a namespace')
    } else at.check(checkDnsLabel(target, 'a namespace'))
  }
  for (const alone of ['*', '~']) {
    if (seen.has(alone) && seen.size > 1) findings.error(`"${alone}" stands beside other entries: expected it alone`)
  }
  if (options.ownOnly !== undefined && [...seen].some(target => target !== namespace)) findings.error(options.ownOnly)
}
