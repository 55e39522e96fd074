/** The values that Istio's injector was installed with: ConfigMap `istio-sidecar-injector`, or with "-REVISION" behind it. */
import { Part } from '../resource.ts'
import type { World } from '../world.ts'

const NAME = 'istio-sidecar-injector'

export function injectorConfigs(world: World): Part[] {
  return world.resources
    .of('ConfigMap')
    .filter(({ namespace, name }) => namespace === world.rootNamespace && (name === NAME || name.startsWith(`${NAME}-`)))
    .map(object => new Part(object, ['data', 'values'], parsed(object.root.at('data', 'values').text())))
}

/** "default" for the one without a revision. */
export function revisionOf(config: Part): string {
  return config.of.name.slice(NAME.length + 1) || 'default'
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined // said nowhere: the ConfigMap is the installation's, not the user's
  }
}
