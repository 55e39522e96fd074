/** The mesh of files, for commands that look at configuration without running anything. */
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import type { ObjectStatus } from '../compile/gateway-api/conditions.ts'
import { compile } from '../compile/mesh.ts'
import { type MeshConfigReading, readMeshConfig } from '../compile/mesh-config.ts'
import { readNetworks } from '../compile/networks.ts'
import type { Objects } from '../compile/objects.ts'
import type { Mesh } from '../model/mesh.ts'
import { DEFAULT_SETTINGS } from '../model/settings.ts'
import type { Diagnostic } from '../source/diagnostic.ts'
import { FileSource } from '../source/files/file-source.ts'
import { formatDiagnostic } from '../source/format.ts'
import { Store } from '../source/store.ts'
import type { Io } from './io.ts'

export interface MeshFlags {
  readonly paths: readonly string[]
  /** A file with Istio's MeshConfig; undefined: the ConfigMap among the objects, if it is there. */
  readonly meshConfig: string | undefined
  /** A file with Istio's MeshNetworks; absent: those of the ConfigMap, if it is there. */
  readonly meshNetworks?: string | undefined
  /** Where Services without a clusterIP get addresses from; "": nowhere. @default as compile() */
  readonly serviceRange: string | undefined
}

export interface ReadMesh {
  readonly mesh: Mesh
  /** What the objects of the Gateway API are told. */
  readonly statuses: readonly ObjectStatus[]
  /** Tells on standard error what is wrong: what is shown is what a proxy would get in spite of it. */
  readonly tell: () => void
}

/** @param complete adds to the objects what is asked for and is not there, such as a pod of a Deployment */
export async function readMesh(flags: MeshFlags, io: Io, complete: (objects: Objects) => Objects = same): Promise<ReadMesh> {
  const store = new Store()
  await new FileSource({ paths: flags.paths, cwd: io.cwd, stdin: io.stdin }, store.source()).read()
  const { serviceRange } = flags
  const { settings, problems, unused } = await readSettings(flags, io)
  const { mesh, statuses, diagnostics } = compile(complete(store.snapshot().objects), {
    settings,
    ...(serviceRange !== undefined && { serviceRange }),
  })
  const tell = () => {
    for (const problem of [...problems, ...unused]) io.stderr.write(`${problem}\n`)
    const all: readonly Diagnostic[] = [...store.diagnostics(), ...diagnostics]
    for (const diagnostic of all) io.stderr.write(`${formatDiagnostic(diagnostic, { colour: false })}\n`)
  }
  return { mesh, statuses, tell }
}

/** What the files of --mesh-config and --mesh-networks say; a ConfigMap among the objects goes over it. */
export async function readSettings(
  { meshConfig, meshNetworks }: Pick<MeshFlags, 'meshConfig' | 'meshNetworks'>,
  io: Io,
): Promise<MeshConfigReading> {
  const mesh =
    meshConfig === undefined
      ? { settings: DEFAULT_SETTINGS, problems: [], unused: [] }
      : readMeshConfig(await readText(meshConfig, io))
  if (meshNetworks === undefined) return mesh
  const { networks, problems, unused } = readNetworks(await readText(meshNetworks, io), mesh.settings.clusterId)
  return {
    settings: { ...mesh.settings, networks },
    problems: [...mesh.problems, ...problems],
    unused: [...mesh.unused, ...unused],
  }
}

function same(objects: Objects): Objects {
  return objects
}

/** @throws naming the file */
export async function readText(file: string, io: Io): Promise<string> {
  try {
    return await readFile(path.resolve(io.cwd, file), 'utf8')
  } catch (error) {
    throw new Error(`Cannot read "${file}": ${error instanceof Error ? error.message : String(error)}`)
  }
}
