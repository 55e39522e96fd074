/**
 * Makes dist/, what the published package runs: one bundle per process kind instead of hundreds of modules. Measured: each process
 * that loads the xDS types as modules needs 20 MB more than one that loads them bundled, and 50 ms more to start.
 *
 * dist/mizzen.js is the command line (control plane included); dist/proxy.js is the data plane alone, loaded by every sidecar.
 */
import { rmSync } from 'node:fs'
import path from 'node:path'
import { build } from 'esbuild'

const repository = path.resolve(import.meta.dirname, '..')
const outdir = path.join(repository, 'dist')

rmSync(outdir, { recursive: true, force: true })
await build({
  absWorkingDir: repository,
  entryPoints: { mizzen: 'src/cli/main.ts', proxy: 'src/proxy/main.ts' },
  outdir,
  bundle: true,
  splitting: true,
  platform: 'node',
  target: 'node24',
  format: 'esm',
  sourcemap: true,
  sourcesContent: false,
  legalComments: 'none',
  minifySyntax: true,
  minifyWhitespace: true,
  chunkNames: 'chunks/[name]-[hash]',
  // Dependencies stay packages of their own: npm installs them, and their licences and fixes come along.
  packages: 'external',
  banner: { js: '' },
  logLevel: 'warning',
})
