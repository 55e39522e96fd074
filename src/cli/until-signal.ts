/** Aborted when the user or the system asks the process to end. Who asks twice does not want to wait: the process exits at once. */
export function untilSignal(): AbortSignal {
  const end = new AbortController()
  const stop = () => {
    if (end.signal.aborted) process.exit(1)
    end.abort()
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop)
  return end.signal
}
