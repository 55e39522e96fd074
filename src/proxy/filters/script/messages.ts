/** What the proxy and the thread of a module say to each other. All of it can be cloned; bodies are handed over. */

export const HOOKS = [
  'onRequest',
  'onRequestBody',
  'onRequestTrailers',
  'onResponse',
  'onResponseBody',
  'onResponseTrailers',
] as const
export type Hook = (typeof HOOKS)[number]

/** Header fields in their order. */
export type Fields = readonly (readonly [name: string, value: string])[]

export interface RequestParts {
  readonly method: string
  readonly scheme: 'http' | 'https'
  readonly authority: string
  readonly path: string
  readonly headers: Fields
  readonly address: string
  readonly identity: string | undefined
}

/** A part of a request or response has come: the hooks for what it holds are to run. */
export interface Question {
  readonly kind: 'ask'
  /** Of the question. */
  readonly id: number
  /** Of the request, over all its questions. */
  readonly request: number
  readonly side: 'request' | 'response'
  /** With the first question of a request that this thread gets. */
  readonly opening: RequestParts | undefined
  /** The head has come: onRequest or onResponse is to run. */
  readonly begins: boolean
  /** With questions about a response. */
  readonly response: { readonly status: number; readonly headers: Fields } | undefined
  /** Whole; undefined: nobody wants to see it, or there is none. */
  readonly body: Uint8Array | undefined
  readonly trailers: Fields | undefined
}

export type ToModule =
  | Question
  | { readonly kind: 'over'; readonly request: number }
  | { readonly kind: 'ping'; readonly id: number }

/** What is different now; undefined: as it was. */
export interface Change {
  readonly method?: string
  readonly authority?: string
  readonly path?: string
  readonly status?: number
  /** All values of the fields that differ; none: the field is gone. */
  readonly headers?: readonly (readonly [name: string, values: readonly string[]])[]
  readonly body?: Uint8Array
  readonly trailers?: Change['headers']
  /** Goes to the client. */
  readonly answer?: { readonly status: number; readonly headers: Fields; readonly body: Uint8Array }
}

export type FromModule =
  | { readonly kind: 'ready'; readonly hooks: readonly Hook[] }
  | { readonly kind: 'unusable'; readonly reason: string }
  | { readonly kind: 'done'; readonly id: number; readonly change: Change | undefined }
  | { readonly kind: 'threw'; readonly id: number; readonly reason: string }
  | { readonly kind: 'pong'; readonly id: number }
  | { readonly kind: 'log'; readonly message: string }

export interface ModuleSettings {
  readonly name: string
  /** JavaScript. */
  readonly source: string
  readonly config: unknown
}
