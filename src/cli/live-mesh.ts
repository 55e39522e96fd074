/** The mesh of a cluster as it is now, for commands that look at it once; files given beside it go before what stands in the cluster. */
import { compile } from '../compile/mesh.ts'
import type { Objects } from '../compile/objects.ts'
import type { ApiServer } from '../kubernetes/client/api-server.ts'
import { DEFAULT_SETTINGS } from '../model/settings.ts'
import type { Diagnostic } from '../source/diagnostic.ts'
import { FileSource } from '../source/files/file-source.ts'
import { formatDiagnostic } from '../source/format.ts'
import { KubernetesSource } from '../source/kubernetes/kubernetes-source.ts'
import { Store } from '../source/store.ts'
import type { Io } from './io.ts'
import type { ReadMesh } from './read-mesh.ts'

export interface LiveMeshFlags {
  readonly paths: readonly string[]
  /** Where the mesh configuration stands. */
  readonly rootNamespace: string
}

export async function readLiveMesh(
  server: ApiServer,
  { paths, rootNamespace }: LiveMeshFlags,
  io: Io,
  complete: (objects: Objects) => Objects = objects => objects,
): Promise<ReadMesh & { readonly diagnostics: readonly Diagnostic[] }> {
  const store = new Store()
  const files = store.source()
  if (paths.length > 0) await new FileSource({ paths, cwd: io.cwd, stdin: io.stdin }, files).read()
  const source = new KubernetesSource({ api: server, rootNamespace, configMaps: ['istio'] }, store.source())
  try {
    await source.start()
  } finally {
    source.close()
  }
  const settings = { ...DEFAULT_SETTINGS, rootNamespace }
  const compiled = compile(complete(store.snapshot().objects), { settings })
  // That a file stands in place of the cluster's object is what was asked for.
  const own = store.diagnostics().filter(({ code }) => code !== 'duplicate-object')
  return {
    mesh: compiled.mesh,
    statuses: compiled.statuses,
    diagnostics: [...own, ...compiled.diagnostics],
    tell() {
      for (const diagnostic of own) io.stderr.write(`${formatDiagnostic(diagnostic, { colour: false })}\n`)
    },
  }
}
