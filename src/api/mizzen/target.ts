/** What mizzen's own kinds speak of: a service by its host, the clients a rule is for, and checks of both. */
import { Type } from 'typebox'
import type { Findings } from '../findings.ts'
import { ExportTo } from '../istio/selector.ts'
import { mapOf, message, uint32 } from '../schema/message.ts'
import { checkPort } from '../values/address.ts'
import { checkDnsLabel, checkWildcardDomain } from '../values/dns.ts'
import { checkLabels } from '../values/labels.ts'

export const Host = Type.String({
  description: 'the service: "reviews" of the same namespace, or its full name "reviews.shop.svc.cluster.local"',
  examples: ['reviews'],
})

export const Subset = Type.String({ description: 'only this subset (version) of the service; absent: all of it' })

/** All of the labels have to be there. */
const MatchLabels = { matchLabels: mapOf(Type.String({ maxLength: 63 }), { maxProperties: 64 }) }

/** @param description which workloads are meant, and which without it */
export function workloadSelector(description: string) {
  return message(MatchLabels, {}, { description })
}

/** Fields of the kinds that say what clients do on their way to a service. Spread into their messages. */
export const clientSide = {
  subset: Subset,
  port: uint32({ description: 'only this port of the service; absent: all of them' }),
  workloadSelector: workloadSelector('only clients with these labels, in the namespace of this object; absent: all clients'),
  exportTo: Type.Array(Type.String(), {
    ...ExportTo,
    description: 'namespaces whose clients follow it: "." this one, "*" all, or names; default: the mesh\'s, which is all',
  }),
}

export interface ClientSide {
  readonly host: string
  readonly subset?: string
  readonly port?: number
  readonly workloadSelector?: { readonly matchLabels?: Readonly<Record<string, string>> }
}

/** @param findings at the spec */
export function checkClientSide({ host, subset, port, workloadSelector }: ClientSide, findings: Findings): void {
  findings.at('host').check(checkWildcardDomain(host))
  if (subset !== undefined) findings.at('subset').check(checkDnsLabel(subset, 'the name of a subset'))
  if (port !== undefined) findings.at('port').check(checkPort(port))
  checkLabels(workloadSelector?.matchLabels, findings.at('workloadSelector', 'matchLabels'))
}

/** Adds an error unless exactly one of the fields is there. @returns whether it is so */
export function exactlyOne(message: object, fields: readonly string[], findings: Findings): boolean {
  const given = fields.filter(field => field in message)
  if (given.length === 1) return true
  const expected = `expected exactly one of ${fields.join(', ')}`
  findings.error(given.length === 0 ? `nothing is said: ${expected}` : `${given.join(' and ')} are both there: ${expected}`)
  return false
}
