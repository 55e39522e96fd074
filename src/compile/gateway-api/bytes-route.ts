/** TLSRoute, TCPRoute and UDPRoute: shares of connections. */
import type { Path } from '../../api/object.ts'
import type { TCPRoute, TLSRoute, UDPRoute } from '../../api/registry.ts'
import type { TcpDestination } from '../../model/route-set.ts'
import { type Diagnostic, diagnostic } from '../diagnostic.ts'
import { backendOf } from './backends.ts'
import type { CompiledRoute } from './compiled-route.ts'
import type { Refusal } from './conditions.ts'
import type { World } from './world.ts'

export function compileBytesRoute(route: TLSRoute | TCPRoute | UDPRoute, forMesh: boolean, world: World): CompiledRoute {
  const diagnostics: Diagnostic[] = []
  const unresolved: Refusal[] = []
  const bytes = route.spec.rules.map((rule, i) => {
    const path: Path = ['spec', 'rules', i]
    const destinations = rule.backendRefs.map((ref, j): TcpDestination => {
      const { destination, refusal } = backendOf(ref, [...path, 'backendRefs', j], route, forMesh, world)
      if (refusal) {
        if (refusal.reason) unresolved.push(refusal)
        const effect = 'its share of the connections is closed'
        const at = [...path, 'backendRefs', j, 'name']
        diagnostics.push(diagnostic(route, at, { code: 'IST0101', level: 'error', message: refusal.message, effect }))
      }
      return { ...destination, weight: ref.weight ?? 1, ...(refusal ? { closed: true } : {}) }
    })
    return { destinations, path }
  })
  return { route, http: [], bytes, unresolved: unresolved.at(-1), diagnostics }
}
