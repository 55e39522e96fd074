/**
 * All benchmarks that compare mizzen with Envoy, one after the other, each in a process of its own.
 *
 * usage: npm run bench [-- --quick]
 */
import { spawnSync } from 'node:child_process'
import path from 'node:path'

const quick = process.argv.includes('--quick')

for (const [file, ...args] of [
  ['http1.ts', '--rounds', quick ? '3' : '7', '--requests', quick ? '8000' : '20000'],
  ['http1.ts', '--rounds', quick ? '3' : '5', '--requests', quick ? '3000' : '8000', '--bytes', '65536'],
  ['laptop.ts', '--engine', 'mizzen', '--seconds', quick ? '5' : '10'],
  ['laptop.ts', '--engine', 'envoy', '--seconds', quick ? '5' : '10'],
] as const) {
  console.log(`\n$ node bench/${[file, ...args].join(' ')}`)
  const { status } = spawnSync(process.execPath, [path.join(import.meta.dirname, file), ...args], { stdio: 'inherit' })
  if (status !== 0) process.exitCode = 1
}
