/**
 * The suite's programs, built from Go modules: the suite itself, and the images that its pods run, where the cluster cannot pull them
 * (../shared/cluster; any other gets them from registry.k8s.io).
 */
import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, symlinkSync } from 'node:fs'
import path from 'node:path'
import { at } from '../../src/kubernetes/client/raw-object.ts'

const MODULE = import.meta.dirname
const UPSTREAM = 'sigs.k8s.io/gateway-api'

/** As the suite's manifests name them. */
const ECHO_BASIC = ['v1.5.1', 'v1.6.0-dev.2', 'v1.6.0-dev.3'].map(tag => `registry.k8s.io/gateway-api/echo-basic:${tag}`)
const ECHO_ADVANCED = 'registry.k8s.io/gateway-api/echo-advanced:v1.5.1'
/** Only tests of UDPRoute ask it, which is not served; its pod has to run all the same. */
const COREDNS = 'registry.k8s.io/coredns/coredns:v1.12.2'

/** @returns the suite, as a program @throws Error with what Go said */
export function buildSuite(directory: string): string {
  const program = path.join(directory, 'conformance.test')
  go({}, 'test', '-c', '-o', program, '.')
  return program
}

/** @param cluster where the script "image" of the test cluster is */
export function buildEchoImages(cluster: string, directory: string): void {
  const basic = path.join(directory, 'echo-basic')
  const advanced = path.join(directory, 'echo-advanced')
  const programs = path.join(advanced, 'usr/local/bin')
  mkdirSync(basic, { recursive: true })
  mkdirSync(programs, { recursive: true })
  // Without libc they run in an image of nothing else.
  const build = (...args: readonly string[]) => go({ CGO_ENABLED: '0' }, 'build', ...args)
  build('-o', path.join(basic, 'echo-basic'), `${UPSTREAM}/conformance/echo-basic`)
  build('-o', path.join(programs, 'server'), './echo-advanced')
  symlinkSync('server', path.join(programs, 'client'))
  certificate(advanced)
  const image = (...args: readonly string[]) =>
    execFileSync(path.join(cluster, 'image'), args, { stdio: ['ignore', 'ignore', 'inherit'] })
  for (const name of [...ECHO_BASIC, COREDNS]) image('--entrypoint', '/echo-basic', name, basic)
  image('--user', '1338', '--entrypoint', 'server', ECHO_ADVANCED, advanced)
}

/** Files of the kinds that the suite is for. */
export function kindsDirectory(channel: 'standard' | 'experimental'): string {
  const found: unknown = JSON.parse(go({}, 'mod', 'download', '-json', UPSTREAM))
  const directory = at(found, 'Dir')
  if (typeof directory !== 'string') throw new Error(`Cannot find ${UPSTREAM}: ${JSON.stringify(found)}`)
  return path.join(directory, 'config/crd', channel)
}

/** Where the arguments of the suite's pods expect it. */
function certificate(directory: string): void {
  const [key, crt] = [path.join(directory, 'cert.key'), path.join(directory, 'cert.crt')]
  if (existsSync(crt)) return
  const kind = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '3650', '-subj', '/CN=echo']
  execFileSync('openssl', ['req', ...kind, '-keyout', key, '-out', crt], { stdio: 'ignore' })
  chmodSync(key, 0o644)
}

function go(env: Readonly<Record<string, string>>, ...args: readonly string[]): string {
  const options = { cwd: MODULE, env: { ...process.env, ...env }, encoding: 'utf8' } as const
  return execFileSync('go', args, { ...options, stdio: ['ignore', 'pipe', 'inherit'] })
}
