/** The mesh as one proxy is told of it: with its own settings where the mesh has defaults. */
import { IdentityMemo } from '../../lib/identity-memo.ts'
import type { Mesh } from '../../model/mesh.ts'
import type { MeshProxy } from '../../model/proxy.ts'
import type { MeshSettings } from '../../model/settings.ts'

const meshes = new IdentityMemo<Mesh>()
const settingsMemo = new IdentityMemo<MeshSettings>()

/** The same mesh for proxies that are told nothing else, so that they share what is made of it. */
export function meshFor(mesh: Mesh, { proxySettings }: MeshProxy): Mesh {
  const { settings } = mesh
  if (proxySettings === undefined || proxySettings === settings.proxyDefaults) return mesh
  const own = settingsMemo.get([settings, proxySettings], () => ({ ...settings, proxyDefaults: proxySettings }))
  return meshes.get([mesh, own], () => ({ ...mesh, settings: own }))
}
