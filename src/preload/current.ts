/** The trace headers of the request that is being answered, wherever in the program that happens. */
import { AsyncLocalStorage } from 'node:async_hooks'

/** W3C's, B3's, and the request's id, by which proxies agree on sampling. */
const NAMES = [
  ...['traceparent', 'tracestate', 'b3'],
  ...['x-b3-traceid', 'x-b3-spanid', 'x-b3-parentspanid', 'x-b3-sampled', 'x-b3-flags'],
  'x-request-id',
]

export type TraceHeaders = readonly (readonly [name: string, value: string])[]

const storage = new AsyncLocalStorage<TraceHeaders>()

/** undefined: nothing is being answered, or it came in without any. */
export function current(): TraceHeaders | undefined {
  const context = storage.getStore()
  return context === undefined || context.length === 0 ? undefined : context
}

/** @param headers as node:http and node:http2 give them, by names in lower case */
export function within<T>(headers: unknown, run: () => T): T {
  if (typeof headers !== 'object' || headers === null) return run()
  const context = NAMES.flatMap(name => {
    const value: unknown = Reflect.get(headers, name)
    return typeof value === 'string' ? [[name, value] as const] : []
  })
  return storage.run(context, run)
}
