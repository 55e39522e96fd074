/**
 * Makes dist/, what the published package runs: one bundle per process kind instead of hundreds of modules. Measured: each process
 * that loads the xDS types as modules needs 20 MB more than one that loads them bundled, and 50 ms more to start.
 *
 * dist/mizzen.js is the command line (control plane included); dist/proxy.js is the data plane alone, loaded by every sidecar;
 * dist/agent.js stands beside an Envoy; dist/pod.js is what runs in a pod of a cluster; dist/filter-worker.js is the thread of a filter
 * that a user has written. dist/dashboard is the page that the control plane
 * serves. dist/propagate.cjs is loaded into Node applications, of any version.
 *
 * usage: node scripts/build.ts [--self-contained] [OUTDIR]   (default dist)
 * --self-contained: with the packages inside, for the container image; only those that cannot be bundled stay outside (OUTSIDE)
 */
import { copyFileSync, rmSync, symlinkSync } from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { type BuildOptions, build } from 'esbuild'
import { build as buildPage } from 'vite'

const repository = path.resolve(import.meta.dirname, '..')
const { values, positionals } = parseArgs({ options: { 'self-contained': { type: 'boolean' } }, allowPositionals: true })
const outdir = path.resolve(positionals[0] ?? path.join(repository, 'dist'))

/** Loaded by require() where they are needed; koffi is native code. scripts/image-layer.ts puts them beside the bundles. */
const OUTSIDE = ['koffi', 're2js']

const common: BuildOptions = {
  absWorkingDir: repository,
  outdir,
  bundle: true,
  // Parts that most runs do not need (the JSON form of messages, the verbs) are files of their own, loaded when asked for.
  splitting: true,
  platform: 'node',
  target: 'node24',
  format: 'esm',
  sourcemap: true,
  sourcesContent: false,
  legalComments: 'none',
  minifySyntax: true,
  minifyWhitespace: true,
  ...(values['self-contained']
    ? {
        external: OUTSIDE,
        sourcemap: false,
        // Packages in CommonJS ask for Node's own modules by require(), which ECMAScript modules do not have.
        banner: { js: "import{createRequire as $r}from'node:module';const require=$r(import.meta.url);" },
      }
    : // Dependencies stay packages of their own: npm installs them, and their licences and fixes come along.
      { packages: 'external' }),
  logLevel: 'warning',
}

rmSync(outdir, { recursive: true, force: true })
// Built apart: an entry that another one imports would be moved into a shared file, and no longer be the program.
await Promise.all([
  build({ ...common, entryPoints: { mizzen: 'src/cli/main.ts' }, chunkNames: 'mizzen/[name]-[hash]' }),
  build({ ...common, entryPoints: { proxy: 'src/proxy/main.ts' }, chunkNames: 'proxy/[name]-[hash]' }),
  build({ ...common, entryPoints: { agent: 'src/run/agent/main.ts' }, chunkNames: 'agent/[name]-[hash]' }),
  build({ ...common, entryPoints: { pod: 'src/run/pod/main.ts' }, chunkNames: 'pod/[name]-[hash]' }),
  build({ ...common, entryPoints: { 'filter-worker': 'src/proxy/filters/script/worker.ts' }, splitting: false }),
  build({
    ...common,
    entryPoints: { propagate: 'src/preload/preload.ts' },
    outExtension: { '.js': '.cjs' },
    format: 'cjs',
    splitting: false,
    target: 'node18',
    banner: {},
    sourcemap: false,
  }),
  buildPage({
    configFile: path.join(repository, 'dashboard/vite.config.ts'),
    build: { outDir: path.join(outdir, 'dashboard') },
    logLevel: 'warn',
  }),
])

// Types only, for those who write filters: what erasing leaves of this file is nothing.
copyFileSync(path.join(repository, 'src/proxy/filters/script/api.ts'), path.join(outdir, 'filter.d.ts'))

// In a clone, `npx mizzen` should find this very build, at once; otherwise npx packs and installs the clone for each call.
if (positionals[0] === undefined) {
  const link = path.join(repository, 'node_modules/.bin/mizzen')
  rmSync(link, { force: true })
  symlinkSync(path.relative(path.dirname(link), path.join(outdir, 'mizzen.js')), link)
}
