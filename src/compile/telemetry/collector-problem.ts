/** What keeps proxies from sending telemetry to a collector: it is not there, or its port speaks something else. */
import type { ExtensionProvider } from '../../model/extension-provider.ts'
import type { Mesh } from '../../model/mesh.ts'
import { isHttp2 } from '../../model/protocol.ts'
import { portOf } from '../../model/service.ts'
import type { Problem } from '../diagnostic.ts'

export type Collector = Extract<ExtensionProvider, { readonly service: unknown }>

/** @param what "spans" or "logs" @param overGrpc whether the port must speak gRPC @param effect of a collector that is not there */
export function collectorProblem(
  name: string,
  provider: Collector,
  { services }: Mesh,
  { what, overGrpc, code, effect }: { what: string; overGrpc: boolean; code: string; effect: string },
): Problem | undefined {
  const { host, namespace, port: number } = provider.service
  const service = services.find(known => known.hostname === host && (namespace === undefined || known.namespace === namespace))
  const port = service && portOf(service, number)
  if (!port) {
    const missing = service ? `${host} has no port ${number}` : `no service "${host}" is known`
    return { code, level: 'error', message: `provider "${name}" leads nowhere: ${missing}`, effect }
  }
  if (!overGrpc || isHttp2(port.protocol)) return undefined
  return {
    code,
    level: 'warning',
    message: `port ${number} of ${host} is not known to speak gRPC, by which provider "${name}" takes ${what}: it is ${port.protocol}`,
    fix: 'appProtocol: grpc',
    effect: `${what} are sent as HTTP/1.1, and lost`,
  }
}
