/** Which data plane a pod gets, and from which image it runs. */
import type { ProxyConfig } from '../../api/istio/meshconfig/proxy-config.ts'
import { annotationsOf, type Pod } from './pod.ts'
import { ENGINE_ANNOTATION, type Engine, type InjectionSettings, type NamespaceFacts } from './settings.ts'
import type { Values } from './values.ts'

/** The pod's annotation, then the namespace's, then what the mesh has chosen. */
export function engineOf(pod: Pod, namespace: NamespaceFacts, { engine = 'mizzen' }: Pick<InjectionSettings, 'engine'>): Engine {
  const chosen = annotationsOf(pod)[ENGINE_ANNOTATION] ?? namespace.annotations?.[ENGINE_ANNOTATION]
  return chosen === 'mizzen' || chosen === 'envoy' ? chosen : engine
}

/** A whole reference is used as it is; a name gets the installation's hub, tag and variant. */
export function imageOf(pod: Pod, engine: Engine, config: ProxyConfig, values: Values): string {
  const annotations = annotationsOf(pod)
  const own = annotations['sidecar.istio.io/proxyImage']
  const name = own ?? values.text(engine === 'envoy' ? 'global.proxy.envoyImage' : 'global.proxy.image')
  if (name.includes('/')) return name
  const variant = annotations['sidecar.istio.io/proxyImageType'] ?? config.image?.imageType ?? values.text('global.variant')
  const suffix = variant === '' || variant === 'default' ? '' : `-${variant}`
  return `${values.text('global.hub')}/${name}:${values.text('global.tag')}${suffix}`
}
