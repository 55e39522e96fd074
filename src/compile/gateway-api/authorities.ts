/** Authorities that stand in ConfigMaps, as certificates of the mesh. */
import { remembering } from '../../lib/identity-memo.ts'
import type { Certificate } from '../../model/mesh.ts'
import { AUTHORITY } from './certificate-refs.ts'
import type { ResolvedGateway } from './gateways.ts'
import type { World } from './world.ts'

export function authorityCertificates(gateways: readonly ResolvedGateway[], world: World): ReadonlyMap<string, Certificate> {
  const names = new Set(gateways.flatMap(({ listeners }) => listeners.flatMap(({ tls }) => tls?.caCredential || [])))
  const found = [...names].flatMap(name => {
    if (!name.startsWith(AUTHORITY)) return []
    const [namespace = '', object = ''] = name.slice(AUTHORITY.length).split('/')
    const config = world.configMap(namespace, object)
    return config ? [[name, certificateOf(config)] as const] : []
  })
  return new Map(found)
}

const EMPTY = new Uint8Array()

const certificateOf = remembering(
  ({ namespace, name, spec }: NonNullable<ReturnType<World['configMap']>>): Certificate => ({
    namespace,
    name,
    chain: EMPTY,
    key: EMPTY,
    authority: Buffer.from(spec.data?.['ca.crt'] ?? ''),
    revoked: EMPTY,
  }),
)
