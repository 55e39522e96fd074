/** The address: "#/service?host=cart…". Views read their state from it, so that a link shows another person the same. */
import { useSyncExternalStore } from 'react'

export interface Location {
  /** "graph", "service"... */
  readonly view: string
  readonly query: URLSearchParams
}

let cached: { hash: string; location: Location } | undefined

function read(): Location {
  const { hash } = window.location
  if (cached?.hash === hash) return cached.location
  const [, view = '', query = ''] = /^#\/?([^?]*)(?:\?(.*))?$/.exec(hash) ?? []
  const location = { view: view || 'graph', query: new URLSearchParams(query) }
  cached = { hash, location }
  return location
}

function subscribe(listener: () => void): () => void {
  window.addEventListener('hashchange', listener)
  return () => window.removeEventListener('hashchange', listener)
}

export function useLocation(): Location {
  return useSyncExternalStore(subscribe, read)
}

export function href(view: string, query: Readonly<Record<string, string | number | undefined>> = {}): string {
  const given = Object.entries(query).flatMap(([key, value]) =>
    value === undefined || value === '' ? [] : [[key, String(value)]],
  )
  return `#/${view}${given.length > 0 ? `?${new URLSearchParams(given)}` : ''}`
}

/** Changes a part of the query; undefined takes it out. Does not make a step to go back to. */
export function replaceQuery(changes: Readonly<Record<string, string | undefined>>): void {
  const { view, query } = read()
  const next = new URLSearchParams(query)
  for (const [key, value] of Object.entries(changes)) {
    if (value === undefined || value === '') next.delete(key)
    else next.set(key, value)
  }
  const text = next.toString()
  history.replaceState(null, '', `#/${view}${text === '' ? '' : `?${text}`}`)
  window.dispatchEvent(new HashChangeEvent('hashchange'))
}

export function go(address: string): void {
  window.location.hash = address
}
