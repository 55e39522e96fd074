/** Asks again and again while a view is shown and the page is looked at. The last good answer stays while a newer one cannot be had. */
import { useEffect, useRef, useState } from 'react'
import { get } from './client.ts'

export interface Query<T> {
  readonly data: T | undefined
  readonly error: string | undefined
  /** Asks at once. */
  readonly refresh: () => void
}

/** @param path undefined: nothing is asked @param everyMs 0: only once */
export function useQuery<T>(path: string | undefined, everyMs = 0): Query<T> {
  const [state, setState] = useState<{ path: string | undefined; data: T | undefined; error: string | undefined }>({
    path,
    data: undefined,
    error: undefined,
  })
  const refresh = useRef<() => void>(() => {})
  useEffect(() => {
    if (path === undefined) return
    const ending = new AbortController()
    let timer: number | undefined
    const load = async () => {
      window.clearTimeout(timer)
      try {
        const data = await get<T>(path, ending.signal)
        setState({ path, data, error: undefined })
      } catch (error) {
        if (ending.signal.aborted) return
        const message = error instanceof Error ? error.message : String(error)
        setState(last => ({ path, data: last.path === path ? last.data : undefined, error: message }))
      }
      if (everyMs > 0 && !ending.signal.aborted) timer = window.setTimeout(whenSeen, everyMs)
    }
    const whenSeen = () => {
      if (!document.hidden) void load()
    }
    const onVisible = () => {
      if (!document.hidden && everyMs > 0) void load()
    }
    document.addEventListener('visibilitychange', onVisible)
    refresh.current = () => void load()
    void load()
    return () => {
      ending.abort()
      window.clearTimeout(timer)
      document.removeEventListener('visibilitychange', onVisible)
    }
  }, [path, everyMs])
  // Of another question the last answer is none.
  const data = sameQuestion(state.path, path) ? state.data : undefined
  return { data, error: state.error, refresh: () => refresh.current() }
}

/** The window of time may change under a graph that stays: what is asked for is the same. */
function sameQuestion(a: string | undefined, b: string | undefined): boolean {
  return a?.replace(/seconds=\d+/, '') === b?.replace(/seconds=\d+/, '')
}
