/** Where Prometheus is on this machine. */
import { accessSync, constants, existsSync } from 'node:fs'
import path from 'node:path'
import { installation } from '../../installation.ts'

type Environment = Readonly<Record<string, string | undefined>>

export interface PrometheusBinary {
  readonly file: string
  /** Flags that it needs where it lies. */
  readonly flags: readonly string[]
}

/** `$MIZZEN_PROMETHEUS`, then PATH, then what scripts/fetch-prometheus.sh fetched. @throws with what to do when there is none */
export function findPrometheus(env: Environment): PrometheusBinary {
  const named = env['MIZZEN_PROMETHEUS']
  if (named) {
    if (isExecutable(named)) return withAssets(named)
    throw new Error(`Cannot start Prometheus: MIZZEN_PROMETHEUS is "${named}", expected an executable file`)
  }
  const onPath = (env['PATH'] ?? '').split(path.delimiter).filter(Boolean)
  const fetched = path.join(installation().root, '.tools/prometheus/usr/bin')
  const found = [...onPath, fetched].map(directory => path.join(directory, 'prometheus')).find(isExecutable)
  if (found) return withAssets(found)
  throw new Error(
    'Cannot start Prometheus: there is none in PATH. Install it ("apt install prometheus", "brew install prometheus", or a release of prometheus.io), or set MIZZEN_PROMETHEUS to its binary',
  )
}

/** Debian's looks for its page in /usr/share, wherever it was unpacked. */
function withAssets(file: string): PrometheusBinary {
  const assets = path.resolve(path.dirname(file), '../share/prometheus/web')
  const isUnpacked = !file.startsWith('/usr/') && existsSync(assets)
  return { file, flags: isUnpacked ? [`--web.local-assets=${assets}/`] : [] }
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}
