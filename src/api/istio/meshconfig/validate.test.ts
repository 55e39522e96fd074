import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Findings } from '../../findings.ts'
import { pathText } from '../../object.ts'
import { readMeshConfig } from './read.ts'

/** Title, mesh configuration as YAML, and where errors are expected. */
const rows: readonly (readonly [string, string, readonly string[]])[] = [
  ['nothing', '', []],
  [
    'an empty path',
    '{defaultConfig: {configPath: "", binaryPath: ""}}',
    ['defaultConfig.configPath', 'defaultConfig.binaryPath'],
  ],
  ['an empty address', '{defaultConfig: {discoveryAddress: ""}}', ['defaultConfig.discoveryAddress']],
  ['an empty name', '{defaultConfig: {serviceCluster: ""}}', ['defaultConfig.serviceCluster']],
  [
    'a tag without a name',
    '{defaultConfig: {tracing: {customTags: {"": {literal: {value: a}}}}}}',
    ['defaultConfig.tracing.customTags[""]'],
  ],
]

for (const [title, text, expected] of rows) {
  test(`readMeshConfig() ${expected.length > 0 ? 'rejects' : 'accepts'} ${title}`, () => {
    const findings = new Findings()
    readMeshConfig(text, findings)
    assert.deepEqual(findings.all.map(({ path }) => pathText(path)).sort(), [...expected].sort())
  })
}
