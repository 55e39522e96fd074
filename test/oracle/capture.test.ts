/**
 * The rules that capture a pod's traffic, beside those of an existing mesh, as data outside this repository: by table and chain, in order. The folder is
 * $MIZZEN_ORACLE, or ../shared/oracle beside the repository.
 */
import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { Type } from 'typebox'
import { Parse } from 'typebox/value'
import { parse } from 'yaml'
import { captureConfig } from '../../src/kubernetes/capture/environment.ts'
import { restoreText } from '../../src/kubernetes/capture/restore-text.ts'
import { captureRules } from '../../src/kubernetes/capture/rules.ts'

const folder = path.join(process.env['MIZZEN_ORACLE'] ?? path.resolve(import.meta.dirname, '../../../shared/oracle'), 'iptables')
const names = existsSync(folder) ? readdirSync(folder) : []
const Case = Type.Object({ config: Type.Record(Type.String(), Type.Unknown()) })

for (const name of names) {
  test(`captureRules() makes the rules of the oracle's case ${name}`, () => {
    const { config: given } = Parse(Case, parse(readFileSync(path.join(folder, name, 'case.yaml'), 'utf8')))
    const config = captureConfig(Object.fromEntries(Object.entries(given).map(([key, value]) => [key, String(value)])))
    const families = config.ipv6 ? (['v4', 'v6'] as const) : (['v4'] as const)
    const made = families.map(family => restoreText(captureRules(config, family))).join('')
    const expected = readFileSync(path.join(folder, name, 'expected.txt'), 'utf8')
    assert.deepEqual(chains(made), chains(expected))
  })
}

test('capture rules are compared with an oracle', {
  skip: names.length > 0 ? false : `no oracle in ${folder} (set MIZZEN_ORACLE)`,
}, () => {})

/** The n-th table of its name -> chain -> its rules. A table that comes a second time is IPv6's. */
function chains(text: string): Readonly<Record<string, readonly string[]>> {
  const found: Record<string, string[]> = {}
  const times = new Map<string, number>()
  let table = ''
  for (const line of text.split('\n').map(each => each.trim())) {
    const [, name] = /^\* ?(\w+)$/.exec(line) ?? []
    if (name !== undefined) {
      times.set(name, (times.get(name) ?? 0) + 1)
      table = `${name} ${times.get(name)}`
    }
    const [, how, chain = '', rule = ''] = /^-([NAI]) (\S+) ?(.*)$/.exec(line) ?? []
    if (how === undefined) continue
    const rules = found[`${table} ${chain}`] ?? []
    found[`${table} ${chain}`] = rules
    if (how !== 'N') rules.push(`${how} ${rule.replace('--to-port ', '--to-ports ')}`)
  }
  return found
}
