/** What a rate limit service says about one request. */
import type { Quota } from './limit-headers.ts'

export interface LimitAnswer {
  readonly over: boolean
  /** undefined: the service tells of no limit. */
  readonly quota: Quota | undefined
  /** Names in lower case, values as byte text. */
  readonly responseHeaders: readonly (readonly [name: string, value: string])[]
  readonly requestHeaders: readonly (readonly [name: string, value: string])[]
  /** Of the answer to a refused request. */
  readonly body: Uint8Array
}
