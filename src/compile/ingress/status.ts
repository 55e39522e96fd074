/**
 * Under which addresses an Ingress is reached: those of the ingress gateway's Service. Nothing is said while it has none, so that an address that
 * somebody waits for does not come and go.
 */
import type { Service as ServiceObject } from '../../api/registry.ts'
import type { MeshSettings } from '../../model/settings.ts'
import type { ObjectStatus } from '../gateway-api/conditions.ts'
import type { Objects } from '../objects.ts'
import { isServed } from './served.ts'

export function ingressStatuses({ Ingress, IngressClass, Service }: Objects, settings: MeshSettings): ObjectStatus[] {
  const served = Ingress.filter(object => isServed(object, IngressClass, settings))
  if (served.length === 0) return []
  const { ingress, rootNamespace } = settings
  const service = Service.find(({ namespace, name }) => namespace === rootNamespace && name === ingress.service)
  const addresses = service ? addressesOf(service) : []
  return addresses.length === 0 ? [] : served.map(object => ({ object, loadBalancer: { ingress: addresses } }))
}

type Address = { readonly ip: string } | { readonly hostname: string }

function addressesOf({ spec, status }: ServiceObject): Address[] {
  const given = (status?.loadBalancer?.ingress ?? []).flatMap(({ ip, hostname }): Address[] =>
    ip ? [{ ip }] : hostname ? [{ hostname }] : [],
  )
  return [...given, ...(spec.externalIPs ?? []).map(ip => ({ ip }))]
}
