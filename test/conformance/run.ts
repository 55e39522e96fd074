/**
 * Runs the Gateway API's own conformance suite (sigs.k8s.io/gateway-api/conformance, version in go.mod) against this checkout on the cluster of
 * $KUBECONFIG: builds, installs the mesh as a revision of its own, runs, writes the reports, prints a line for each failed test, cleans up.
 *
 * usage: npm run test:conformance -- [--part gateway|mesh] [--only TEST,TEST...] [--report] [--keep]
 *   --part     the gateway's profiles or the mesh's (default both, one after the other)
 *   --only     these tests of the suite alone
 *   --report   writes test/conformance/reports/VERSION-PART.yaml
 *   --keep     leaves mesh and test objects there, to look at
 * docs/conformance.md tells what passes. It needs Go, and takes about ten minutes on two cores.
 */
import path from 'node:path'
import { parseArgs } from 'node:util'
import { untilUp } from '../kubernetes/cluster/cluster.ts'
import { Conformance, PARTS, type PartName } from './conformance.ts'

const { values } = parseArgs({
  options: {
    part: { type: 'string' },
    only: { type: 'string' },
    report: { type: 'boolean', default: false },
    keep: { type: 'boolean', default: false },
  },
})
const parts = (Object.keys(PARTS) as PartName[]).filter(name => values.part === undefined || name === values.part)
if (parts.length === 0) throw new Error(`Cannot run --part "${values.part}": expected ${Object.keys(PARTS).join(' or ')}`)

await untilUp(20)
const suite = await Conformance.prepare()
let failed = 0
let passed = 0
try {
  for (const part of parts) {
    const begun = Date.now()
    const report = values.report ? path.join(import.meta.dirname, 'reports', `${suite.version}-${part}.yaml`) : undefined
    const { outcomes, profiles } = await suite.run({ part, only: values.only?.split(','), report, keep: values.keep })
    const failures = outcomes.filter(({ result }) => result === 'failed')
    for (const { name, reasons } of failures) console.log(`✖ ${name}: ${reasons.join('; ') || 'no reason given'}`)
    for (const line of profiles) console.log(line)
    const good = outcomes.filter(({ result }) => result === 'passed').length
    console.log(`${part}: ${good} passed, ${failures.length} failed, in ${Math.round((Date.now() - begun) / 1000)} s`)
    passed += good
    failed += failures.length
  }
} finally {
  if (values.keep) console.log(`what the suite printed is in ${path.join(suite.directory, 'output.log')}`)
  else await suite.remove()
}
console.log(`\n${passed} passed, ${failed} failed`)
process.exitCode = failed > 0 || passed === 0 ? 1 : 0
