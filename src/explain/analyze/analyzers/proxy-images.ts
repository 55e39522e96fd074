/** IST0158: pods whose proxy is not of the version that the control plane would inject now. */
import type { Analyzer } from '../analyzer.ts'
import { finding } from '../finding.ts'
import type { Part } from '../resource.ts'
import { containersOf, PROXY, podsOf } from '../workloads.ts'
import { injectorConfigs, revisionOf } from './injector-config.ts'

export const proxyImages: Analyzer = {
  name: 'injection.ImageAnalyzer',
  description: 'proxies run the image that the control plane injects',
  codes: ['IST0158'],
  inputs: ['Namespace', 'Pod', 'ConfigMap'],
  *analyze(world) {
    const images = new Map(injectorConfigs(world).map(config => [revisionOf(config), imageOf(config)]))
    const pods = podsOf(world).filter(pod => pod.annotations['sidecar.istio.io/proxyImage'] === undefined)
    for (const namespace of world.resources.of('Namespace')) {
      const revision =
        namespace.labels['istio.io/rev'] ?? (namespace.labels['istio-injection'] === 'enabled' ? 'default' : undefined)
      const expected = revision === undefined ? undefined : images.get(revision)
      if (expected === undefined) continue
      const old = pods.filter(pod => {
        const image = containersOf(pod.spec)
          .find(container => container.at('name').text() === PROXY)
          ?.at('image')
          .text()
        return pod.namespace === namespace.name && image !== undefined && !isImage(image, expected)
      })
      if (old.length === 0) continue
      const names = old.map(pod => pod.of.name).join(' ')
      const message = `The Istio proxy images of the pods running in the namespace do not match the image defined in the injection configuration (pod names: [${names}]). This often happens after upgrading the Istio control-plane and can be fixed by redeploying the pods.`
      yield finding('IST0158', namespace.root, message, 'make the pods anew: kubectl rollout restart')
    }
  },
}

function imageOf(values: Part): string | undefined {
  const global = values.at('global')
  const name = global.at('proxy', 'image').text() || 'proxyv2'
  if (name.includes('/')) return name
  const tag = global.at('tag').text()
  return tag === '' ? undefined : `${global.at('hub').text()}/${name}:${tag}`
}

/** Variants (distroless, debug) are the same version. */
function isImage(image: string, expected: string): boolean {
  return image === expected || image.startsWith(`${expected}-`)
}
