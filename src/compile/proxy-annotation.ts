/** Mistakes in what pods say of their proxies. */
import { Findings } from '../api/findings.ts'
import { readProxyConfig } from '../api/istio/meshconfig/read.ts'
import { pathText } from '../api/object.ts'
import type { Pod } from '../api/registry.ts'
import { type Diagnostic, diagnostic } from './diagnostic.ts'
import { unusedProxyFields } from './mesh-config-unused.ts'

/** ProxyConfig of the mesh configuration as YAML. */
export const PROXY_CONFIG = 'proxy.istio.io/config'

export function checkProxyAnnotations(pods: readonly Pod[]): Diagnostic[] {
  return pods.flatMap(pod => {
    const text = pod.annotations[PROXY_CONFIG]
    if (text === undefined) return []
    const findings = new Findings()
    const config = readProxyConfig(text, findings)
    const path = ['metadata', 'annotations', PROXY_CONFIG]
    const unused = (config ? unusedProxyFields(config) : []).map(message =>
      diagnostic(pod, path, { code: 'not-yet', level: 'warning', message: `${PROXY_CONFIG}: ${message}` }),
    )
    const mistakes = findings.all.map(({ level, path: place, message, fix }) =>
      diagnostic(pod, path, {
        code: 'proxy-config',
        level,
        message: place.length === 0 ? message : `${pathText(place)}: ${message}`,
        fix,
        effect: config ? undefined : 'the annotation is left out',
      }),
    )
    return [...mistakes, ...unused]
  })
}
