/**
 * What becomes of the proxy's own answers before they go out (HttpConnectionManager.local_reply_config): the first mapper whose filter fits
 * changes status, body and headers. Bodies made from formats are refused.
 */
import type { DataSource } from '../../xds/gen/envoy/config/core/v3/base.ts'
import type {
  LocalReplyConfig,
  ResponseMapper,
} from '../../xds/gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager.ts'
import { compileHeaderMutation, type HeaderMutation } from '../route/header-mutation.ts'
import { compileLogFilter } from '../telemetry/access-log-filter.ts'
import type { DecisionRecord } from '../telemetry/decision-record.ts'

/** Parts of an answer that a mapper replaces. */
export interface MappedReply {
  readonly status: number
  readonly body: Uint8Array
  readonly headers: HeaderMutation | undefined
}

/** @returns undefined: the answer goes out as it is */
export type LocalReplyMapper = (record: DecisionRecord, status: number, body: Uint8Array) => MappedReply | undefined

/** @throws naming the field for what this proxy does not do */
export function compileLocalReplies(config: LocalReplyConfig | undefined): LocalReplyMapper | undefined {
  if (config === undefined) return undefined
  if (config.bodyFormat !== undefined) throw new Error('local_reply_config.body_format is not supported')
  const mappers = config.mappers.map(compileMapper)
  return (record, status, body) => {
    record.status = status
    for (const mapper of mappers) if (mapper.fits(record)) return mapper.change(status, body)
    return undefined
  }
}

interface Mapper {
  readonly fits: (record: DecisionRecord) => boolean
  readonly change: (status: number, body: Uint8Array) => MappedReply
}

function compileMapper({ filter, statusCode, body, bodyFormatOverride, headersToAdd }: ResponseMapper): Mapper {
  if (bodyFormatOverride !== undefined) throw new Error('local_reply_config.mappers.body_format_override is not supported')
  const text = body && inlineBytes(body)
  const headers = compileHeaderMutation(headersToAdd, [])
  return {
    fits: compileLogFilter(filter) ?? (() => true),
    change: (status, own) => ({ status: statusCode ?? status, body: text ?? own, headers }),
  }
}

function inlineBytes({ specifier }: DataSource): Uint8Array {
  if (specifier?.$case === 'inlineString') return Buffer.from(specifier.value)
  if (specifier?.$case === 'inlineBytes') return specifier.value
  throw new Error('local_reply_config.mappers.body is not inline, which is not supported')
}
