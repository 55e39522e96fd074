/** The configuration and proxy of an oracle case as a mesh and its resources. */
import { parseAllDocuments } from 'yaml'
import { compile } from '../../src/compile/mesh.ts'
import { meshSettings } from '../../src/compile/mesh-config.ts'
import { NOWHERE } from '../../src/model/locality.ts'
import type { MeshProxy } from '../../src/model/proxy.ts'
import { type ProxyResources, ResourceCache, resourcesFor } from '../../src/xds/resources/proxy.ts'
import { fields, labels, text, texts } from './oracle.ts'
import { rawObjects } from './raw-objects.ts'

/** @param world has config and kubeConfig (YAML documents), meshConfig and proxy */
export function resourcesOf(world: unknown): ProxyResources {
  const documents = [text(world, 'config'), text(world, 'kubeConfig')].flatMap(yaml =>
    parseAllDocuments(yaml).flatMap(document => {
      const value: unknown = document.toJS()
      return value === null ? [] : [value]
    }),
  )
  const { settings } = meshSettings(fields(world, 'meshConfig'))
  // Services without an address stay without one, as in Istio's tests.
  const { mesh } = compile(rawObjects(documents), { settings, serviceRange: '' })
  return resourcesFor(mesh, proxyOf(fields(world, 'proxy')), new ResourceCache())
}

function proxyOf(proxy: unknown): MeshProxy {
  const namespace = text(proxy, 'namespace') || 'default'
  return {
    kind: text(proxy, 'type') === 'gateway' ? 'gateway' : 'sidecar',
    id: 'oracle',
    namespace,
    name: 'oracle',
    labels: labels(proxy, 'labels'),
    addresses: texts(proxy, 'ips'),
    locality: NOWHERE,
    network: '',
    node: '',
    serviceAccount: '',
    namedPorts: new Map(),
    capture: { kind: 'redirect' },
  }
}
