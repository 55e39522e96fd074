/** What of the security policies cannot be done as written: authorizers that are not there, or several at once, keys that nobody knows. */
import type { Mesh } from '../model/mesh.ts'
import { checkCustomProviders } from './check-custom-providers.ts'
import { type Diagnostic, diagnostic } from './diagnostic.ts'
import type { Objects } from './objects.ts'

export function checkSecurity(objects: Objects, mesh: Pick<Mesh, 'settings' | 'workloads'>): Diagnostic[] {
  const { settings } = mesh
  const providers = new Set(settings.extAuthzProviders.map(({ name }) => name))
  return [
    ...objects.AuthorizationPolicy.flatMap(object => {
      const { action, provider } = object.spec
      if (action !== 'CUSTOM' || providers.has(provider?.name ?? '')) return []
      const message = `there is no external authorizer "${provider?.name}": expected one of the mesh configuration's extensionProviders`
      const effect = 'requests that its rules match are denied'
      return [diagnostic(object, ['spec', 'provider'], { code: 'unknown-provider', level: 'error', message, effect })]
    }),
    ...checkCustomProviders(objects.AuthorizationPolicy, mesh),
  ]
}
