/** Discovery at work: the issuers that the mesh's rules name, and the control plane that is told where their keys are. */
import type { Clock } from '../../lib/clock.ts'
import type { ControlPlane } from '../control-plane.ts'
import { IssuerDiscovery } from './discovery.ts'

/** @param warn one line for operators @returns ends it */
export function followIssuers(controlPlane: ControlPlane, clock: Clock, warn: (line: string) => void): () => void {
  const discovery = new IssuerDiscovery({ clock, warn, found: locations => controlPlane.setKeyLocations(locations) })
  const look = () => discovery.want(issuersWithoutKeys(controlPlane))
  look()
  const unsubscribe = controlPlane.subscribeDiagnostics(look)
  return () => {
    unsubscribe()
    discovery.close()
  }
}

function issuersWithoutKeys({ mesh }: ControlPlane): Set<string> {
  const rules = mesh.tokenPolicies.flatMap(policy => policy.rules)
  return new Set(
    rules.flatMap(({ issuer, keys }) => (keys.kind === 'remote' && keys.uri === '' && issuer !== '' ? [issuer] : [])),
  )
}
