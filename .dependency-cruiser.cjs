// The direction of imports, proved by `npm run check`: cli -> run -> {explain, kubernetes, xds, proxy, source, identity} ->
// compile -> {api, model} -> lib. Generated xDS types (src/xds/gen) count as a library: the proxy reads them too.
const only = (from, allowed) => ({
  name: `${from}-imports-only`,
  comment: `src/${from} may import only from: ${[from, ...allowed].join(', ')}`,
  severity: 'error',
  from: { path: `^src/${from}/`, pathNot: '\\.test\\.ts$' },
  to: { path: '^src/', pathNot: [`^src/${from}/`, ...allowed.map(name => `^src/${name}/`)] },
})

module.exports = {
  forbidden: [
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'no-orphan-types-heap',
      severity: 'error',
      from: {},
      to: { path: '^src/.*/(utils?|helpers?|common|misc|types)\\.ts$' },
    },
    only('lib', []),
    // Loaded into applications: it brings nothing along.
    only('preload', []),
    only('model', ['lib']),
    // A patch of an EnvoyFilter is judged by whether it is one of Envoy's messages.
    only('api', ['lib', 'xds/wire']),
    // Patches of EnvoyFilters are Envoy's messages as users write them: reading them is all that compile/ knows of Envoy.
    only('compile', ['api', 'model', 'lib', 'xds/wire']),
    only('kubernetes/client', ['lib']),
    // What reads a cluster talks to its API server.
    only('source', ['api', 'lib', 'kubernetes/client']),
    only('xds/gen', []),
    only('xds/wire', ['xds/gen', 'lib']),
    only('xds/resources', ['xds/gen', 'xds/wire', 'model', 'lib']),
    only('xds/server', ['xds/gen', 'xds/wire', 'lib']),
    only('xds/client', ['xds/gen', 'xds/wire', 'lib']),
    // The part of identity that runs beside a workload, and so in every sidecar: no library, nothing of the authority.
    only('identity/workload', ['xds/gen', 'xds/wire', 'xds/client', 'lib']),
    only('identity', ['xds/gen', 'xds/wire', 'xds/client', 'lib']),
    only('proxy', ['identity/workload', 'xds/gen', 'xds/wire', 'xds/client', 'lib']),
    only('explain', ['xds', 'proxy', 'compile', 'model', 'api', 'source', 'lib']),
    only('run', ['explain', 'kubernetes', 'xds', 'proxy', 'source', 'identity', 'compile', 'model', 'api', 'lib']),
  ],
  options: {
    parser: 'swc',
    tsPreCompilationDeps: true,
    exclude: { path: '^src/xds/gen/' },
    doNotFollow: { path: 'node_modules' },
  },
}
