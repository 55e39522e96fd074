/** Rules as the input of iptables-restore: all of a family at once, or none. */
import { chainsOf, type Rule, type Table } from './rule.ts'

/** In the order in which Istio writes them; they do not depend on each other. */
export const TABLES: readonly Table[] = ['mangle', 'nat', 'raw']

/** @returns '' when there is nothing to do */
export function restoreText(rules: readonly Rule[]): string {
  return TABLES.flatMap(table => {
    const own = rules.filter(rule => rule.table === table)
    if (own.length === 0) return []
    return [`* ${table}`, ...chainsOf(rules, table).map(chain => `-N ${chain}`), ...own.map(line), 'COMMIT']
  })
    .map(text => `${text}\n`)
    .join('')
}

function line({ chain, insertAt, words }: Rule): string {
  return [insertAt === undefined ? `-A ${chain}` : `-I ${chain} ${insertAt}`, ...words].join(' ')
}
