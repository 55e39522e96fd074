/** What one hop tells the next of a trace. */
export interface TraceContext {
  /** 32 hexadecimal digits in lower case; 16 where a B3 caller uses short ids. */
  readonly traceId: string
  /** 16 hexadecimal digits: the caller's span. */
  readonly spanId: string
  /** undefined: the caller leaves the decision to us (B3 only). */
  readonly sampled: boolean | undefined
}

/** Reads a header by its name in lower case. */
export type ReadHeader = (name: string) => string | undefined
export type WriteHeader = (name: string, value: string) => void
