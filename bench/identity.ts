/**
 * The certificate authority on one core: certificates a second, beside the same work with Go's crypto (where Go is), and beside what openssl needs
 * for the two signatures that each takes (it verifies the request's and makes the certificate's).
 *
 * usage: node bench/identity.ts [--seconds 3] [--json]
 */
import { execFileSync } from 'node:child_process'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { CertificateAuthority } from '../src/identity/authority/authority.ts'
import { MemoryGenerations } from '../src/identity/authority/memory-generations.testing.ts'
import { SelfSignedRoots } from '../src/identity/authority/self-signed.ts'
import { certificateRequest } from '../src/identity/workload/request.ts'
import { makeKeyPair } from '../src/identity/workload/signing.ts'
import { systemClock } from '../src/lib/clock.ts'

const { values: flags } = parseArgs({
  options: { seconds: { type: 'string', default: '3' }, json: { type: 'boolean', default: false } },
})
const seconds = Number(flags.seconds)
const identity = { trustDomain: 'cluster.local', namespace: 'shop', serviceAccount: 'cart' }
const source = await SelfSignedRoots.open({
  store: new MemoryGenerations(),
  clock: systemClock,
  trustDomain: identity.trustDomain,
  longestLeafMs: 86_400_000,
})
const authority = new CertificateAuthority({ source, clock: systemClock })
const request = certificateRequest(await makeKeyPair('ecdsa-p256'))

run(0.5)
const { count, cpuSeconds } = run(seconds)
const perSecond = count / cpuSeconds
const { sign, verify } = openssl()
const opensslPerSecond = 1 / (1 / sign + 1 / verify)
const goPerSecond = withGo()
const result = {
  perSecond: Math.round(perSecond),
  goPerSecond,
  ratioToGo: perSecond / goPerSecond,
  opensslPerSecond: Math.round(opensslPerSecond),
  ratio: perSecond / opensslPerSecond,
}
process.stdout.write(
  flags.json
    ? `${JSON.stringify(result)}\n`
    : `${result.perSecond} certificates a second and core; openssl's signatures alone: ${result.opensslPerSecond} (ratio ${result.ratio.toFixed(2)}); Go: ${Number.isNaN(goPerSecond) ? 'not here' : `${goPerSecond} (ratio ${result.ratioToGo.toFixed(2)})`}\n`,
)

function run(forSeconds: number): { count: number; cpuSeconds: number } {
  const before = process.cpuUsage()
  const end = performance.now() + forSeconds * 1000
  let count = 0
  while (performance.now() < end) {
    authority.sign(request, identity, 0)
    count++
  }
  const { user, system } = process.cpuUsage(before)
  return { count, cpuSeconds: (user + system) / 1e6 }
}

/** NaN: there is no Go. */
function withGo(): number {
  const cwd = path.join(import.meta.dirname, 'certificates-go')
  try {
    const output = execFileSync('go', ['run', '.', String(seconds)], {
      cwd,
      encoding: 'utf8',
      env: { ...process.env, GOMAXPROCS: '1' },
    })
    return Number(output)
  } catch {
    return Number.NaN
  }
}

/** Operations a second of CPU, as `openssl speed` says. */
function openssl(): { sign: number; verify: number } {
  const text = execFileSync('openssl', ['speed', '-seconds', '1', 'ecdsap256'], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const [, sign = '', verify = ''] = /nistp256\)\s+\S+s\s+\S+s\s+([\d.]+)\s+([\d.]+)/.exec(text) ?? []
  return { sign: Number(sign), verify: Number(verify) }
}
