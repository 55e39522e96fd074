/** One question to a proxy's admin endpoint. */
import { adminGet } from './admin-request.ts'
import type { ObservedProxy } from './observed-proxy.ts'

const TIMEOUT_MS = 2000
/** More than any honest answer. */
const MOST_BYTES = 64 * 1024 * 1024

/** @returns undefined when it does not answer in time, or not with 200 */
export function ask({ admin }: Pick<ObservedProxy, 'admin'>, path: string): Promise<string | undefined> {
  return new Promise(resolve => {
    adminGet(admin, path, AbortSignal.timeout(TIMEOUT_MS), response => {
      let body = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => {
        body += chunk
        if (body.length > MOST_BYTES) response.destroy()
      })
      response.on('end', () => resolve(response.statusCode === 200 ? body : undefined))
      response.on('close', () => resolve(undefined))
      response.on('error', () => resolve(undefined))
    }).on('error', () => resolve(undefined))
  })
}
