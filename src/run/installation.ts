/** Where mizzen itself lies, as a package or as its repository, and how its parts are started. */
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'

export interface Installation {
  /** Holds package.json. */
  readonly root: string
  /** Program and first argument that run the command line: add a verb. */
  readonly mizzen: readonly [node: string, script: string]
  /** The script of a sidecar. */
  readonly proxy: string
  /** The script of the agent beside an Envoy. */
  readonly agent: string
  /** The script of a pod's proxy, whichever engine it has. */
  readonly pod: string
  /** Where the build lies: the dashboard's page is only there. */
  readonly dist: string
}

export function installation(): Installation {
  const root = above('package.json')
  const scripts = import.meta.filename.endsWith('.ts')
    ? {
        mizzen: path.join(root, 'src/cli/main.ts'),
        proxy: path.join(root, 'src/proxy/main.ts'),
        agent: path.join(root, 'src/run/agent/main.ts'),
        pod: path.join(root, 'src/run/pod/main.ts'),
      }
    : {
        mizzen: path.join(above('mizzen.js'), 'mizzen.js'),
        proxy: path.join(above('proxy.js'), 'proxy.js'),
        agent: path.join(above('agent.js'), 'agent.js'),
        pod: path.join(above('pod.js'), 'pod.js'),
      }
  const dist = import.meta.filename.endsWith('.ts') ? path.join(root, 'dist') : above('mizzen.js')
  const { proxy, agent, pod } = scripts
  return { root, mizzen: [process.execPath, scripts.mizzen], proxy, agent, pod, dist }
}

/** The nearest directory above this file that holds a file of that name. */
function above(name: string): string {
  for (let directory = import.meta.dirname; ; directory = path.dirname(directory)) {
    if (existsSync(path.join(directory, name))) return directory
    if (directory === path.dirname(directory)) {
      throw new Error(`Cannot find mizzen's "${name}": it is in no directory above "${import.meta.dirname}"`)
    }
  }
}

/** Of mizzen. */
export function packageVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(path.join(installation().root, 'package.json'), 'utf8'))
  if (typeof manifest === 'object' && manifest !== null && 'version' in manifest && typeof manifest.version === 'string')
    return manifest.version
  throw new Error(`Cannot tell the version: "${installation().root}/package.json" has none`)
}
