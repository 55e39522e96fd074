/** GET through a cluster. */
import { HeaderList } from '../http/headers.ts'
import type { Clusters } from './cluster.ts'
import { type Answer, exchange } from './exchange.ts'

/** @throws an Error (rejects) when there is no whole answer in time */
export function fetchThrough(clusters: Clusters, cluster: string, url: URL, timeoutMs: number): Promise<Answer> {
  const head = {
    protocol: 'HTTP/1.1',
    method: 'GET',
    scheme: url.protocol === 'https:' ? 'https' : 'http',
    authority: url.host,
    path: `${url.pathname}${url.search}`,
    headers: new HeaderList(['accept', 'application/json']),
    upgrade: undefined,
  } as const
  return new Promise((resolve, reject) => {
    exchange(clusters, { cluster, head, body: NONE, timeoutMs }, answer =>
      answer instanceof Error ? reject(answer) : resolve(answer),
    )
  })
}

const NONE = new Uint8Array()
