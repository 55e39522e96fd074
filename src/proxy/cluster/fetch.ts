/** A small request of the proxy's own through a cluster, whose whole answer is kept: keys of issuers, and the like. */
import type { PickContext } from '../balance/host.ts'
import { HeaderList } from '../http/headers.ts'
import type { RequestHead, ResponseHandler } from '../http/stream.ts'
import type { Clusters } from './cluster.ts'

export interface Fetched {
  readonly status: number
  readonly body: Buffer
}

/** Longer answers are given up. */
const MOST_BYTES = 1024 * 1024

/** GET. @throws an Error (rejects) when there is no whole answer in time */
export function fetchThrough(clusters: Clusters, name: string, url: URL, timeoutMs: number): Promise<Fetched> {
  return new Promise((resolve, reject) => {
    const cluster = clusters.get(name)
    const host = cluster?.pick({ ...CONTEXT, authority: url.host })
    if (cluster === undefined || host === undefined) {
      reject(new Error(`cluster "${name}" ${cluster ? 'has no healthy endpoint' : 'does not exist'}`))
      return
    }
    const head: RequestHead = {
      protocol: 'HTTP/1.1',
      method: 'GET',
      scheme: url.protocol === 'https:' ? 'https' : 'http',
      authority: url.host,
      path: `${url.pathname}${url.search}`,
      headers: new HeaderList(['accept', 'application/json']),
      upgrade: undefined,
    }
    const chunks: Buffer[] = []
    let size = 0
    let status = 0
    const end = (error?: string) => {
      clearTimeout(timer)
      if (error === undefined) resolve({ status, body: Buffer.concat(chunks) })
      else reject(new Error(error))
    }
    const handler: ResponseHandler = {
      onInformational: () => {},
      onResponse: (response, last) => {
        status = response.status
        if (last) end()
      },
      onData: (chunk, last) => {
        chunks.push(Buffer.from(chunk))
        size += chunk.length
        if (size > MOST_BYTES) {
          stream.reset('local-reset')
          end(`the answer is longer than ${MOST_BYTES} bytes`)
        } else if (last) end()
      },
      onTrailers: () => end(),
      onReset: reason => end(reason),
      onWritable: () => {},
    }
    const timer = setTimeout(() => {
      stream.reset('local-reset')
      end(`no answer within ${timeoutMs} ms`)
    }, timeoutMs)
    timer.unref()
    const stream = cluster.open(host, head, true, handler)
  })
}

const CONTEXT: PickContext = {
  hash: undefined,
  subset: undefined,
  tried: undefined,
  previousPrioritiesFrequency: 0,
  originalDestination: undefined,
  authority: '',
}
