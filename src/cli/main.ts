#!/usr/bin/env node
/**
 * The command line: finds the verb and loads only what it needs.
 *
 * Nothing but this file is loaded before Node's version is checked: the rest is written for a newer one than many machines have.
 */
import type { Io } from './io.ts'
import type { VerbName } from './summaries.ts'

/** Oldest Node that runs mizzen: native TypeScript for the sources, proxies from the environment for applications. */
const NODE = 24

interface Verb {
  run(args: readonly string[], io: Io): Promise<number>
}

const VERBS: Readonly<Record<VerbName, () => Promise<Verb>>> = {
  up: () => import('./up.ts'),
  ps: () => import('./ps.ts'),
  logs: () => import('./logs.ts'),
  down: () => import('./down.ts'),
  top: () => import('./top.ts'),
  tap: () => import('./tap.ts'),
  graph: () => import('./graph.ts'),
  validate: () => import('./validate.ts'),
  analyze: () => import('./analyze.ts'),
  'gateway-status': () => import('./gateway-status.ts'),
  xds: () => import('./xds.ts'),
  explain: () => import('./explain.ts'),
  inject: () => import('./inject.ts'),
  crds: () => import('./crds.ts'),
  schema: () => import('./schema.ts'),
  install: () => import('./install.ts'),
  upgrade: () => import('./upgrade.ts'),
  uninstall: () => import('./uninstall.ts'),
  manifest: () => import('./manifest.ts'),
  precheck: () => import('./precheck.ts'),
  'verify-install': () => import('./verify-install.ts'),
  tag: () => import('./tag.ts'),
  'proxy-status': () => import('./proxy-status.ts'),
  'proxy-config': () => import('./proxy-config.ts'),
  describe: () => import('./describe.ts'),
  dashboard: () => import('./dashboard.ts'),
  'bug-report': () => import('./bug-report.ts'),
  completion: () => import('./completion.ts'),
  'control-plane': () => import('./control-plane.ts'),
  token: () => import('./token.ts'),
  ca: () => import('./ca.ts'),
  proxy: () => import('./proxy.ts'),
  'grpc-bootstrap': () => import('./grpc-bootstrap.ts'),
  capture: () => import('./capture.ts'),
  cni: () => import('./cni.ts'),
  wait: () => import('./wait.ts'),
  request: () => import('./request.ts'),
  expand: () => import('./expand.ts'),
  monitoring: () => import('./monitoring.ts'),
  version: () => import('./version.ts'),
  help: () => import('./help.ts'),
}

/** Other words for a verb; injected pods call capture by the name that it has in Istio's image. */
const ALIASES: Readonly<Record<string, VerbName>> = {
  '-h': 'help',
  '--help': 'help',
  '-v': 'version',
  '--version': 'version',
  'istio-iptables': 'capture',
}

/** @returns the exit code: 0 done, 1 failed, 2 wrong usage. Does not throw: what is wrong goes to stderr, in a sentence. */
export async function main(args: readonly string[], io: Io): Promise<number> {
  const { isVerb, SUMMARIES } = await import('./summaries.ts')
  const [word = 'help', ...rest] = args
  const name = ALIASES[word] ?? word
  if (!isVerb(name)) {
    const { nearest } = await import('../lib/nearest.ts')
    const meant = nearest(name, Object.keys(SUMMARIES))
    const advice = meant ? `did you mean "mizzen ${meant}"?` : 'see "mizzen help"'
    io.stderr.write(`Cannot run "mizzen ${name}": there is no such command, ${advice}\n`)
    return 2
  }
  try {
    // Every verb knows its own help: `mizzen help up` is `mizzen up --help`.
    const [topic = ''] = rest
    const asksFor = name === 'help' && isVerb(topic) ? topic : name
    const verb = await VERBS[asksFor]()
    return await verb.run(asksFor === name ? rest : ['--help'], io)
  } catch (error) {
    const { UsageError } = await import('./flags.ts')
    const stack = io.env['MIZZEN_DEBUG'] && error instanceof Error ? error.stack : undefined
    io.stderr.write(`${stack ?? (error instanceof Error ? error.message : String(error))}\n`)
    return error instanceof UsageError ? 2 : 1
  }
}

/** What keeps a process after its work is done (a connection that closes slowly) may do so no longer, milliseconds. */
const EXIT_MS = 1000

// Undefined on a Node that is too old to know it, and to run the rest.
if (import.meta.main !== false) {
  const { stdin, stdout, stderr, env, versions } = process
  if (Number.parseInt(versions.node, 10) < NODE) {
    stderr.write(
      `Cannot run mizzen on Node ${versions.node}: expected ${NODE} or newer (in its repository: node_modules/.bin/node)\n`,
    )
    process.exit(2)
  }
  // `mizzen logs | head`: the reader has seen enough.
  stdout.on('error', error => process.exit('code' in error && error.code === 'EPIPE' ? 0 : 1))
  process.exitCode = await main(process.argv.slice(2), { stdin, stdout, stderr, env, cwd: process.cwd() })
  setTimeout(() => process.exit(), EXIT_MS).unref()
}
