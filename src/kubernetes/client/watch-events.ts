/** A watch's body: one JSON event a line. */
import type { Readable } from 'node:stream'
import { StringDecoder } from 'node:string_decoder'
import { ApiError } from './api-error.ts'
import { isRecord, numberAt, type RawObject, textAt } from './raw-object.ts'

export interface WatchEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK'
  readonly object: RawObject
}

/** @throws (rejects) ApiError for an event that tells the watch's end: 410 when the server has forgotten where it was to go on from */
export async function* watchEvents(body: Readable, path: string): AsyncGenerator<WatchEvent> {
  const decoder = new StringDecoder('utf8')
  let rest = ''
  for await (const chunk of body) {
    const lines = (rest + decoder.write(chunk)).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) if (line !== '') yield eventOf(line, path)
  }
}

function eventOf(line: string, path: string): WatchEvent {
  const value: unknown = JSON.parse(line)
  const type = isRecord(value) ? value['type'] : undefined
  const object = isRecord(value) ? value['object'] : undefined
  if (!isRecord(object)) throw new ApiError(`watch ${path}`, 0, '', `expected an event, got "${line.slice(0, 80)}"`)
  if (type === 'ADDED' || type === 'MODIFIED' || type === 'DELETED' || type === 'BOOKMARK') return { type, object }
  throw new ApiError(`watch ${path}`, numberAt(object, 'code') ?? 500, textAt(object, 'reason'), textAt(object, 'message'))
}
