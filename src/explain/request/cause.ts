/** The configuration object behind a decision, from the metadata that the control plane writes into every resource. */
import type { Mesh } from '../../model/mesh.ts'
import type { Origin } from '../../model/origin.ts'
import type { ConfigOrigin } from '../../proxy/route/decision.ts'
import { originOf } from '../../proxy/route/origin.ts'
import type { Metadata } from '../../xds/gen/envoy/config/core/v3/base.ts'

export interface Cause {
  /** "VirtualService shop/catalog"; what the mesh does by itself has its own words. */
  readonly object: string
  /** "http[1]"; "": the object as a whole. */
  readonly rule: string
  /** "": it stands in no file. */
  readonly file: string
  /** 0: not known. */
  readonly line: number
}

/** Finds causes; those of listeners and clusters carry no line, which is looked up by the object's name. */
export class Causes {
  readonly mesh: Mesh
  readonly #lines = new Map<string, Origin>()

  constructor(mesh: Mesh) {
    this.mesh = mesh
    const origins = [
      ...mesh.services.map(service => service.origin),
      ...mesh.routes.map(set => set.origin),
      ...mesh.trafficRules.flatMap(rule => [rule.origin, ...rule.subsets.map(subset => subset.origin)]),
      ...mesh.gateways.flatMap(gateway => [gateway.origin, ...gateway.servers.map(server => server.origin)]),
      ...mesh.sidecars.map(sidecar => sidecar.origin),
      ...mesh.accessPolicies.map(policy => policy.origin),
      ...[...mesh.workloads.values()].map(workload => workload.origin),
    ]
    for (const origin of origins) this.#lines.set(keyOf(origin.object, origin.rule), origin)
  }

  of(metadata: Metadata | undefined): Cause | undefined {
    return this.from(originOf(metadata))
  }

  from(origin: ConfigOrigin | undefined): Cause | undefined {
    if (!origin) return undefined
    const { origin: object, rule } = origin
    const known = this.#lines.get(keyOf(object, rule)) ?? this.#lines.get(keyOf(object, ''))
    return { object, rule, file: origin.file || (known?.file ?? ''), line: origin.line || (known?.line ?? 0) }
  }

  /** @param name of an RBAC policy, as the control plane names them: "ns[shop]-policy[catalog]-rule[0]" */
  ofPolicy(name: string): Cause | undefined {
    const [, namespace = '', policy = '', index = '0'] = /^ns\[([^\]]*)\]-policy\[([^\]]*)\]-rule\[(\d+)\]/.exec(name) ?? []
    const found = this.mesh.accessPolicies.find(each => each.namespace === namespace && each.name === policy)
    const origin = found?.rules[Number(index)]?.origin ?? found?.origin
    return origin && causeOf(origin)
  }
}

function causeOf({ object, rule, file, line }: Origin): Cause {
  return { object, rule, file, line }
}

function keyOf(object: string, rule: string): string {
  return `${object}\n${rule}`
}
