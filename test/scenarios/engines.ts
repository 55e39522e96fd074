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

export function envoyCommand(bootstrap: string): Command {
  const binary = envoyBinary()
  if (!binary) throw new Error(`Cannot start Envoy: ${ENVOY_MISSING}`)
  return [
    binary,
    '-c',
    bootstrap,
    '--concurrency',
    '1',
    '--use-dynamic-base-id',
    '-l',
    process.env['MIZZEN_SCENARIO_LOGS'] ?? 'error',
  ]
}

/** The bundle that `npm ci` builds: what users run. */
export function mizzenCommand(bootstrap: string): Command {
  return [process.execPath, '--max-semi-space-size=1', path.join(repository, 'dist/proxy.js'), '-c', bootstrap]
}
