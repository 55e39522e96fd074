/** One request to something beside us in the pod: the proxy's admin endpoint, the application's metrics. */
import { request } from 'node:http'

export interface LocalAnswer {
  readonly status: number
  readonly body: string
}

const TIMEOUT_MS = 5000

/** @throws (rejects) when there is no answer */
export function localHttp(
  method: 'GET' | 'POST',
  port: number,
  path: string,
  headers: Readonly<Record<string, string>> = {},
  timeoutMs = TIMEOUT_MS,
): Promise<LocalAnswer> {
  return new Promise((resolve, reject) => {
    const sent = request(
      { host: '127.0.0.1', port, path, method, agent: false, timeout: timeoutMs, headers: { ...headers, connection: 'close' } },
      answer => {
        const chunks: Buffer[] = []
        answer.on('data', (chunk: Buffer) => chunks.push(chunk))
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body: Buffer.concat(chunks).toString() }))
        answer.on('error', reject)
      },
    )
    sent.on('timeout', () => sent.destroy(new Error(`no answer from port ${port} within ${timeoutMs / 1000} s`)))
    sent.on('error', reject)
    sent.end()
  })
}
