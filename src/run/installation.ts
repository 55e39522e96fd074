/** Where mizzen itself lies, as a package or as its repository, and how its parts are started. */
import { existsSync } from 'node:fs'
import path from 'node:path'

export interface Installation {
  readonly root: string
  /** Program and first argument that run the command line: add a verb. */
  readonly mizzen: readonly [node: string, script: string]
  /** The script of a sidecar. */
  readonly proxy: string
}

export function installation(): Installation {
  const root = packageRoot(import.meta.dirname)
  // The bundle's chunks know where they are; run from source, the sources are.
  const bundled = !import.meta.filename.endsWith('.ts')
  return {
    root,
    mizzen: [process.execPath, path.join(root, bundled ? 'dist/mizzen.js' : 'src/cli/main.ts')],
    proxy: path.join(root, bundled ? 'dist/proxy.js' : 'src/proxy/main.ts'),
  }
}

function packageRoot(from: string): string {
  for (let directory = from; ; directory = path.dirname(directory)) {
    if (existsSync(path.join(directory, 'package.json'))) return directory
    if (directory === path.dirname(directory))
      throw new Error(`Cannot find mizzen's package.json: it is in no directory above "${from}"`)
  }
}
