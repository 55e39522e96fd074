/** A policy refuses a request: the decision is kept, noted for the access log, and its id told to those callers who may know it. */
import { principalsOf } from '../filters/rbac/subject.ts'
import { HeaderList, type Headers } from '../http/headers.ts'
import { pathOnly } from '../route/request-field.ts'
import type { DenialFacts, Denials } from '../telemetry/denials.ts'
import type { HttpRequest } from './filter.ts'

/** Names the decision, for `mizzen explain deny`. */
const DECISION_HEADER = 'x-mizzen-decision'
/** Filter metadata that access log formats can ask for: %DYNAMIC_METADATA(mizzen.dev:decision)%. */
const METADATA = 'mizzen.dev'

export type Refusal = Pick<DenialFacts, 'by' | 'status' | 'reason' | 'policy' | 'nearest'>

/** @param headers that the answer has anyway @returns the answer's headers */
export function deny(request: HttpRequest, denials: Denials, refusal: Refusal, headers?: Headers): Headers | undefined {
  const { head, record, connection } = request
  const principals = principalsOf(connection)
  const denial = denials.add({
    ...refusal,
    request: {
      id: head.headers.get('x-request-id') ?? '',
      method: head.method,
      authority: head.authority,
      path: pathOnly(head.path),
    },
    remoteAddress: record.remoteAddress,
    port: connection.facts.localPort,
    principals: principals ?? [],
  })
  record.denial = denial
  record.addMetadata(METADATA, { decision: denial.id })
  if (!denials.tells(principals)) return headers
  const told = headers ?? new HeaderList()
  told.set(DECISION_HEADER, denial.id)
  return told
}
