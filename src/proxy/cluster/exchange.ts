/** A small request of the proxy's own through a cluster, whose whole answer is kept: keys of issuers, questions to authorizers, and the like. */
import type { PickContext } from '../balance/host.ts'
import type { Headers } from '../http/headers.ts'
import type { RequestHead, ResponseHandler } from '../http/stream.ts'
import type { Clusters } from './cluster.ts'

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly body: Buffer
  readonly trailers: Headers | undefined
}

export interface Exchange {
  readonly cluster: string
  readonly head: RequestHead
  /** Empty: none. */
  readonly body: Uint8Array
  readonly timeoutMs: number
}

/** Longer answers are given up. */
const MOST_BYTES = 1024 * 1024

/**
 * @param done is called once, never before this returns: with the whole answer, or why there is none
 * @returns gives the request up; `done` is not called any more
 */
export function exchange(
  clusters: Clusters,
  { cluster: name, head, body, timeoutMs }: Exchange,
  done: (answer: Answer | Error) => void,
): () => void {
  const cluster = clusters.get(name)
  const host = cluster?.pick({ ...CONTEXT, authority: head.authority })
  let over = false
  const end = (answer: Answer | Error) => {
    if (over) return
    over = true
    clearTimeout(timer)
    done(answer)
  }
  if (cluster === undefined || host === undefined) {
    const error = new Error(`cluster "${name}" ${cluster ? 'has no healthy endpoint' : 'does not exist'}`)
    const timer = setImmediate(() => done(error))
    return () => clearImmediate(timer)
  }
  const chunks: Buffer[] = []
  let size = 0
  let response: { readonly status: number; readonly headers: Headers } | undefined
  const complete = (trailers?: Headers) => {
    if (response === undefined) end(new Error('the answer has no head'))
    else end({ ...response, body: Buffer.concat(chunks), trailers })
  }
  const giveUp = (why: string) => {
    stream.reset('local-reset')
    end(new Error(why))
  }
  const handler: ResponseHandler = {
    onInformational: () => {},
    onResponse: ({ status, headers }, last) => {
      response = { status, headers }
      if (last) complete()
    },
    onData: (chunk, last) => {
      chunks.push(Buffer.from(chunk))
      size += chunk.length
      if (size > MOST_BYTES) giveUp(`the answer is longer than ${MOST_BYTES} bytes`)
      else if (last) complete()
    },
    onTrailers: complete,
    onReset: reason => end(new Error(stream.connectError || reason)),
    onWritable: () => {},
  }
  const timer = setTimeout(() => giveUp(`no answer within ${timeoutMs} ms`), timeoutMs)
  timer.unref()
  const stream = cluster.open(host, head, body.length === 0, handler)
  if (body.length > 0) stream.write(body, true)
  return () => {
    if (over) return
    over = true
    clearTimeout(timer)
    stream.reset('local-reset')
  }
}

const CONTEXT: PickContext = {
  hash: undefined,
  subset: undefined,
  tried: undefined,
  previousPrioritiesFrequency: 0,
  originalDestination: undefined,
  authority: '',
}
