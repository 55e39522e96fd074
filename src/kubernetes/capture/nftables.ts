/** The same rules in the language of nftables, in tables of their own: one text replaces all of them at once. */

import { TABLES } from './restore-text.ts'
import { BUILT_IN, chainsOf, type Family, type Rule, type Table } from './rule.ts'

/** Hooks of the kernel by table and chain. */
const HOOKS: Readonly<Record<string, string>> = {
  'nat PREROUTING': 'type nat hook prerouting priority dstnat; policy accept;',
  'nat OUTPUT': 'type nat hook output priority -100; policy accept;',
  'mangle PREROUTING': 'type filter hook prerouting priority mangle; policy accept;',
  'mangle OUTPUT': 'type route hook output priority mangle; policy accept;',
  'raw PREROUTING': 'type filter hook prerouting priority raw; policy accept;',
  'raw OUTPUT': 'type filter hook output priority raw; policy accept;',
}

const tableName = (family: Family, table: Table) => `${family === 'v4' ? 'ip' : 'ip6'} istio-proxy-${table}`

/** Input of `nft -f -`. Applied again, it changes nothing. */
export function nftablesText(rules: readonly Rule[], family: Family): string {
  return TABLES.map(table => {
    const own = rules.filter(rule => rule.table === table)
    if (own.length === 0) return removal(family, table)
    const chains = [...new Set([...chainsOf(rules, table), ...own.map(({ chain }) => chain)])]
    const texts = chains.map(chain => {
      const hook = BUILT_IN.has(chain) ? `    ${HOOKS[`${table} ${chain}`] ?? ''}\n` : ''
      const lines = inOrder(own.filter(rule => rule.chain === chain)).map(rule => `    ${expression(rule, family)}\n`)
      return `  chain ${chain} {\n${hook}${lines.join('')}  }\n`
    })
    // A chain must be known before a rule leads to it.
    const known = chains.filter(chain => !BUILT_IN.has(chain)).map(chain => `  chain ${chain} {}\n`)
    return `${removal(family, table)}table ${tableName(family, table)} {\n${known.join('')}${texts.join('')}}\n`
  }).join('')
}

/** Takes all of a family away, if there is something. */
export function nftablesRemoval(family: Family): string {
  return TABLES.map(table => removal(family, table)).join('')
}

/** nft refuses to delete what is not there; what was just declared is. */
function removal(family: Family, table: Table): string {
  return `table ${tableName(family, table)} {}\ndelete table ${tableName(family, table)}\n`
}

function inOrder(rules: readonly Rule[]): readonly Rule[] {
  const ordered: Rule[] = []
  for (const rule of rules) ordered.splice(rule.insertAt === undefined ? ordered.length : rule.insertAt - 1, 0, rule)
  return ordered
}

function expression({ words }: Rule, family: Family): string {
  const parts: string[] = []
  const ip = family === 'v4' ? 'ip' : 'ip6'
  let protocol = ''
  let module = ''
  let not = ''
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? ''
    if (word === '!') {
      not = '!= '
      continue
    }
    if (word === '-j') {
      if (protocol !== '' && !parts.some(part => part.startsWith(`${protocol} `))) parts.push(`meta l4proto ${protocol}`)
      return [...parts, action(words.slice(at + 1))].join(' ')
    }
    const value = words[++at] ?? ''
    if (word === '-p') protocol = value
    else if (word === '-m') module = value
    else parts.push(match(word, value, not, { protocol: protocol || 'tcp', module, ip }))
    if (word !== '-m') not = ''
  }
  return parts.join(' ')
}

interface Context {
  readonly protocol: string
  /** What "-m" named last. */
  readonly module: string
  readonly ip: 'ip' | 'ip6'
}

function match(word: string, value: string, not: string, { protocol, module, ip }: Context): string {
  switch (word) {
    case '-i':
      return `iifname ${not}"${value}"`
    case '-o':
      return `oifname ${not}"${value}"`
    case '-d':
      return `${ip} daddr ${not}${value}`
    case '-s':
      return `${ip} saddr ${not}${value}`
    case '--dport':
      return `${protocol} dport ${not}${value}`
    case '--sport':
      return `${protocol} sport ${not}${value}`
    case '--dports':
      return `${protocol} dport ${not}{ ${value.replaceAll(',', ', ')} }`
    case '--uid-owner':
      return `meta skuid ${not}${value}`
    case '--gid-owner':
      return `meta skgid ${not}${value}`
    case '--ctstate':
      return `ct state ${not}${value.toLowerCase()}`
    case '--mark':
      return `${module === 'connmark' ? 'ct' : 'meta'} mark ${not}${value}`
    default:
      throw new Error(`Cannot write a rule for nftables: "${word}" has no word there`)
  }
}

function action(words: readonly string[]): string {
  const [target = ''] = words
  const option = (name: string) => words[words.indexOf(name) + 1] ?? ''
  switch (target) {
    case 'RETURN':
    case 'ACCEPT':
    case 'DROP':
      return target.toLowerCase()
    case 'REDIRECT':
      return `redirect to :${option(words.includes('--to-ports') ? '--to-ports' : '--to-port')}`
    case 'MARK':
      return `meta mark set ${option('--set-mark')}`
    case 'CONNMARK':
      return words.includes('--save-mark') ? 'ct mark set meta mark' : 'meta mark set ct mark'
    case 'CT':
      return `ct zone set ${option('--zone')}`
    case 'TPROXY':
      return `tproxy to :${option('--on-port')} meta mark set ${option('--tproxy-mark').replace(/\/.*/, '')} accept`
    case 'NFLOG':
      return `log prefix ${option('--nflog-prefix')} group ${option('--nflog-group')} snaplen ${option('--nflog-size')}`
    default:
      return `jump ${target}`
  }
}
