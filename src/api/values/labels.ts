/** Checks of Kubernetes labels. A check returns what is wrong, or undefined. */
import type { Findings } from '../findings.ts'
import { checkFqdn } from './dns.ts'

const NAME = /^[a-zA-Z0-9](?:[-_.a-zA-Z0-9]*[a-zA-Z0-9])?$/

function checkLabelKey(key: string): string | undefined {
  const slash = key.indexOf('/')
  const name = key.slice(slash + 1)
  const prefixFits = slash < 0 || checkFqdn(key.slice(0, slash)) === undefined
  if (prefixFits && name.length <= 63 && NAME.test(name)) return undefined
  return `${JSON.stringify(key)} is not a label's name: expected "name" or "example.com/name", of letters, digits, "-", "_" and "."`
}

function checkLabelValue(value: string): string | undefined {
  if (value === '' || (value.length <= 63 && NAME.test(value))) return undefined
  return `${JSON.stringify(value)} is not a label's value: expected at most 63 letters, digits, "-", "_" and "."`
}

/** Labels to match or to carry. @param findings at the map */
export function checkLabels(labels: Readonly<Record<string, string>> | undefined, findings: Findings): void {
  for (const [key, value] of Object.entries(labels ?? {})) {
    findings.at(key).check(checkLabelKey(key) ?? checkLabelValue(value))
  }
}

/**
 * The labels of a workloadSelector. As in Istio only a missing name and a wildcard are errors; what no workload can carry is a warning, and
 * so is a selector without labels, which means every workload of the namespace.
 */
export function checkSelector(labels: Readonly<Record<string, string>> | undefined, findings: Findings): void {
  for (const [key, value] of Object.entries(labels ?? {})) {
    const at = findings.at(key)
    const problem = checkLabelKey(key) ?? checkLabelValue(value)
    if (key === '') at.error('a label has no name: expected one such as "app"')
    else if (`${key}${value}`.includes('*'))
      at.error(`"${key}: ${value}" has a wildcard: expected a label's name and its whole value`)
    else if (problem !== undefined) at.warning(`no workload has such a label: ${problem}`)
  }
  if (Object.keys(labels ?? {}).length === 0)
    findings.warning('the selector has no labels and so selects every workload of the namespace')
}
