/** How the two data planes are started in tests. */
import { existsSync } from 'node:fs'
import path from 'node:path'

const repository = path.resolve(import.meta.dirname, '../..')

/** Undefined, and then the reason, when Envoy is not here. */
export function envoyBinary(): string | undefined {
  return [process.env['MIZZEN_ENVOY'], path.join(repository, '.tools/envoy')].find(file => file !== undefined && existsSync(file))
}

export const ENVOY_MISSING = 'no Envoy at $MIZZEN_ENVOY or .tools/envoy: run sh scripts/fetch-envoy.sh'

export type Command = readonly [command: string, ...args: string[]]

/** @param identity as for mizzen's proxy: an agent beside Envoy gets the certificate, and is to be ended by SIGTERM, which it passes on */
export function envoyCommand(bootstrap: string, identity?: string): Command {
  const binary = envoyBinary()
  if (!binary) throw new Error(`Cannot start Envoy: ${ENVOY_MISSING}`)
  const envoy: Command = [
    binary,
    '-c',
    bootstrap,
    '--concurrency',
    '1',
    '--use-dynamic-base-id',
    '-l',
    process.env['MIZZEN_SCENARIO_LOGS'] ?? 'error',
  ]
  if (identity === undefined) return envoy
  return [
    process.execPath,
    ...SMALL,
    path.join(repository, 'dist/agent.js'),
    '-c',
    bootstrap,
    '--identity',
    identity,
    '--',
    ...envoy,
  ]
}

/** As `mizzen up` has them. */
const SMALL = ['--max-semi-space-size=1', '--no-concurrent-recompilation']

/** The bundle that `npm ci` builds: what users run. @param identity file that tells how it comes by its certificate; undefined: it gets none */
export function mizzenCommand(bootstrap: string, identity?: string): Command {
  const own = identity === undefined ? [] : ['--identity', identity]
  return [process.execPath, ...SMALL, path.join(repository, 'dist/proxy.js'), '-c', bootstrap, ...own]
}
