/** The configuration and proxy of an oracle case as a mesh and a proxy in it. */
import { parseAllDocuments } from 'yaml'
import { compile } from '../../src/compile/mesh.ts'
import { meshSettings } from '../../src/compile/mesh-config.ts'
import { describedNode, proxyOfNode } from '../../src/explain/proxies.ts'
import type { Mesh } from '../../src/model/mesh.ts'
import type { MeshProxy } from '../../src/model/proxy.ts'
import { fields, text } from './oracle.ts'
import { rawObjects } from './raw-objects.ts'

export interface World {
  readonly mesh: Mesh
  readonly proxy: MeshProxy
}

/** @param world has config and kubeConfig (YAML documents), meshConfig and proxy */
export function worldOf(world: unknown): World {
  const documents = [text(world, 'config'), text(world, 'kubeConfig')].flatMap(yaml =>
    parseAllDocuments(yaml).flatMap(document => {
      const value: unknown = document.toJS()
      return value === null ? [] : [value]
    }),
  )
  const { settings } = meshSettings(fields(world, 'meshConfig'))
  // Services without an address stay without one, as in Istio's tests.
  const { mesh } = compile(rawObjects(documents), { settings, serviceRange: '' })
  return { mesh, proxy: proxyOfNode(mesh, describedNode(fields(world, 'proxy'), 'the case')) }
}
