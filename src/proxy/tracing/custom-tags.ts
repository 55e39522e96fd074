/** Tags of the configuration (Envoy CustomTag), compiled into readers of a request that is over. */
import { fromByteText } from '../../lib/byte-text.ts'
import type { CustomTag, CustomTag_Metadata } from '../../xds/gen/envoy/type/tracing/v3/custom_tag.ts'
import type { DecisionRecord } from '../telemetry/decision-record.ts'
import { compileTextFormat } from '../telemetry/log-format.ts'

export interface TagReader {
  readonly tag: string
  /** "": the span does not get it. */
  readonly read: (record: DecisionRecord) => string
}

/** @throws naming the tag that can't be used */
export function compileCustomTags(tags: readonly CustomTag[]): TagReader[] {
  return tags.map(config => {
    try {
      return { tag: config.tag, read: compileTag(config) }
    } catch (error) {
      throw new Error(`custom tag "${config.tag}": ${error instanceof Error ? error.message : String(error)}`)
    }
  })
}

function compileTag({ type, value }: CustomTag): TagReader['read'] {
  switch (type?.$case) {
    case 'literal': {
      const { value: text } = type.value
      return () => text
    }
    case 'environment': {
      const text = process.env[type.value.name] ?? type.value.defaultValue
      return () => text
    }
    case 'requestHeader': {
      const { name, defaultValue } = type.value
      const header = name.toLowerCase()
      return ({ request }) => fromByteText(request?.headers.get(header) ?? defaultValue)
    }
    case 'metadata':
      return compileMetadata(type.value)
    case undefined:
      if (value === '') throw new Error('it has no value')
      return compileTextFormat(value, '')
  }
}

function compileMetadata({ kind, metadataKey, defaultValue }: CustomTag_Metadata): TagReader['read'] {
  const filter = metadataKey?.key ?? ''
  const path = (metadataKey?.path ?? []).flatMap(({ segment }) => (segment?.$case === 'key' ? [segment.value] : []))
  const source = metadataOf(kind?.kind?.$case)
  return record => {
    let value: unknown = source(record, filter)
    for (const name of path)
      value = typeof value === 'object' && value !== null && Object.hasOwn(value, name) ? Reflect.get(value, name) : undefined
    if (value === undefined || value === null) return defaultValue
    return typeof value === 'object' ? JSON.stringify(value) : String(value)
  }
}

function metadataOf(kind: 'request' | 'route' | 'cluster' | 'host' | undefined) {
  switch (kind) {
    case 'request':
    case undefined:
      return (record: DecisionRecord, filter: string): unknown => record.metadata?.get(filter)
    case 'cluster':
      return (record: DecisionRecord, filter: string): unknown => record.cluster?.metadata[filter]
    case 'route':
    case 'host':
      throw new Error(`metadata of the ${kind} is not supported, expected that of the request or the cluster`)
  }
}
